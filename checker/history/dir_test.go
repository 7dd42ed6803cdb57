package history

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func TestRunDirectory(t *testing.T) {
	dir, err := MakeDir(filepath.Join(t.TempDir(), "results", "run-1"))
	if err != nil {
		t.Fatal(err)
	}
	clock := NewClock()
	header := Header{
		Run: "r1", Scenario: "crash", Seed: "7", Began: clock.Began().UTC(),
		Versions: map[string]string{"surety": "1"}, Plan: json.RawMessage(`{"steps":[]}`),
	}
	w, err := Create(dir, header)
	if err != nil {
		t.Fatal(err)
	}
	w.Append(KindPhase, Phase{Name: "up", At: clock.Now()})
	w.Append(KindEnd, End{At: clock.Now()})
	if err := w.Sync(); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	header.Format = Format
	for _, path := range []string{string(dir), dir.History()} {
		r, err := Open(path)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(r.Header(), header) {
			t.Errorf("%s: header is %+v, want %+v", path, r.Header(), header)
		}
		var rec Record
		var kinds []Kind
		for err = r.Next(&rec); err == nil; err = r.Next(&rec) {
			kinds = append(kinds, rec.Kind)
		}
		if !errors.Is(err, io.EOF) || r.CutOff() || !reflect.DeepEqual(kinds, []Kind{KindPhase, KindEnd}) {
			t.Errorf("%s: read %v, cut off %v, %v", path, kinds, r.CutOff(), err)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
	var stored Header
	text, err := os.ReadFile(dir.Header())
	if err == nil {
		err = json.Unmarshal(text, &stored)
	}
	var plan bytes.Buffer
	if err == nil {
		err = json.Compact(&plan, stored.Plan)
	}
	stored.Plan = plan.Bytes()
	if err != nil || !reflect.DeepEqual(stored, header) {
		t.Errorf("header.json is %+v, %v; want %+v", stored, err, header)
	}
	if info, err := os.Stat(dir.Logs()); err != nil || !info.IsDir() {
		t.Errorf("there is no directory for logs: %v", err)
	}
	if _, err := Create(dir, header); err == nil || !strings.Contains(err.Error(), "file exists") {
		t.Errorf("a second history in the same directory: %v", err)
	}
}

func TestMakeDirTakesAnEmptyDirectory(t *testing.T) {
	path := t.TempDir()
	dir, err := MakeDir(path)
	if err != nil || string(dir) != path {
		t.Fatalf("got %q, %v", dir, err)
	}
	entries, err := os.ReadDir(path)
	if err != nil || len(entries) != 1 || entries[0].Name() != "logs" {
		t.Errorf("the directory holds %v, %v; want logs alone", entries, err)
	}
}

func TestMakeDirRefuses(t *testing.T) {
	base := t.TempDir()
	file := filepath.Join(base, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		why, path, want string
	}{
		{"another run is in it", base, "is not empty: it holds file"},
		{"a file is no directory", file, "not a directory"},
		{"nor is what would lie below it", filepath.Join(file, "run"), "not a directory"},
		{"the file system takes no directories", "/proc/run", "cannot be made"},
		{"the path has a zero byte", "a\x00b", "invalid argument"},
	} {
		_, err := MakeDir(row.path)
		if err == nil || !strings.Contains(err.Error(), row.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: got %v, want one line with %q", row.why, err, row.want)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	base := t.TempDir()
	store := func(name string, content []byte) string {
		path := filepath.Join(base, name)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	later := written(t, func(*Writer) {})
	later[len(magic)] = Format + 1
	block := append(make([]byte, blockHeader), "not json"...)
	sealBlock(block)
	noHeader := append(appendPrefix(nil), block...)
	for _, row := range []struct {
		why, path, want string
	}{
		{"nothing there", filepath.Join(base, "none"), "no such file"},
		{"a directory that is no run", base, "history.bin cannot be read: no such file"},
		{"another kind of file", store("plan.json", []byte("{}\n")), `is not a history: it starts with "{}\n"`},
		{"a later format", store("later.bin", later), "has format 2; this version reads format 1"},
		{"a header that is no JSON", store("noheader.bin", noHeader), "the header is not valid"},
	} {
		_, err := Open(row.path)
		if err == nil || !strings.Contains(err.Error(), row.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: got %v, want one line with %q", row.why, err, row.want)
		}
	}
}
