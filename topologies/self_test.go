package topologies

import (
	"context"
	"debug/elf"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

func TestSelfBuildsAStaticVerify(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles verify")
	}
	keepGoCache(t)
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	path, err := Self(t.Context(), runtime.GOARCH)
	if err != nil {
		t.Fatal(err)
	}
	if !static(path, machines[runtime.GOARCH]) {
		t.Errorf("%s is no static binary for %s", path, runtime.GOARCH)
	}
	if out, err := exec.CommandContext(t.Context(), path, "version").CombinedOutput(); err != nil {
		t.Errorf("verify version: %v\n%s", err, out)
	}
	again, err := Self(t.Context(), runtime.GOARCH)
	if err != nil || again != path {
		t.Errorf("the second call gives %s (error %v), want %s", again, err, path)
	}
}

// keepGoCache keeps the compiler's cache where it is when the cache of the user
// is moved.
func keepGoCache(t *testing.T) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "env", "GOCACHE").Output()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("GOCACHE", strings.TrimSpace(string(out)))
}

func TestSelfRefusesAnUnknownArchitecture(t *testing.T) {
	_, err := Self(t.Context(), "vax")
	if e, ok := errors.AsType[*EnvironmentError](err); !ok || !strings.Contains(e.What, `"vax"`) {
		t.Errorf("error %v", err)
	}
}

func TestWithoutGoSelfSaysWhatToDo(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	_, err := build(t.Context(), ".", t.TempDir(), "amd64")
	if e, ok := errors.AsType[*EnvironmentError](err); !ok || !strings.Contains(e.Try, "CGO_ENABLED=0") {
		t.Errorf("error %v", err)
	}
}

func TestOnlyStaticProgramsForTheMachineCount(t *testing.T) {
	dir := t.TempDir()
	text := filepath.Join(dir, "text")
	if err := os.WriteFile(text, []byte("#!/bin/sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		why, path string
		machine   elf.Machine
	}{
		{"a script", text, elf.EM_X86_64},
		{"a file that is not there", filepath.Join(dir, "none"), elf.EM_X86_64},
		{"a program for another machine", "/proc/self/exe", elf.EM_VAX},
	} {
		if static(tt.path, tt.machine) {
			t.Errorf("%s counts as a static program", tt.why)
		}
	}
}

func TestTheModuleIsFoundFromBelow(t *testing.T) {
	root := t.TempDir()
	deep := filepath.Join(root, "a", "b")
	if err := os.MkdirAll(deep, 0o755); err != nil {
		t.Fatal(err)
	}
	if got := moduleRoot(deep); got != "" {
		t.Errorf("found %s where there is none", got)
	}
	mod := filepath.Join(root, "go.mod")
	for text, want := range map[string]string{"module suretyx\n": "", "module surety\n\ngo 1.26\n": root} {
		if err := os.WriteFile(mod, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if got := moduleRoot(deep); got != want {
			t.Errorf("with %q: found %q, want %q", text, got, want)
		}
	}
}

func TestALockedBuildWaitsAsLongAsTheContext(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	unlock, err := lock(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 120*time.Millisecond)
	defer cancel()
	if _, err := lock(ctx, path); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a second holder: error %v", err)
	}
	unlock()
	unlock, err = lock(t.Context(), path)
	if err != nil {
		t.Fatalf("after the unlock: %v", err)
	}
	unlock()
}

func TestOldBinariesAreForgotten(t *testing.T) {
	dir := t.TempDir()
	now := time.Now()
	for name, age := range map[string]time.Duration{"verify-old": 48 * time.Hour, "verify-new": time.Hour, "verify-kept": 48 * time.Hour, "other": 48 * time.Hour} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, nil, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, now.Add(-age), now.Add(-age)); err != nil {
			t.Fatal(err)
		}
	}
	forget(dir, filepath.Join(dir, "verify-kept"), now.Add(-24*time.Hour))
	for name, want := range map[string]bool{"verify-old": false, "verify-new": true, "verify-kept": true, "other": true} {
		if _, err := os.Stat(filepath.Join(dir, name)); (err == nil) != want {
			t.Errorf("%s is there: %v, want %v", name, err == nil, want)
		}
	}
}
