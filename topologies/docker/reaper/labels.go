// Package reaper sees to it that nothing of a run outlives it. The harness holds a
// connection to a container of our own; when that connection is gone, as after a
// SIGKILL, the container removes everything that carries the run's label, and at
// last itself. What earlier runs left all the same is found and removed by Clean.
package reaper

// Labels of what the engine holds for us. Nothing without LabelOurs is ever touched.
const (
	LabelOurs   = "surety"        // "1"
	LabelRun    = "surety.run"    // id of the run
	LabelRole   = "surety.role"   // Role on the reaper's own container
	LabelOwner  = "surety.owner"  // the process that holds the run, see Owner
	LabelReaped = "surety.reaped" // "1" on what was made while a reaper watched
)

// Role is the value of LabelRole on a reaper.
const Role = "reaper"

// Labels are those of everything that belongs to the run, made by this process.
func Labels(run string) map[string]string {
	l := map[string]string{LabelOurs: "1", LabelRun: run}
	if owner := Owner(); owner != "" {
		l[LabelOwner] = owner
	}
	return l
}
