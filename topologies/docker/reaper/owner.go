package reaper

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// life is what can be known of the process that holds a run.
type life int

const (
	unknown life = iota // of another machine, another boot or another PID namespace
	alive
	dead
)

// procfs is where the kernel tells of processes.
const procfs = "/proc"

// Owner names this process for all time: boot, PID namespace, PID and start time.
// It is empty where the system does not tell.
func Owner() string { return ownerIn(procfs, os.Getpid()) }

func ownerIn(proc string, pid int) string {
	place, err := placeIn(proc)
	if err != nil {
		return ""
	}
	_, start, err := statIn(proc, pid)
	if err != nil {
		return ""
	}
	return place + "/" + strconv.Itoa(pid) + "/" + start
}

// lifeOf tells whether the owner still runs.
func lifeOf(proc, owner string) life {
	parts := strings.Split(owner, "/")
	place, err := placeIn(proc)
	if err != nil || len(parts) != 4 || parts[0]+"/"+parts[1] != place {
		return unknown
	}
	pid, err := strconv.Atoi(parts[2])
	if err != nil {
		return unknown
	}
	state, start, err := statIn(proc, pid)
	switch {
	case os.IsNotExist(err):
		return dead
	case err != nil:
		return unknown
	case start != parts[3], state == "Z", state == "X": // the number was given anew, or only its exit code is left
		return dead
	}
	return alive
}

// bootOf gives the boot that the owner belongs to, or "".
func bootOf(owner string) string {
	boot, _, _ := strings.Cut(owner, "/")
	return boot
}

// placeIn names the boot and the PID namespace, within which a PID means something.
func placeIn(proc string) (string, error) {
	boot, err := os.ReadFile(filepath.Join(proc, "sys/kernel/random/boot_id"))
	if err != nil {
		return "", err
	}
	ns, err := os.Readlink(filepath.Join(proc, "self/ns/pid"))
	if err != nil {
		return "", err
	}
	return strings.TrimSpace(string(boot)) + "/" + ns, nil
}

// statIn gives the state and the start time (in ticks since the boot) of a process:
// fields 3 and 22 of proc_pid_stat(5). The second field is a name in parentheses
// that may hold anything.
func statIn(proc string, pid int) (state, start string, err error) {
	b, err := os.ReadFile(filepath.Join(proc, strconv.Itoa(pid), "stat"))
	if err != nil {
		return "", "", err
	}
	text := string(b)
	fields := strings.Fields(text[strings.LastIndexByte(text, ')')+1:])
	if len(fields) < 20 {
		return "", "", fmt.Errorf("process %d: its state cannot be read", pid)
	}
	return fields[0], fields[19], nil
}
