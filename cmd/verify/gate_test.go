package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestAKnownViolationDoesNotBlockAndANewOneDoes(t *testing.T) {
	file := scenario(t, "leaky", somebody(t, "forgets"), "guarantee: {delivery: at-least-once}\n")
	baseline := filepath.Join(t.TempDir(), "known.json")
	run := func(more ...string) ended {
		return verify(t, append([]string{"run", file, "--seed", "5", "--out", t.TempDir(), "--baseline", baseline}, more...)...)
	}
	if missing := run(); missing.code != exitUsage || !strings.Contains(missing.stderr, "--update-baseline") {
		t.Errorf("without its file: exit code %d\n%s", missing.code, missing.stderr)
	}
	if first := run("--update-baseline"); first.code != exitViolated || !strings.Contains(first.stderr, "1 known violations are written") {
		t.Errorf("exit code %d\n%s", first.code, first.stderr)
	}
	known := run()
	says(t, known.stdout, "known violation", "0 upheld · 1 violated, 1 of them known", "lost")
	if known.code != exitUpheld {
		t.Errorf("exit code %d\n%s", known.code, known.stdout)
	}
	other := `{"format": 1, "known": [{"scenario": "leaky", "at": "output", "class": "reordered"}]}`
	if err := os.WriteFile(baseline, []byte(other), 0o600); err != nil {
		t.Fatal(err)
	}
	fresh := run()
	says(t, fresh.stderr, "leaky: reordered at output is in", "was not seen: remove it")
	if fresh.code != exitViolated || strings.Contains(fresh.stdout, "known violation") {
		t.Errorf("a class that is not listed: exit code %d\n%s", fresh.code, fresh.stdout)
	}
}

func TestWhatHasNoVerdictInTimeIsInconclusive(t *testing.T) {
	file := scenario(t, "slow", "{reference: at-least-once}", "")
	late := verify(t, "run", file, "--records", "60000", "--out", t.TempDir(), "--max-time", "2s")
	says(t, late.stdout, "interrupted", "try  a --max-time above 2s")
	if late.code != exitInconclusive {
		t.Errorf("exit code %d\n%s", late.code, late.stdout)
	}
	warned := verify(t, "run", file, "--records", "60000", "--out", t.TempDir(), "--max-time", "2s", "--fail-on", "violated")
	if warned.code != exitUpheld {
		t.Errorf("where only violations fail: exit code %d\n%s", warned.code, warned.stdout)
	}
}

func TestAThresholdThatIsMissedFails(t *testing.T) {
	slow := scenario(t, "slow", "{reference: at-least-once}", crash+"thresholds: {recovery: 1ms, lag: 100000, throughput: 1/s}\n")
	missed := verify(t, "run", slow, "--out", t.TempDir())
	says(t, missed.stdout, "✘ threshold missed", "recovery took", "at most 0.0 s was wanted", "1 upheld, 1 of them below a threshold")
	if missed.code != exitViolated || strings.Contains(missed.stdout, "lag reached") {
		t.Errorf("exit code %d\n%s", missed.code, missed.stdout)
	}
}

func TestFlagsOfTheGateAreChecked(t *testing.T) {
	for _, tt := range []struct {
		args []string
		says string
	}{
		{[]string{"--fail-on", "maybe"}, `--fail-on: unknown outcome "maybe"`},
		{[]string{"--max-time", "-3s"}, "--max-time is -3s; it wants a time above 0"},
		{[]string{"--update-baseline"}, "--update-baseline wants the file to write"},
		{[]string{"--baseline", written(t, "b.json", `{"format": 1, "knwon": []}`)}, `unknown field "knwon"`},
		{[]string{"--baseline", written(t, "b.json", `{"format": 7}`)}, "its format is 7, this binary reads 1"},
		{[]string{"--baseline", written(t, "b.json", `{"format": 1, "known": [{"scenario": "x", "at": "output", "class": "lsot"}]}`)}, "entry 1 wants"},
	} {
		if got := verify(t, append([]string{"run", "quick", "--out", t.TempDir()}, tt.args...)...); got.code != exitUsage || !strings.Contains(got.stderr, tt.says) {
			t.Errorf("%v: exit code %d, %s", tt.args, got.code, got.stderr)
		}
	}
}
