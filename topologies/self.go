package topologies

import (
	"context"
	"crypto/sha256"
	"debug/elf"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"syscall"
	"time"
)

// command is the package of the binary that plays every role.
const command = "surety/cmd/verify"

// Self gives the path of verify as a static Linux binary for the architecture
// (amd64, arm64): this very program if it is one, else one built from the source
// that this program was built from. Where neither is possible the error is an
// *EnvironmentError. The file may be read as long as the process lives.
func Self(ctx context.Context, arch string) (string, error) {
	machine, known := machines[arch]
	if !known {
		return "", &EnvironmentError{
			What: fmt.Sprintf("verify does not run on containers of architecture %q", arch),
			Try:  "use an engine for amd64 or arm64",
		}
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Path == command {
		const self = "/proc/self/exe"
		if static(self, machine) {
			return self, nil
		}
	}
	source, err := source()
	if err != nil {
		return "", err
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = os.TempDir()
	}
	return build(ctx, source, filepath.Join(cache, "surety"), arch)
}

var machines = map[string]elf.Machine{"amd64": elf.EM_X86_64, "arm64": elf.EM_AARCH64}

// static tells whether the file is a Linux program for the machine that needs no
// interpreter, and so runs in an empty image.
func static(path string, machine elf.Machine) bool {
	f, err := elf.Open(path)
	if err != nil {
		return false
	}
	defer func() { _ = f.Close() }()
	if f.Machine != machine {
		return false
	}
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP {
			return false
		}
	}
	return true
}

// source finds the module: where this file was compiled from, or around the
// working directory.
func source() (string, error) {
	var from []string
	if _, file, _, ok := runtime.Caller(0); ok && filepath.IsAbs(file) { // relative with -trimpath
		from = append(from, filepath.Dir(file))
	}
	if wd, err := os.Getwd(); err == nil {
		from = append(from, wd)
	}
	for _, dir := range from {
		if root := moduleRoot(dir); root != "" {
			return root, nil
		}
	}
	return "", &EnvironmentError{
		What: "this verify is not a static Linux binary and its source is not at hand to build one",
		Try:  "build it with CGO_ENABLED=0, or run it inside a checkout of its source",
	}
}

func moduleRoot(dir string) string {
	for {
		b, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		if err == nil && strings.HasPrefix(string(b), "module surety\n") {
			return dir
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return ""
		}
		dir = parent
	}
}

// build compiles verify into the cache and gives the copy that is named by its
// content: a later build leaves it alone while somebody reads it.
func build(ctx context.Context, source, cache, arch string) (path string, err error) {
	goTool, err := exec.LookPath("go")
	if err != nil {
		return "", &EnvironmentError{
			What: "this verify is not a static Linux binary and there is no Go to build one",
			Try:  "put go on PATH, or build verify with CGO_ENABLED=0",
			Err:  err,
		}
	}
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return "", fmt.Errorf("make a directory for the binary: %w", err)
	}
	unlock, err := lock(ctx, filepath.Join(cache, "lock"))
	if err != nil {
		return "", err
	}
	defer unlock()
	built := filepath.Join(cache, "build-"+arch)
	cmd := exec.CommandContext(ctx, goTool, "build", "-trimpath", "-ldflags=-s -w", "-o", built, "./cmd/verify")
	cmd.Dir = source
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+arch)
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build verify for containers in %s: %w: %s", source, err, strings.TrimSpace(string(out)))
	}
	sum, err := contentHash(built)
	if err != nil {
		return "", err
	}
	path = filepath.Join(cache, "verify-"+arch+"-"+sum[:12])
	if err := keep(built, path); err != nil {
		return "", fmt.Errorf("keep the binary: %w", err)
	}
	forget(cache, path, time.Now().Add(-24*time.Hour))
	return path, nil
}

// keep copies the file under its lasting name, whole or not at all, or marks the
// copy that is there as used.
func keep(built, path string) error {
	now := time.Now()
	if err := os.Chtimes(path, now, now); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	b, err := os.ReadFile(built)
	if err != nil {
		return err
	}
	part := path + ".part" // only the holder of the lock writes it
	if err := os.WriteFile(part, b, 0o755); err != nil {
		return err
	}
	return os.Rename(part, path)
}

// lock serialises builds of several processes; it ends with its holder.
func lock(ctx context.Context, path string) (unlock func(), err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, fmt.Errorf("lock the build of the binary: %w", err)
	}
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return func() { _ = f.Close() }, nil
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			_ = f.Close()
			return nil, fmt.Errorf("lock the build of the binary: %w", err)
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			_ = f.Close()
			return nil, fmt.Errorf("wait for another build of the binary: %w", ctx.Err())
		}
	}
}

// forget removes the binaries of earlier sources that nobody used for a while.
func forget(cache, keep string, before time.Time) {
	old, _ := filepath.Glob(filepath.Join(cache, "verify-*")) // the pattern is valid
	for _, path := range old {
		if info, err := os.Stat(path); err == nil && path != keep && info.ModTime().Before(before) {
			_ = os.Remove(path) // a cache: the next build tries again
		}
	}
}

func contentHash(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Close() }()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
