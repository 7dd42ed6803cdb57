package main

import (
	"path/filepath"
	"testing"
)

func TestTheOutputOfARunIsHeldToThatOfAnother(t *testing.T) {
	t.Parallel()
	const declared = "guarantee: {delivery: at-least-once}\n"
	run := func(how string, code int) string {
		out := t.TempDir()
		if r := verify(t, "run", scenario(t, "same", somebody(t, how), declared), "--seed", "7c1e", "--out", out); r.code != code {
			t.Fatalf("%s: exit code %d\n%s\n%s", how, r.code, r.stdout, r.stderr)
		}
		return filepath.Join(out, "same-7c1e", "same")
	}
	first, again, other := run("forwards", exitUpheld), run("forwards", exitUpheld), run("forgets", exitViolated)

	same := verify(t, "check", again, "--equals", first)
	if same.code != exitUpheld {
		t.Errorf("exit code %d\n%s\n%s", same.code, same.stdout, same.stderr)
	}
	says(t, same.stdout, "✔ upheld", "again  verify check "+again+" --equals "+first)

	differs := verify(t, "check", first, "--equals", other)
	if differs.code != exitViolated {
		t.Errorf("exit code %d\n%s\n%s", differs.code, differs.stdout, differs.stderr)
	}
	says(t, differs.stdout, "differed", "keys, without any fault", "the other run does not have it so")

	if gone := verify(t, "check", first, "--equals", filepath.Join(other, "gone")); gone.code != exitUsage {
		t.Errorf("exit code %d\n%s", gone.code, gone.stderr)
	}
	trace := verify(t, "check", "--trace", "-", "--equals", first)
	sentence(t, trace.stderr, "--equals goes with a stored run")
}
