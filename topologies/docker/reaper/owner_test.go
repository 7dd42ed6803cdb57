package reaper

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// kernel makes a proc file system of one boot with one process, number 42.
func kernel(t *testing.T, boot, state, start string) string {
	t.Helper()
	proc := t.TempDir()
	for name, text := range map[string]string{
		"sys/kernel/random/boot_id": boot + "\n",
		"42/stat":                   fmt.Sprintf("42 (a ) name) %s 1 %s%s 0", state, strings.Repeat("0 ", 17), start),
		"43/stat":                   "43 (short) S 1",
	} {
		path := filepath.Join(proc, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.MkdirAll(filepath.Join(proc, "self/ns"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("pid:[1]", filepath.Join(proc, "self/ns/pid")); err != nil {
		t.Fatal(err)
	}
	return proc
}

func TestAnOwnerIsAliveDeadOrElsewhere(t *testing.T) {
	proc := kernel(t, "b1", "S", "777")
	for _, tt := range []struct {
		why, owner string
		want       life
	}{
		{"the same process", "b1/pid:[1]/42/777", alive},
		{"its number was given to another", "b1/pid:[1]/42/776", dead},
		{"its number is free", "b1/pid:[1]/41/777", dead},
		{"the kernel's answer cannot be read", "b1/pid:[1]/43/777", unknown},
		{"another boot or machine", "b2/pid:[1]/42/777", unknown},
		{"another PID namespace", "b1/pid:[2]/42/777", unknown},
		{"no owner", "", unknown},
		{"no number", "b1/pid:[1]/x/777", unknown},
	} {
		if got := lifeOf(proc, tt.owner); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.why, got, tt.want)
		}
	}
	if got := lifeOf(kernel(t, "b1", "Z", "777"), "b1/pid:[1]/42/777"); got != dead {
		t.Errorf("a zombie counts as %v", got)
	}
	if got := ownerIn(proc, 42); got != "b1/pid:[1]/42/777" {
		t.Errorf("owner %q", got)
	}
	if got := ownerIn(t.TempDir(), 42); got != "" {
		t.Errorf("without a proc file system: owner %q", got)
	}
}

func TestThisProcessIsAlive(t *testing.T) {
	owner := Owner()
	if owner == "" {
		t.Skip("SKIPPED, this system has no proc file system")
	}
	if got := lifeOf(procfs, owner); got != alive {
		t.Errorf("%s counts as %v", owner, got)
	}
}

func TestARunIsJudgedByWhatCanBeKnown(t *testing.T) {
	proc := kernel(t, "b1", "S", "777")
	const here, gone, before, elsewhere = "b1/pid:[1]/42/777", "b1/pid:[1]/41/1", "b0/pid:[1]/42/777", "b1/pid:[2]/5/5"
	for _, tt := range []struct {
		why  string
		r    remains
		want life
	}{
		{"its process runs", remains{owner: here, runs: true}, alive},
		{"its process runs and has not started anything yet", remains{owner: here}, alive},
		{"its process is gone", remains{owner: gone, runs: true}, dead},
		{"its process is gone and the reaper is at work", remains{owner: gone, reaper: true, reaped: true, runs: true}, dead},
		{"a process elsewhere, and its reaper watches", remains{owner: elsewhere, reaper: true, reaped: true, runs: true}, alive},
		{"a process elsewhere, and its reaper is gone", remains{owner: elsewhere, reaped: true, runs: true}, dead},
		{"a process elsewhere that never had a reaper", remains{owner: elsewhere, runs: true}, unknown},
		{"an earlier boot of this machine, all stopped", remains{owner: before}, dead},
		{"another machine on the same engine", remains{owner: before, runs: true}, unknown},
		{"no owner and no reaper", remains{}, unknown},
		{"no owner, and its reaper watches", remains{reaper: true, runs: true}, alive},
	} {
		got, why := tt.r.judge(proc)
		if got != tt.want || (why == "") != (got == dead) {
			t.Errorf("%s: %v (%q), want %v", tt.why, got, why, tt.want)
		}
	}
}
