package mutants

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var (
	kill = flag.Bool("kill", false, "run the tests of the judge against each mutant (an hour)")
	only = flag.String("only", "", "with -kill: only mutants whose file or text contains this")
	keep = flag.String("results", "", "with -kill: write the outcome of each mutant to this file")
)

// least is how many mutants the list has to have.
const least = 60

func list(t *testing.T) []mutant {
	t.Helper()
	l, err := readList("mutants.txt")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestMutantsApply(t *testing.T) {
	all := list(t)
	if len(all) < least {
		t.Errorf("%d mutants, fewer than %d", len(all), least)
	}
	seen := map[string]bool{}
	for _, m := range all {
		source, err := m.apply()
		if err != nil {
			t.Error(err)
			continue
		}
		if seen[source] || m.old == m.new {
			t.Errorf("%s: another mutant is the same", m)
		}
		seen[source] = true
	}
}

// The tests that must notice: of each package first those that are quick.
var suites = []struct{ dir, quick string }{
	{"checker", "HandWritten|Histories|FollowsTheTable|CutOff"},
	{"checker/trace", "."},
	{"checker/selfcheck", "."},
}

func TestMutantsAreKilled(t *testing.T) {
	if !*kill {
		t.Skip("it runs the judge's tests against each mutant: go test ./checker/mutants -kill -timeout 2h")
	}
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	var report strings.Builder
	count := map[string]int{}
	for _, m := range list(t) {
		if !strings.Contains(m.file+" "+m.old+" "+m.new, *only) {
			continue
		}
		outcome := run(t, root, m)
		state, _, _ := strings.Cut(outcome, ":")
		count[state]++
		switch {
		case state == "killed" && m.survives != "":
			t.Errorf("%s: it is noticed, and the list says that nobody can: %s", m, m.survives)
		case state == "survived" && m.survives == "":
			t.Errorf("%s: no test notices it", m)
		case state == "invalid":
			t.Errorf("%s: %s", m, outcome)
		}
		if m.survives != "" {
			outcome += ": " + m.survives
		}
		line := fmt.Sprintf("%-10s %s\n", outcome, m)
		t.Log(strings.TrimSpace(line))
		report.WriteString(line)
	}
	fmt.Fprintf(&report, "\n%d mutants: %d killed, %d survived, %d invalid\n",
		count["killed"]+count["survived"]+count["invalid"], count["killed"], count["survived"], count["invalid"])
	t.Log(strings.TrimSpace(report.String()[strings.LastIndex(report.String(), "\n\n")+2:]))
	if *keep != "" {
		if err := os.WriteFile(*keep, []byte(report.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// run tests the module with m in place: killed, survived, or invalid where it does
// not compile.
func run(t *testing.T, root string, m mutant) string {
	t.Helper()
	source, err := m.apply()
	if err != nil {
		return "invalid: " + err.Error()
	}
	dir := t.TempDir()
	file, plan, binary := filepath.Join(dir, "mutant.go"), filepath.Join(dir, "overlay.json"), filepath.Join(dir, "tests")
	overlay, err := json.Marshal(map[string]map[string]string{"Replace": {filepath.Join(root, "checker", m.file): file}})
	if err == nil {
		err = os.WriteFile(file, []byte(source), 0o600)
	}
	if err == nil {
		err = os.WriteFile(plan, overlay, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range suites {
		build := exec.CommandContext(t.Context(), "go", "test", "-c", "-vet=off", "-overlay", plan, "-o", binary, "./"+s.dir) //nolint:gosec // our own tests
		build.Dir = root
		if out, err := build.CombinedOutput(); err != nil {
			return "invalid: " + short(string(out))
		}
		for _, tests := range []string{s.quick, "."} {
			cmd := exec.CommandContext(t.Context(), binary, "-test.failfast", "-test.timeout=5m", "-test.run="+tests) //nolint:gosec // as above
			cmd.Dir = filepath.Join(root, s.dir)
			cmd.WaitDelay = time.Minute
			err := cmd.Run()
			if t.Context().Err() != nil {
				t.Fatal(t.Context().Err())
			}
			if err != nil {
				return "killed"
			}
			if s.quick == "." {
				break
			}
		}
	}
	return "survived"
}
