package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestStoredRunsAreReportedInEveryFormat(t *testing.T) {
	t.Parallel()
	out := t.TempDir()
	file := scenario(t, "small", "{reference: at-least-once}", crash)
	junit := filepath.Join(out, "junit.xml")
	first := verify(t, "run", file, "--seed", "7c1e04", "--out", out, "--junit", junit)
	if first.code != exitUpheld {
		t.Fatalf("exit code %d\n%s\n%s", first.code, first.stdout, first.stderr)
	}
	says(t, contents(t, junit), `<testsuite name="small"`, `name="ok" value="500"`)
	suite := filepath.Dir(only(t, out, "*", "small"))

	text := verify(t, "report", suite)
	if text.code != exitUpheld {
		t.Fatalf("exit code %d\n%s", text.code, text.stderr)
	}
	// The plan is that of a file: nothing but its directory is known of it.
	says(t, text.stdout, "small", "✔ upheld", "500/0/0", "again  verify check "+filepath.Join(suite, "small"))

	summary := verify(t, "report", suite, "--format", "markdown")
	says(t, summary.stdout, "## ✔ upheld: small kept at-least-once", "| 500 / 0 / 0 |")
	both := verify(t, "compare", suite, suite)
	if both.code != exitUpheld {
		t.Errorf("exit code %d\n%s", both.code, both.stderr)
	}
	says(t, both.stdout, "acknowledged p99 ms", "0 of 1", "too few")
	page := verify(t, "report", suite, "--format", "html")
	says(t, page.stdout, "<h1 class=\"good\">✔ upheld: small kept at-least-once", `data-figure="ok">500</dd>`, "Throughput", "kill processor/1", "</html>")
	table := filepath.Join(out, "table.csv")
	if got := verify(t, "report", filepath.Join(suite, "small"), "--format", "csv", "-o", table); got.code != exitUpheld || got.stdout != "" {
		t.Errorf("exit code %d, stdout %q", got.code, got.stdout)
	}
	says(t, contents(t, table), "small,upheld,figure,ok,,,500,records", "small,upheld,fault,kill processor/1", "small,upheld,step,lag,output")
}

func contents(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(b), "\r\n", "\n")
}
