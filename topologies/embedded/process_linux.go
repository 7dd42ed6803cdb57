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
