package scenarios

import (
	"fmt"
	"slices"

	"surety/faults"
	"surety/topologies"
)

// embedded is the provider whose brokers are emulated.
const embedded = "embedded"

// completeEmulated refuses what the emulated brokers of the embedded provider would
// turn into a false alarm. Their group coordinator forgets a member that waits for a
// rebalance longer than its session, and does not answer it any more; a processor
// that is killed while it joins makes the others wait so long. They keep one copy of
// each partition, so that nothing can be behind.
func (s *Scenario) completeEmulated(Vocabulary) error {
	if s.Topology.Provider != embedded {
		return nil
	}
	least := 2 * s.Timing.Session
	for _, st := range s.templates() {
		blame := func(format string, args ...any) error {
			return &FileError{File: s.File, Line: st.Line, Text: st.Fault.Name() + ": on emulated brokers " + fmt.Sprintf(format, args...) + ", or run with --provider docker"}
		}
		if c, ok := st.Fault.(*faults.CrashLoop); ok && c.Up < least {
			return blame("a processor wants up: of at least twice its session timeout, %s, to join its group; this is %s: say so", least, c.Up)
		}
		if st.On.While == FollowersBehind {
			return blame("there are no followers that could be behind: say at: or after:")
		}
	}
	for _, d := range s.Draws {
		if i := slices.IndexFunc(d.From, func(t Template) bool { return disturbs(t.Fault) }); i >= 0 && (d.Quiet < least || d.Overlap > 1) {
			return &FileError{File: s.File, Line: d.Line, Text: fmt.Sprintf("draw: on emulated brokers a processor wants %s, twice its session timeout, to join its group "+
				"between one %s and the next fault: say quiet: %s and no overlap:, or run with --provider docker", least, d.From[i].Fault.Name(), least)}
		}
	}
	return nil
}

// disturbs tells whether a fault takes processors out of their group.
func disturbs(f faults.Fault) bool {
	return slices.ContainsFunc(f.Needs(), func(c topologies.Capability) bool {
		return c == topologies.KillProcessor || c == topologies.PauseProcessor || c == topologies.StopProcessor || c == topologies.ScaleProcessor
	})
}
