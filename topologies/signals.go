package topologies

import "syscall"

// StopSignals are the signals that a processor may want to be stopped by.
var StopSignals = map[string]syscall.Signal{
	"SIGHUP":   syscall.SIGHUP,
	"SIGINT":   syscall.SIGINT,
	"SIGKILL":  syscall.SIGKILL,
	"SIGQUIT":  syscall.SIGQUIT,
	"SIGTERM":  syscall.SIGTERM,
	"SIGUSR1":  syscall.SIGUSR1,
	"SIGUSR2":  syscall.SIGUSR2,
	"SIGWINCH": syscall.SIGWINCH,
}
