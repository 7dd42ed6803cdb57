package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// requireExamples names the variable with which an example that cannot run is a failure,
// and is prepared before it runs.
const requireExamples = "SURETY_REQUIRE_EXAMPLES"

// examples are the scenarios of scenarios/examples with the tools that each wants.
var examples = []struct {
	folder, file string
	tools        []string
}{
	{"python", "mistake.yaml", []string{"python3"}},
	{"python", "fixed.yaml", []string{"python3"}},
	{"java", "copier.yaml", []string{"java", "javac", "mvn"}},
	{"node", "orders.yaml", []string{"node", "npm"}},
	{"go", "copier.yaml", []string{"go"}},
	{"shell", "copier.yaml", []string{"kcat"}},
}

func TestExamplesRunAsTheirReadmesSay(t *testing.T) {
	for _, e := range examples {
		t.Run(e.folder+"/"+e.file, func(t *testing.T) {
			dir := filepath.Join("..", "..", "scenarios", "examples", e.folder)
			prepared(t, dir, e.tools)
			got := verify(t, "run", filepath.Join(dir, e.file), "--out", t.TempDir())
			if got.code != exitUpheld {
				t.Errorf("exit code %d\n%s\n%s", got.code, got.stdout, got.stderr)
			}
		})
	}
}

// prepared sees to it that an example can run, or skips the test.
func prepared(t *testing.T, dir string, tools []string) {
	t.Helper()
	required := os.Getenv(requireExamples) != ""
	refuse := t.Skipf
	if required {
		refuse = t.Fatalf
	}
	for _, tool := range tools {
		if _, err := exec.LookPath(tool); err != nil {
			refuse("SKIPPED: the example wants %s, which is not here", tool)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, ".deps", "ready")); err == nil {
		return
	}
	if !required {
		refuse("SKIPPED: the example is not prepared; run sh %s", filepath.Join(dir, "prepare.sh"))
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "sh", "prepare.sh")
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("the example cannot be prepared: %v\n%s", err, out)
	}
}

// Every folder of examples is in the list, with its README.
func TestEveryExampleIsListed(t *testing.T) {
	listed := map[string]bool{"public": true} // those want the sources of others
	for _, e := range examples {
		listed[e.folder] = true
		if _, err := os.Stat(filepath.Join("..", "..", "scenarios", "examples", e.folder, "README.md")); err != nil {
			t.Error(err)
		}
	}
	found, err := os.ReadDir(filepath.Join("..", "..", "scenarios", "examples"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range found {
		if f.IsDir() && !listed[f.Name()] {
			t.Errorf("the example %s is run by no test", f.Name())
		}
	}
}
