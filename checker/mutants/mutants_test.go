package mutants

import (
	"bytes"
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
// most, with few drawn histories, and at last all.
var suites = []struct {
	dir   string
	tests []string
}{
	{"checker", []string{"TestHistories$|FollowsTheTable|Carry|Kept|Strange|LogHistories", "HandWritten|CutOff|Naive|Definition|Set", "."}},
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
		b.outcome(t, 0, suites[0].dir, tests)
	}
	began := time.Now()
	for i, m := range all {
		if *budget > 0 && time.Since(began) > *budget {
			break
		}
		outcome := b.run(t, i+1, m)
		count[outcome]++
		switch {
		case outcome == killed && m.survives != "":
			t.Errorf("%s: it is noticed, and the list says that nobody can: %s", m, m.survives)
		case outcome == survived && m.survives == "":
			t.Errorf("%s: no test notices it", m)
		case outcome == hung:
			t.Errorf("%s: the tests did not end", m)
		}
		if m.survives != "" {
			outcome += ": " + m.survives
		}
		line := fmt.Sprintf("%-10s %s\n", outcome, m)
		t.Log(strings.TrimSpace(line))
		report.WriteString(line)
	}
	tried := count[killed] + count[survived] + count[hung]
	fmt.Fprintf(&report, "\n%d mutants: %d killed, %d survived, %d hung; %d were not tried\n",
		tried, count[killed], count[survived], count[hung], len(all)-tried)
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

// What became of a mutant.
const (
	survived = "survived"
	killed   = "killed"
	hung     = "hung" // the tests did not come to their end in time
)

// outcome is what tests of a package make of mutant n; 0 is none.
func (b *builds) outcome(t *testing.T, n int, pkg, tests string, more ...string) string {
	t.Helper()
	args := append([]string{"-test.failfast", "-test.timeout=20m", "-test.run=" + tests}, more...)
	cmd := exec.CommandContext(t.Context(), b.of(t, pkg), args...) //nolint:gosec // as above
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
	switch {
	case err == nil:
		return survived
	case bytes.Contains(out, []byte("panic: test timed out")):
		return hung
	}
	return killed
}

// run tells what becomes of mutant n.
func (b *builds) run(t *testing.T, n int, m mutant) string {
	t.Helper()
	for _, s := range suites {
		if within(m.file) != s.dir && s.dir == "checker/history" {
			continue // it does not have the mutant
		}
		for i, tests := range s.tests {
			var more []string
			if i < len(s.tests)-1 {
				more = []string{"-rapid.checks=20"}
			}
			if o := b.outcome(t, n, s.dir, tests, more...); o != survived {
				return o
			}
		}
	}
	return survived
}
