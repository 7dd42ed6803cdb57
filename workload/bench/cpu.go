package bench

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// OwnCPU is the processor time that this process has used, user and system.
func OwnCPU() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0 // it does not fail for oneself
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// PeakMemory is the most memory in bytes that this process has had resident.
func PeakMemory() int64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return u.Maxrss << 10 // in KiB on Linux
}

// clockTicks a second is what Linux counts processor time in, on all its
// architectures that Go knows.
const clockTicks = 100

// ProcessCPU gives the processor time that a process of this machine has used.
func ProcessCPU(pid int) func() (time.Duration, error) {
	return func() (time.Duration, error) {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil {
			return 0, fmt.Errorf("the processor time of process %d cannot be read: %w", pid, err)
		}
		// The name in brackets may hold anything; utime and stime are fields 14 and 15.
		fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
		if len(fields) < 13 {
			return 0, fmt.Errorf("the processor time of process %d cannot be read from %q", pid, text)
		}
		user, err1 := strconv.ParseInt(fields[11], 10, 64)
		system, err2 := strconv.ParseInt(fields[12], 10, 64)
		if err := errors.Join(err1, err2); err != nil {
			return 0, fmt.Errorf("the processor time of process %d: %w", pid, err)
		}
		return time.Duration(user+system) * time.Second / clockTicks, nil
	}
}

// listening is the state of a socket in /proc/net/tcp.
const listening = "0A"

// Listener finds the process of this machine that listens on a TCP port; 0 where
// none can be seen, or only one that passes connections on.
func Listener(port int) int {
	sockets := map[string]bool{}
	for _, table := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		text, err := os.ReadFile(table)
		if err != nil {
			continue
		}
		for line := range strings.Lines(string(text)) {
			f := strings.Fields(line)
			if len(f) > 9 && f[3] == listening && strings.HasSuffix(f[1], fmt.Sprintf(":%04X", port)) {
				sockets["socket:["+f[9]+"]"] = true
			}
		}
	}
	links, _ := filepath.Glob("/proc/[0-9]*/fd/*") // the pattern is valid
	for _, l := range links {
		to, err := os.Readlink(l)
		if err != nil || !sockets[to] {
			continue
		}
		process := strings.Split(l, "/")[2]
		if name, err := os.ReadFile("/proc/" + process + "/comm"); err != nil || strings.HasPrefix(string(name), "docker-proxy") {
			return 0
		}
		pid, _ := strconv.Atoi(process) // digits, by the pattern
		return pid
	}
	return 0
}
