package runner

import (
	"slices"
	"sync"
	"time"

	"surety/workload"
)

// Status is what a run is doing now, for people who watch. Safe for concurrent
// use.
type Status struct {
	Scenario string
	Trial    int                // from 1; 0 where the scenario runs once
	Progress *workload.Progress // sent, ok, seen, ...
	Records  int64              // that the load will offer

	mu      sync.Mutex
	phase   string
	since   time.Time
	faults  []string
	loadEnd time.Time
	changed func(s *Status)
}

// Look is one moment of a Status.
type Look struct {
	Phase    string
	Faults   []string      // that are on now
	LoadLeft time.Duration // until the schedule of the load ends
}

// Look reads the status.
func (s *Status) Look() Look {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := Look{Phase: s.phase, Faults: slices.Clone(s.faults)}
	if !s.loadEnd.IsZero() {
		l.LoadLeft = max(0, time.Until(s.loadEnd))
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
