package faults

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"surety/checker/history"
	"surety/topologies"
)

// ended is the end of a process as its system showed it.
type ended struct {
	code   int
	after  time.Duration // from the asking to the end
	forced bool          // it was asked to stop and had to be killed
}

func (e ended) String() string {
	s := fmt.Sprintf("exited with code %d after %.1f s", e.code, e.after.Seconds())
	if e.forced {
		s += ", killed as it did not stop in its grace period"
	}
	return s
}

// endings are how victims ended, in the order in which each did.
type endings struct {
	mu  sync.Mutex
	all map[string][]ended
}

func (e *endings) add(id string, how ended) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.all == nil {
		e.all = map[string][]ended{}
	}
	e.all[id] = append(e.all[id], how)
}

// told gives the last ending of each victim as evidence, and whether each has one.
func (e *endings) told(nodes []topologies.Node) (history.Evidence, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	ev, every := history.Evidence{Facts: map[string]any{}}, true
	var said []string
	for _, n := range nodes {
		list := e.all[n.ID()]
		if len(list) == 0 {
			every = false
			said = append(said, n.ID()+" still runs")
			continue
		}
		last := list[len(list)-1]
		said = append(said, n.ID()+" "+last.String())
		ev.Facts[n.ID()+"_exit_code"], ev.Facts[n.ID()+"_stopped_ms"] = last.code, ms(last.after)
		ev.Facts[n.ID()+"_killed_after_grace"] = last.forced
	}
	ev.Text = strings.Join(said, ", ")
	return ev, every
}

// killed counts how often the victim ended by SIGKILL.
func (e *endings) killed(id string) int {
	e.mu.Lock()
	defer e.mu.Unlock()
	n := 0
	for _, one := range e.all[id] {
		if one.code == killedExit {
			n++
		}
	}
	return n
}
