package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v4"
)

func TestAScenarioThatInitWroteRunsAtOnce(t *testing.T) {
	file := filepath.Join(t.TempDir(), "orders.yaml")
	made := verify(t, "init", "orders", "--reference", "at-least-once", "-o", file)
	says(t, made.stdout, "orders.yaml is written", "verify run "+file)
	if again := verify(t, "init", "orders", "--reference", "at-least-once", "-o", file); again.code != exitUsage {
		t.Errorf("a file that was there is written over: exit code %d", again.code)
	}
	if run := verify(t, "run", file, "--records", "2000", "--out", t.TempDir()); run.code != exitUpheld {
		t.Errorf("exit code %d\n%s%s", run.code, run.stdout, run.stderr)
	}
	words := verify(t, "explain", file, "--seed", "5")
	says(t, words.stdout, "orders   seed 5", "brings up  3 brokers (kafka), embedded", "2 × the reference processor at-least-once",
		"10000 records of 100 bytes over 50 keys", "kill processor/", "judges     output: at-least-once", "expects    upheld")
	chart := verify(t, "explain", file, "--seed", "5", "--mermaid")
	says(t, chart.stdout, "flowchart LR", "input --> node_processor_1", "fault1{{\"kill processor/", "fault1 -.-> node_processor_")
}

func TestInitAsksForWhatNoFlagSays(t *testing.T) {
	file := filepath.Join(t.TempDir(), "asked.yaml")
	var out, err bytes.Buffer
	code := run(t.Context(), []string{"init", "asked", "-o", file}, console{
		stdin: strings.NewReader("\npython3 app.py --fast\nexactly-once\ny\n"), stdout: &out, stderr: &err, getenv: os.Getenv,
	})
	text, _ := os.ReadFile(file)
	if code != exitUpheld {
		t.Fatalf("exit code %d\n%s", code, err.String())
	}
	says(t, string(text), `- command: ["python3", "app.py", "--fast"]`, "guarantee: {delivery: exactly-once, order: key}")
}

func TestInitRefusesWhatCannotRun(t *testing.T) {
	for _, tt := range []struct {
		args []string
		says string
	}{
		{nil, "wants what is under test"},
		{[]string{"--command", "app"}, "wants --guarantee"},
		{[]string{"--command", "app", "--image", "x", "--guarantee", "at-least-once"}, "one of a command, an image and a reference processor"},
		{[]string{"--command", "app", "--guarantee", "at-least-twice"}, `unknown delivery "at-least-twice"`},
		{[]string{"a b", "--command", "app", "--guarantee", "at-least-once"}, "the name of a scenario is made of letters"},
		{[]string{"--reference", "at-lest-once"}, `unknown reference processor "at-lest-once" (did you mean "at-least-once"?)`},
	} {
		args := append([]string{"init", "-o", filepath.Join(t.TempDir(), "x.yaml")}, tt.args...)
		if got := verify(t, args...); got.code != exitUsage || !strings.Contains(got.stderr, tt.says) {
			t.Errorf("%v: exit code %d, %s", tt.args, got.code, got.stderr)
		}
	}
}

// The schema takes every scenario and suite that came with verify, and refuses what
// the parser refuses for its names and forms.
func TestTheSchemaFollowsTheLanguage(t *testing.T) {
	printed := verify(t, "schema")
	var doc any
	if err := json.Unmarshal([]byte(printed.stdout), &doc); err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("surety.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile("surety.json")
	if err != nil {
		t.Fatal(err)
	}
	valid := func(text []byte) error {
		var node any
		if err := yaml.Unmarshal(text, &node); err != nil {
			t.Fatal(err)
		}
		plain, err := json.Marshal(node)
		if err != nil {
			t.Fatal(err)
		}
		value, err := jsonschema.UnmarshalJSON(bytes.NewReader(plain))
		if err != nil {
			t.Fatal(err)
		}
		return schema.Validate(value)
	}
	taken := 0
	for _, pattern := range []string{"library/*.yaml", "suites/*.yaml"} {
		files, err := filepath.Glob(filepath.Join("..", "..", "scenarios", pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if err := valid(text); err != nil {
				t.Errorf("%s: %v", file, err)
			}
			taken++
		}
	}
	if taken < 20 {
		t.Errorf("only %d files were there", taken)
	}
	const sound = "scenario: x\ntopology: {processors: [{reference: at-least-once}]}\n"
	if err := valid([]byte(sound)); err != nil {
		t.Error(err)
	}
	for why, text := range map[string]string{
		"an unknown field":         sound + "workloud: {}\n",
		"an unknown fault":         sound + "faults: [{parttion: {at: 30%}}]\n",
		"an unknown fault's field": sound + "faults: [{kill: {targt: processor/1, at: 30%}}]\n",
		"a fault with no moment":   sound + "faults: [{kill: {target: processor/1}}]\n",
		"a rate with no unit":      sound + "workload: {rate: 2000}\n",
		"an unknown delivery":      sound + "guarantee: {delivery: twice}\n",
		"an unknown class":         sound + "expect: {violated: stolen}\n",
		"no name":                  "topology: {}\n",
		"a suite with no list":     "suite: x\n",
	} {
		if err := valid([]byte(text)); err == nil {
			t.Errorf("%s is taken", why)
		}
	}
}
