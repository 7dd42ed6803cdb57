//go:build unix && !linux

package embedded

import (
	"bytes"
	"fmt"
	"os/exec"
	"strconv"
	"syscall"

	"surety/topologies"
)

// attributes put a child in a group of its own. Only Linux can tie its life to
// the harness's.
func attributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

// processVersion is what the process was started as: not every Unix shows an
// environment.
func processVersion(in *incarnation) string { return shownVersion(in.version) }

// processStatus asks ps(1), which every Unix has.
func processStatus(pid int) (topologies.Status, error) {
	out, err := exec.Command("ps", "-o", "state=", "-p", strconv.Itoa(pid)).Output()
	if err != nil {
		return topologies.Exited, err
	}
	if out = bytes.TrimSpace(out); len(out) == 0 {
		return "", fmt.Errorf("process %d: its state cannot be read", pid)
	}
	return statusOf(out[0]), nil
}
