package report

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	validate "github.com/santhosh-tekuri/jsonschema/v6"
)

func TestEveryJSONDocumentFollowsItsSchema(t *testing.T) {
	text, err := json.Marshal(Schema())
	if err != nil {
		t.Fatal(err)
	}
	doc, err := validate.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	compiler := validate.NewCompiler()
	if err := compiler.AddResource("report.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile("report.json")
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join("testdata", "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	taken := 0
	for _, file := range files {
		golden, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Contains(golden, []byte(`"scenarios": [`)) {
			continue // of another command
		}
		value, err := validate.UnmarshalJSON(bytes.NewReader(golden))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(value); err != nil {
			t.Errorf("%s: %v", file, err)
		}
		taken++
		for why, change := range map[string][2]string{
			"a seed that is a number": {`"seed": "7c1e04"`, `"seed": 7`},
			"no exit code":            {`"exit_code"`, `"exit_kode"`},
		} {
			wrong := strings.Replace(string(golden), change[0], change[1], 1)
			value, err := validate.UnmarshalJSON(strings.NewReader(wrong))
			if err != nil {
				t.Fatal(err)
			}
			if schema.Validate(value) == nil && wrong != string(golden) {
				t.Errorf("%s: %s is taken", file, why)
			}
		}
	}
	if taken < 10 {
		t.Errorf("only %d documents were there", taken)
	}
}
