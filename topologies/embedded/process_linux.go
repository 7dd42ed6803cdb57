package embedded

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"syscall"

	"surety/topologies"
)

// attributes put a child in a group of its own that dies with the harness,
// however the harness ends.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// processVersion reads as which version a process was started from the environment
// that the kernel has of it; of one that cannot be read, what it was started as.
func processVersion(in *incarnation) string {
	env, err := os.ReadFile("/proc/" + strconv.Itoa(in.pid) + "/environ")
	if err != nil || len(env) == 0 {
		return shownVersion(in.version)
	}
	for line := range bytes.SplitSeq(env, []byte{0}) {
		if v, is := bytes.CutPrefix(line, []byte(topologies.VersionVariable+"=")); is {
			return string(v)
		}
	}
	return ""
}

// processStatus reads the state letter of /proc/PID/stat (proc(5)); it follows
// the name in parentheses, which may itself contain anything.
func processStatus(pid int) (topologies.Status, error) {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return topologies.Exited, err
	}
	i := bytes.LastIndexByte(stat, ')')
	if i < 0 || i+2 >= len(stat) {
		return "", fmt.Errorf("process %d: its state cannot be read", pid)
	}
	return statusOf(stat[i+2]), nil
}
