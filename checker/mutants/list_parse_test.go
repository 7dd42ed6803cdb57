package mutants

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func TestListIsReadBlockByBlock(t *testing.T) {
	name := filepath.Join(t.TempDir(), "list")
	text := "# about\nfile a.go\n- x < y\n+ x <= y\n\n- one\n- two\n+ three\nsurvives nobody asks\n\nfile b.go\n- gone\n+\n"
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := readList(name)
	want := []mutant{
		{line: 3, file: "a.go", old: "x < y", new: "x <= y"},
		{line: 6, file: "a.go", old: "one\ntwo", new: "three", survives: "nobody asks"},
		{line: 12, file: "b.go", old: "gone", new: ""},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("error %v, %+v", err, got)
	}
	if err := os.WriteFile(name, []byte("file a.go\nreplace this\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := readList(name); err == nil || !strings.Contains(err.Error(), ":2: a line starts with") {
		t.Errorf("error %v", err)
	}
}

func TestTextThatIsNotThereOrTwiceDoesNotApply(t *testing.T) {
	for why, m := range map[string]mutant{
		"no such text":   {file: "mutants/doc.go", old: "never written", new: "x"},
		"more than once": {file: "mutants/doc.go", old: "mutant", new: "x"},
		"no such file":   {file: "nowhere.go", old: "x", new: "y"},
	} {
		if _, err := m.apply(); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%s: error %v", why, err)
		}
	}
	got, err := mutant{file: "mutants/doc.go", old: "package mutants", new: "package other"}.apply()
	if err != nil || !strings.HasSuffix(got, "\npackage other\n") {
		t.Errorf("error %v in\n%s", err, got)
	}
}
