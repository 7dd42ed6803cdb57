package mutants

import (
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
	b := builds{root: root, dir: t.TempDir(), made: map[string]string{}}
	if b.overlay, err = variants(root, b.dir, all); err != nil {
		t.Fatal(err)
	}
	for _, tests := range suites[0].tests[:2] {
		b.fail(t, 0, suites[0].dir, tests)
	}
	began := time.Now()
	for i, m := range all {
		if *budget > 0 && time.Since(began) > *budget {
			break
		}
		outcome := "survived"
		if b.notice(t, i+1, m) {
			outcome = "killed"
		}
		count[outcome]++
		switch {
		case outcome == "killed" && m.survives != "":
			t.Errorf("%s: it is noticed, and the list says that nobody can: %s", m, m.survives)
		case outcome == "survived" && m.survives == "":
			t.Errorf("%s: no test notices it", m)
		}
		if m.survives != "" {
			outcome += ": " + m.survives
		}
		line := fmt.Sprintf("%-10s %s\n", outcome, m)
		t.Log(strings.TrimSpace(line))
		report.WriteString(line)
	}
	tried := count["killed"] + count["survived"]
	fmt.Fprintf(&report, "\n%d mutants: %d killed, %d survived; %d were not tried\n",
		tried, count["killed"], count["survived"], len(all)-tried)
	t.Log(strings.TrimSpace(report.String()[strings.LastIndex(report.String(), "\n\n")+2:]))
	if *keep != "" {
		if err := os.WriteFile(*keep, []byte(report.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// builds are the test binaries with all mutants in them, by package, made when they
// are asked for.
type builds struct {
	root, dir, overlay string
	made               map[string]string
}

func (b *builds) of(t *testing.T, pkg string) string {
	t.Helper()
	if b.made[pkg] == "" {
		out := filepath.Join(b.dir, strings.ReplaceAll(pkg, "/", "-")+".test")
		build := exec.CommandContext(t.Context(), "go", "test", "-c", "-vet=off", "-ldflags=-s -w", "-overlay", b.overlay, "-o", out, "./"+pkg) //nolint:gosec // our own tests
		build.Dir = b.root
		if text, err := build.CombinedOutput(); err != nil {
			t.Fatalf("%s with all mutants does not build: %s", pkg, text)
		}
		b.made[pkg] = out
	}
	return b.made[pkg]
}

// fail says whether tests of a package fail with mutant n; 0 is none.
func (b *builds) fail(t *testing.T, n int, pkg, tests string) bool {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), b.of(t, pkg), "-test.failfast", "-test.timeout=5m", "-test.run="+tests) //nolint:gosec // as above
	cmd.Dir = filepath.Join(b.root, pkg)
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%d", chosen, n))
	cmd.WaitDelay = time.Minute
	out, err := cmd.CombinedOutput()
	if t.Context().Err() != nil {
		t.Fatal(t.Context().Err())
	}
	if n == 0 && err != nil {
		t.Fatalf("%s fails without any mutant: %s", pkg, out)
	}
	return err != nil
}

// notice says whether any test notices mutant n.
func (b *builds) notice(t *testing.T, n int, m mutant) bool {
	t.Helper()
	for _, s := range suites {
		if within(m.file) != s.dir && s.dir == "checker/history" {
			continue // it does not have the mutant
		}
		for _, tests := range s.tests {
			if b.fail(t, n, s.dir, tests) {
				return true
			}
		}
	}
	return false
}
