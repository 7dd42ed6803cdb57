package catalogue

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"surety/scenarios"
	"surety/topologies"
	"surety/topologies/processors"
)

// all gives the complete scenarios of everything that is built in, by the name of
// the argument that selects them.
func all(t *testing.T) map[string][]*scenarios.Scenario {
	t.Helper()
	out := map[string][]*scenarios.Scenario{}
	for _, name := range append(scenarios.SuiteNames(), scenarios.Names()...) {
		v := Vocabulary()
		sel, err := scenarios.Select(name, v)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, s := range sel.Scenarios {
			if err := s.Complete(v); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
		out[name] = sel.Scenarios
	}
	return out
}

func plan(t *testing.T, s *scenarios.Scenario, seed scenarios.Seed) (*scenarios.Plan, []byte) {
	t.Helper()
	p, err := scenarios.Resolve(s, seed)
	if err != nil {
		t.Fatalf("%s: %v", s.Name, err)
	}
	b, err := p.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return p, b
}

func TestEverythingBuiltInResolvesTheSameFromTheSameSeed(t *testing.T) {
	first, second := all(t), all(t)
	for name, list := range first {
		if len(list) == 0 {
			t.Errorf("%s names no scenario", name)
		}
		for i, s := range list {
			_, a := plan(t, s, "7c1e04")
			_, b := plan(t, second[name][i], "7c1e04")
			if !bytes.Equal(a, b) {
				t.Errorf("%s, %s: two plans of one seed differ:\n%s\n%s", name, s.Name, a, b)
			}
			if _, other := plan(t, s, "7c1e05"); bytes.Equal(a, other) {
				t.Errorf("%s, %s: another seed gives the same plan", name, s.Name)
			}
		}
	}
}

func TestEverythingBuiltInIsSupportedByItsProvider(t *testing.T) {
	v := Vocabulary()
	for name, list := range all(t) {
		for _, s := range list {
			p, _ := plan(t, s, "1")
			need, err := p.Needs(v)
			if err != nil {
				t.Fatalf("%s: %v", s.Name, err)
			}
			provider, err := Provider(p.Topology.Provider)
			if err != nil {
				t.Fatalf("%s: %v", s.Name, err)
			}
			if missing := provider.Capabilities().Missing(need); len(missing) > 0 {
				t.Errorf("%s, %s: the %s provider cannot %v", name, s.Name, provider.Name(), missing)
			}
		}
	}
}

func TestEverythingBuiltInSaysWhatItIsAbout(t *testing.T) {
	v := Vocabulary()
	for _, name := range scenarios.SuiteNames() {
		s, err := scenarios.BuiltinSuite(name, v)
		if err != nil {
			t.Fatal(err)
		}
		if s.Name != name || !strings.HasSuffix(s.About, ".") {
			t.Errorf("the suite in %s.yaml is called %q and is about %q", name, s.Name, s.About)
		}
	}
	for _, name := range scenarios.Names() {
		s, err := scenarios.Builtin(name, v)
		if err != nil {
			t.Fatal(err)
		}
		if s.Name != name || !strings.HasSuffix(s.About, ".") {
			t.Errorf("the scenario in %s.yaml is called %q and is about %q", name, s.Name, s.About)
		}
	}
}

// A seed settles every choice among nodes that exist, and other seeds settle it
// otherwise.
func TestDrawnTargetsExistAndDiffer(t *testing.T) {
	list := all(t)
	for _, name := range []string{"crash", "cut", "pause"} {
		scenario, drawn := list[name][0], map[string]bool{}
		for seed := range 40 {
			p, b := plan(t, scenario, scenarios.Seed(fmt.Sprintf("%x", seed)))
			if bytes.Contains(b, []byte("any(")) {
				t.Fatalf("%s: the plan leaves something to choose:\n%s", name, b)
			}
			for _, st := range p.Steps {
				drawn[st.Label] = true
			}
		}
		if len(drawn) < 2 {
			t.Errorf("%s: 40 seeds drew only %v", name, drawn)
		}
	}
}

func TestEveryFaultIsUsedByAScenario(t *testing.T) {
	used := map[string]bool{}
	for _, list := range all(t) {
		for _, s := range list {
			for _, st := range s.Faults {
				used[st.Fault.Name()] = true
			}
		}
	}
	for _, f := range Vocabulary().Faults {
		if !used[f] {
			t.Errorf("no built-in scenario uses the fault %s", f)
		}
	}
}

func TestEveryPlantedProcessorIsInTheSuiteThatCatchesIt(t *testing.T) {
	v := Vocabulary()
	entries := map[string]scenarios.Entry{}
	for _, name := range []string{"planted", "state", "shapes", "payloads", "effects"} {
		suite, err := scenarios.BuiltinSuite(name, v)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range suite.Entries {
			if e.Expect.Class != "" {
				entries[e.Processor] = e
			}
		}
	}
	for _, p := range processors.All {
		e, there := entries[p.Name]
		if there != p.Broken {
			t.Errorf("%s: broken %t, in the suite %t", p.Name, p.Broken, there)
		}
		if !there || !p.Broken {
			continue
		}
		if e.Control == "" || e.Twin != p.Twin || string(e.Expect.Class) != p.Breaks {
			t.Errorf("%s: the suite has control %q, twin %q and expects %s; the processor says twin %q, %s",
				p.Name, e.Control, e.Twin, e.Expect, p.Twin, p.Breaks)
		}
		s, err := scenarios.Builtin(e.Scenario, v)
		if err != nil {
			t.Fatal(err)
		}
		if p.Under == "poison" && s.Workload.Poison > 0 {
			continue
		}
		if !slices.ContainsFunc(s.Faults, func(st scenarios.Step) bool { return st.Fault.Name() == p.Under }) {
			t.Errorf("%s is shown by %s, which the scenario %s does not do", p.Name, p.Under, e.Scenario)
		}
	}
}

func TestNamesOfACatalogueDiffer(t *testing.T) {
	v := Vocabulary()
	for kind, list := range map[string][]string{
		"provider": v.Providers, "broker": v.Brokers, "fault": v.Faults, "skew": v.Skews, "oracle": v.Oracles,
	} {
		sorted := slices.Sorted(slices.Values(list))
		if len(list) == 0 || len(slices.Compact(sorted)) != len(list) || slices.Contains(list, "") {
			t.Errorf("names of the catalogue of %ss: %q", kind, list)
		}
	}
}

func TestEveryFaultIsFoundByItsNameAndFresh(t *testing.T) {
	v := Vocabulary()
	for _, name := range v.Faults {
		a, b := v.NewFault(name), v.NewFault(name)
		if a == nil || a.Name() != name || a == b {
			t.Errorf("the fault %s is found as %v and %v", name, a, b)
		}
		if err := a.Check(); err == nil {
			t.Errorf("%s accepts that nothing is said of its target", name)
		}
	}
	if f := v.NewFault("no such fault"); f != nil {
		t.Errorf("an unknown fault is %v", f)
	}
}

func TestUnknownNamesListTheKnown(t *testing.T) {
	v := Vocabulary()
	if _, err := Provider("dokcer"); err == nil || err.Error() != `unknown provider "dokcer" (did you mean "docker"?); known: embedded, docker` {
		t.Errorf("an unknown provider says %v", err)
	}
	for _, tt := range []struct {
		reason, arg string
		want        []string
	}{
		{"a slip in a scenario", "leader-kil", append(scenarios.Names(), `did you mean "leader-kill"?`)},
		{"a slip in a suite", "qiuck", append(scenarios.SuiteNames(), `did you mean "quick"?`)},
		{"nothing like it", "zebra", []string{`unknown scenario or suite "zebra"; known:`, "or a file that ends in .yaml"}},
	} {
		_, err := scenarios.Select(tt.arg, v)
		if !errors.Is(err, scenarios.ErrUnknown) {
			t.Errorf("%s: %v is not ErrUnknown", tt.reason, err)
			continue
		}
		for _, w := range tt.want {
			if !strings.Contains(err.Error(), w) {
				t.Errorf("%s: %q does not say %s", tt.reason, err, w)
			}
		}
		if strings.Count(err.Error(), "unknown") != 1 {
			t.Errorf("%s: %q says twice that it is unknown", tt.reason, err)
		}
	}
}

const mine = `scenario: mine
about: Somebody else's program under a crash.
topology:
  provider: embedded
  broker: {kind: kafka, nodes: 3}
  partitions: 4
  processors:
    - name: copier
      command: [python3, -u, copier.py, --in, "{{.Input}}"]
      dir: app
      instances: 2
      env: {BOOTSTRAP: "{{.Bootstrap}}", WORKERS: 4}
workload:
  records: 1000
  rate: 1000/s
faults:
  - kill: {target: any(copier), at: 20%..40%, restart: 1s}
guarantee: {delivery: at-least-once, order: key}
timing: {session: 6s, quiet: 8s}
floors: {records-in-fault: 20}
`

func TestSomebodyElsesProgramResolves(t *testing.T) {
	if n := strings.Count(mine, "\n"); n > 25 {
		t.Fatalf("the example has %d lines", n)
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "mine.yaml")
	if err := os.WriteFile(file, []byte(mine), 0o644); err != nil {
		t.Fatal(err)
	}
	v := Vocabulary()
	sel, err := scenarios.Select(file, v)
	if err != nil {
		t.Fatal(err)
	}
	s := sel.Scenarios[0]
	if err := s.Complete(v); err != nil {
		t.Fatal(err)
	}
	p, _ := plan(t, s, "7c1e04")
	ps := p.Topology.Processors[0]
	if ps.Dir != filepath.Join(dir, "app") || ps.Env["WORKERS"] != "4" || ps.Instances != 2 || ps.Name != "copier" {
		t.Errorf("the program is %+v", ps)
	}
	if st := p.Steps[0]; !slices.Contains([]string{"kill copier/1", "kill copier/2"}, st.Label) {
		t.Errorf("the step is %q", st.Label)
	}
	need, err := p.Needs(v)
	if err != nil || !slices.Equal(need, []topologies.Capability{topologies.KillProcessor, topologies.RunCommand}) {
		t.Errorf("it needs %v, %v", need, err)
	}
}
