package docker

import (
	"fmt"
	"strings"

	"surety/topologies"
)

// startFailed tells a program that is not in its image from other failures of the
// engine.
func (n *node) startFailed(err error) error {
	text := err.Error()
	for _, sign := range []string{"executable file not found", "no such file or directory", "permission denied", "exec format error"} {
		if strings.Contains(text, sign) {
			return &topologies.EnvironmentError{
				What: fmt.Sprintf("the program of %s cannot be started: %v", n.ID(), err),
				Try:  "check command: in the scenario; its words go to the entry point of the image, which need not have a shell",
				Err:  err,
			}
		}
	}
	return fmt.Errorf("start %s: %w", n.ID(), err)
}

// The signs in a log of what a container cannot have here.
var (
	signsOfAPort       = []string{"address already in use", "eaddrinuse", "address in use", "bindexception"}
	signsOfPermissions = []string{"permission denied", "eacces", "accessdenied", "read-only file system"}
)

// Explain implements topologies.Explainer.
func (n *node) Explain(st topologies.ProcessState, log string) string {
	switch {
	case st.Signal == outOfMemory:
		return "raise its limits: {memory: ...}; it was killed at its limit"
	case says(log, signsOfAPort):
		return fmt.Sprintf("let it bind another port, or its own name instead of 0.0.0.0: in the network of %s the gateway holds port %d "+
			"for the links to the brokers and port %d for its control", n.ID(), nodePort, controlPort)
	case says(log, signsOfPermissions):
		return "the image runs as a user who may not do this: let it store below {{.Dir}}, which every user may write to; files: are readable for all"
	case st.ExitCode == 126 || st.ExitCode == 127:
		return "a command that it runs is not in its image, or cannot be executed; check command: in the scenario"
	}
	return ""
}

func says(log string, signs []string) bool {
	log = strings.ToLower(log)
	for _, sign := range signs {
		if strings.Contains(log, sign) {
			return true
		}
	}
	return false
}
