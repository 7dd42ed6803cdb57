package embedded

import "surety/topologies"

// shownVersion is a version as a state tells it.
func shownVersion(version string) string {
	if version == topologies.OriginalVersion {
		return ""
	}
	return version
}

// statusOf translates the state letter that proc(5) and ps(1) share.
func statusOf(letter byte) topologies.Status {
	switch letter {
	case 'T', 't':
		return topologies.Paused
	case 'Z', 'X':
		return topologies.Exited
	default:
		return topologies.Running
	}
}
