package runner

import (
	"slices"
	"sync"
	"time"

	"surety/checker/history"
	"surety/topologies"
	"surety/workload"
)

// Status is what a run is doing now, for people who watch. Safe for concurrent
// use.
type Status struct {
	Scenario string
	Trial    int                // from 1; 0 where the scenario runs once
	Progress *workload.Progress // sent, ok, seen, ...
	Records  int64              // that the load will offer

	mu       sync.Mutex
	phase    string
	since    time.Time
	faults   []string
	loadEnd  time.Time
	nodes    []NodeLook
	trackers []*workload.Tracker // of the sinks
	clock    history.Clock
	quiet    time.Duration
	changed  func(s *Status)
}

// Look is one moment of a Status.
type Look struct {
	Phase    string
	For      time.Duration // since the phase began
	Faults   []string      // that are on now
	LoadLeft time.Duration // until the schedule of the load ends
	Nodes    []NodeLook    // in the order of the topology; nil before they were looked at

	// What the tails of all sinks tell while the run goes on. The verdict is another
	// matter: it rests on the final read.
	Awaited int64 // acknowledged, and not seen yet: the lag
	Again   int64 // sightings of what was seen before
	Behind  int64 // first sightings after a later record of their key

	Silence time.Duration // in the drain: since something new was seen
	Quiet   time.Duration // in the drain: so long a silence proves that nothing more comes
}

// NodeLook is one node as its process was when it was looked at last.
type NodeLook struct {
	ID     string
	Status topologies.Status
}

// Look reads the status.
func (s *Status) Look() Look {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := Look{Phase: s.phase, Faults: slices.Clone(s.faults), Nodes: slices.Clone(s.nodes)}
	if !s.since.IsZero() {
		l.For = time.Since(s.since)
	}
	if !s.loadEnd.IsZero() {
		l.LoadLeft = max(0, time.Until(s.loadEnd))
	}
	var latest history.Nanos
	for _, t := range s.trackers {
		l.Awaited += t.Missing()
		l.Again += t.Again()
		l.Behind += t.Behind()
		latest = max(latest, t.LastNew())
	}
	if s.phase == phaseDrain {
		l.Quiet = s.quiet
		l.Silence = min(l.For, time.Duration(s.clock.Now()-latest))
	}
	return l
}

// enter goes to a phase and tells the watcher.
func (s *Status) enter(phase string) {
	s.mu.Lock()
	s.phase, s.since = phase, time.Now()
	s.mu.Unlock()
	s.tell()
}

func (s *Status) tell() {
	if s.changed != nil {
		s.changed(s)
	}
}

func (s *Status) setLoadEnd(t time.Time) {
	s.mu.Lock()
	s.loadEnd = t
	s.mu.Unlock()
}

// await has the status count what the sinks still owe.
func (s *Status) await(trackers []*workload.Tracker, clock history.Clock, quiet time.Duration) {
	s.mu.Lock()
	s.trackers, s.clock, s.quiet = trackers, clock, quiet
	s.mu.Unlock()
}

// setNodes keeps what the nodes were seen to be.
func (s *Status) setNodes(nodes []NodeLook) {
	s.mu.Lock()
	s.nodes = nodes
	s.mu.Unlock()
}

// fault switches a fault on or off.
func (s *Status) fault(label string, on bool) {
	s.mu.Lock()
	if on {
		s.faults = append(s.faults, label)
	} else if i := slices.Index(s.faults, label); i >= 0 {
		s.faults = slices.Delete(s.faults, i, i+1)
	}
	s.mu.Unlock()
	s.tell()
}
