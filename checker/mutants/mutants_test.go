package mutants

import (
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

var (
	kill   = flag.Bool("kill", false, "run the tests of the judge against each mutant (an hour)")
	only   = flag.String("only", "", "with -kill: only mutants whose file or text contains this")
	keep   = flag.String("results", "", "with -kill: write the outcome of each mutant to this file")
	budget = flag.Duration("budget", 0, "with -kill: begin no further mutant after so long; they come from each file in turn")
	seed   = flag.Uint64("seed", 1, "with -budget: the order of the mutants of each file")
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

// The tests that must notice: of each package first those that are quick and decide
// most.
var suites = []struct {
	dir   string
	tests []string
}{
	{"checker", []string{"HandWritten|FollowsTheTable|Carry|Kept", "Histories|CutOff|Naive|Set|Snapshots", "."}},
	{"checker/history", []string{"."}},
	{"checker/trace", []string{"."}},
	{"checker/selfcheck", []string{"."}},
}

// within is the package that has a mutant.
func within(file string) string { return path.Join("checker", path.Dir(file)) }

// inTurn puts mutants into an order in which each file has its turn, so that any first
// part of it is spread over all of them.
func inTurn(all []mutant, seed uint64) (out []mutant) {
	var files []string
	of := map[string][]mutant{}
	for _, m := range all {
		if of[m.file] == nil {
			files = append(files, m.file)
		}
		of[m.file] = append(of[m.file], m)
	}
	random := rand.New(rand.NewPCG(seed, 0)) //nolint:gosec // an order that can be had again
	for _, file := range files {
		random.Shuffle(len(of[file]), func(i, j int) { of[file][i], of[file][j] = of[file][j], of[file][i] })
	}
	for n := 0; len(out) < len(all); n++ {
		for _, file := range files {
			if n < len(of[file]) {
				out = append(out, of[file][n])
			}
		}
	}
	return out
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
	all := slices.DeleteFunc(list(t), func(m mutant) bool { return !strings.Contains(m.file+" "+m.old+" "+m.new, *only) })
	if *budget > 0 {
		all = inTurn(all, *seed)
	}
	began := time.Now()
	for _, m := range all {
		if *budget > 0 && time.Since(began) > *budget {
			break
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
	tried := count["killed"] + count["survived"] + count["invalid"]
	fmt.Fprintf(&report, "\n%d mutants: %d killed, %d survived, %d invalid; %d were not tried\n",
		tried, count["killed"], count["survived"], count["invalid"], len(all)-tried)
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
		if within(m.file) != s.dir && s.dir == "checker/history" {
			continue // it does not have the mutant
		}
		build := exec.CommandContext(t.Context(), "go", "test", "-c", "-vet=off", "-ldflags=-s -w", "-overlay", plan, "-o", binary, "./"+s.dir) //nolint:gosec // our own tests
		build.Dir = root
		if out, err := build.CombinedOutput(); err != nil {
			return "invalid: " + short(string(out))
		}
		for _, tests := range s.tests {
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
		}
	}
	return "survived"
}
