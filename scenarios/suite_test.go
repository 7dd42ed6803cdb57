package scenarios

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"surety/checker"
	"surety/topologies/names"
)

// found knows two scenarios.
func found(name string) (*Scenario, error) {
	known := []string{"crash", "cut"}
	if !slices.Contains(known, name) {
		return nil, unknown(names.Unknown("scenario", name, known))
	}
	return Parse("library/"+name+".yaml", []byte("scenario: "+name+`
topology:
  processors:
    - {command: [./app], dir: bin, env: {MODE: fast, LEVEL: "1"}}
faults:
  - kill: {target: any(processor), at: 30%}
guarantee: {delivery: at-least-once, order: key}
`), words())
}

func TestSuitesBuildTheirScenarios(t *testing.T) {
	v := words()
	s, err := ParseSuite("s.yaml", []byte(`suite: s
scenarios:
  - {scenario: crash, processor: exactly-once, control: also, twin: at-least-once, expect: {violated: lost}, env: {MODE: slow}}
  - {scenario: cut, processor: exactly-once, control: also, twin: at-least-once, env: {MODE: slow}}
  - {scenario: cut, processor: at-least-once, control: also}
  - {scenario: crash, processor: at-least-once, name: quick, control: only, env: {MODE: quick}}
  - {scenario: cut, control: only}
  - {scenario: cut, name: renamed}
`), v)
	if err != nil {
		t.Fatal(err)
	}
	if s.Parallel != 1 {
		t.Errorf("%d at once where nothing is said", s.Parallel)
	}
	list, err := s.Scenarios(found)
	if err != nil {
		t.Fatal(err)
	}
	type row struct {
		name, processor string
		faults          int
		expect, mode    string
		delivery        checker.Delivery
		order           checker.Order
	}
	var got []row
	for _, sc := range list {
		if err := sc.Complete(v); err != nil {
			t.Fatal(err)
		}
		p := sc.Topology.Processors[0]
		got = append(got, row{sc.Name, p.Reference, len(sc.Faults), sc.Expect.String(), p.Env["MODE"], sc.Guarantee.Delivery, sc.Guarantee.Order})
		if p.Reference == "" && p.Dir != filepath.Join("library", "bin") {
			t.Errorf("%s runs in %s: a command runs where its scenario stands", sc.Name, p.Dir)
		}
	}
	want := []row{
		{"control-exactly-once", "exactly-once", 0, "upheld", "slow", checker.ExactlyOnce, checker.OrderKey},
		{"crash-exactly-once", "exactly-once", 1, "violated: lost", "slow", checker.ExactlyOnce, checker.OrderKey},
		{"crash-at-least-once", "at-least-once", 1, "upheld", "fast", checker.AtLeastOnce, checker.OrderKey},
		// The control of cut is the one of crash: it is there once.
		{"cut-exactly-once", "exactly-once", 1, "upheld", "slow", checker.ExactlyOnce, checker.OrderKey},
		{"cut-at-least-once", "at-least-once", 1, "upheld", "fast", checker.AtLeastOnce, checker.OrderKey},
		{"control-at-least-once", "at-least-once", 0, "upheld", "fast", checker.AtLeastOnce, checker.OrderKey},
		// Its environment is another: it is another control.
		{"control-quick", "at-least-once", 0, "upheld", "quick", checker.AtLeastOnce, checker.OrderKey},
		{"control-cut", "", 0, "upheld", "fast", checker.AtLeastOnce, checker.OrderKey},
		{"renamed", "", 1, "upheld", "fast", checker.AtLeastOnce, checker.OrderKey},
	}
	if !slices.Equal(got, want) {
		t.Errorf("\n got %+v\nwant %+v", got, want)
	}
}

func TestSuiteFilesNameScenarioFilesBesideThem(t *testing.T) {
	dir := t.TempDir()
	for file, text := range map[string]string{
		"all.yaml":  "suite: all\nscenarios:\n  - {scenario: mine.yaml}\n  - {scenario: nowhere.yaml}\n",
		"one.yaml":  "suite: one\nscenarios: [{scenario: mine.yaml}]\n",
		"mine.yaml": "scenario: mine\ntopology: {processors: [{command: [./app]}]}\nguarantee: {delivery: exactly-once}\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	sel, err := Select(filepath.Join(dir, "one.yaml"), words())
	if err != nil || sel.Suite.Name != "one" || len(sel.Scenarios) != 1 || sel.Scenarios[0].Name != "mine" {
		t.Errorf("%+v, %v", sel, err)
	}
	for _, tt := range []struct{ reason, file, want string }{
		{"a scenario that is not there", "all.yaml", filepath.Join(dir, "nowhere.yaml") + ": cannot be read: no such file or directory"},
		{"a suite that is not there", "none.yaml", filepath.Join(dir, "none.yaml") + ": cannot be read: no such file or directory"},
	} {
		if _, err := Select(filepath.Join(dir, tt.file), words()); err == nil || err.Error() != tt.want {
			t.Errorf("%s: %v", tt.reason, err)
		}
	}
	if _, err := Select(dir+".yaml", words()); err == nil {
		t.Error("a directory is read as a file")
	}
}
