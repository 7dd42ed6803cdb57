package scenarios

import (
	"fmt"

	"surety/faults"
)

// completeEmulated refuses what the emulated brokers of the embedded provider would
// turn into a false alarm. Their group coordinator forgets a member that waits for a
// rebalance longer than its session, and does not answer it any more; a processor
// that is killed while it joins makes the others wait so long.
func (s *Scenario) completeEmulated(Vocabulary) error {
	if s.Topology.Provider != "embedded" {
		return nil
	}
	least := 2 * s.Timing.Session
	for i, st := range s.Faults {
		if c, ok := st.Fault.(*faults.CrashLoop); ok && c.Up < least {
			return s.wrong(fmt.Sprintf("faults.%d", i), "crash-loop: on emulated brokers a processor wants up: of at least twice its session timeout, "+
				"%s, to join its group; this is %s: say so, or run with --provider docker", least, c.Up)
		}
	}
	return nil
}
