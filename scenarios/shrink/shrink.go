// Package shrink reduces a scenario that violates its guarantee to a smaller one that
// still does: fewer faults, shorter ones, fewer instances and keys, less load.
package shrink

import (
	"math"
	"slices"
	"time"

	"surety/faults"
	"surety/scenarios"
)

// Test tells whether a scenario violates. It may run it several times; what it
// answers for a scenario must not depend on what was asked before.
type Test func(s *scenarios.Scenario) (bool, error)

const (
	// head is the load before the first fault, and tail is that after the last one, at
	// least, that a scenario keeps: time to be at work, and to show what came of it.
	head = 500 * time.Millisecond
	tail = 2 * time.Second
	// shortest is the least that a fault lasts, if it lasts at all.
	shortest = 20 * time.Millisecond
	// tries bounds the questions for one number.
	tries = 4
)

// Smallest reduces a scenario whose faults are settled, see scenarios.Scenario's
// Concrete, and which violates. accepted is told each smaller one that does, in turn;
// complete checks that one makes sense: those that do not are left out without a
// question. At an error, as when the time is over, the smallest so far stands.
func Smallest(s *scenarios.Scenario, complete func(*scenarios.Scenario) error, violates Test, accepted func(*scenarios.Scenario)) error {
	r := &reducer{now: s, complete: complete, violates: violates, accepted: accepted}
	for {
		before := len(r.now.Faults)
		for _, pass := range []func() error{r.faults, r.windows, r.instances, r.keys, r.load} {
			if err := pass(); err != nil {
				return err
			}
		}
		// With the rest smaller, fewer faults may do.
		if again := len(r.now.Faults); again < 2 || again == before {
			return nil
		}
	}
}

type reducer struct {
	now      *scenarios.Scenario // the smallest that violates
	complete func(*scenarios.Scenario) error
	violates Test
	accepted func(*scenarios.Scenario)
}

// try asks whether a changed scenario violates, and keeps it if it does.
func (r *reducer) try(change func(s *scenarios.Scenario)) (bool, error) {
	s := *r.now
	s.Faults = slices.Clone(s.Faults)
	s.Topology.Processors = slices.Clone(s.Topology.Processors)
	change(&s)
	compact(&s)
	if r.complete(&s) != nil {
		return false, nil
	}
	ok, err := r.violates(&s)
	if ok && err == nil {
		r.now = &s
		r.accepted(&s)
	}
	return ok, err
}

func (r *reducer) faults() error {
	only := func(part []scenarios.Step) (bool, error) {
		if !r.keepsPlaces(part) {
			return false, nil
		}
		return r.try(func(s *scenarios.Scenario) { s.Faults = part })
	}
	left, err := minimize(r.now.Faults, only)
	if err == nil && len(left) == 1 {
		_, err = only(nil) // perhaps none is needed
	}
	return err
}

// keepsPlaces tells whether the faults whose targets others take over stand where they
// stood: they are named by their places.
func (r *reducer) keepsPlaces(part []scenarios.Step) bool {
	for _, f := range part {
		for _, place := range faults.Earlier(f.Fault) {
			if place > len(part) || place > len(r.now.Faults) || part[place-1].Fault != r.now.Faults[place-1].Fault {
				return false
			}
		}
	}
	return true
}

func (r *reducer) windows() error {
	for i := range r.now.Faults {
		long := r.now.Faults[i].For.To
		_, err := descend(int64(shortest), int64(long), tries, func(n int64) (bool, error) {
			return r.try(func(s *scenarios.Scenario) {
				s.Faults[i].For = scenarios.Lasting(time.Duration(n).Truncate(time.Millisecond))
			})
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (r *reducer) instances() error {
	for i := range r.now.Topology.Processors {
		_, err := descend(1, int64(r.now.Topology.Processors[i].Instances), tries, func(n int64) (bool, error) {
			return r.try(func(s *scenarios.Scenario) { s.Topology.Processors[i].Instances = int(n) })
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (r *reducer) keys() error {
	_, err := descend(1, int64(r.now.Workload.Keys), tries, func(n int64) (bool, error) {
		return r.try(func(s *scenarios.Scenario) {
			s.Workload.Keys = int(n)
			s.Workload.Writers = min(s.Workload.Writers, s.Workload.Keys)
		})
	})
	return err
}

// load offers fewer records in the same time: the faults keep their places.
func (r *reducer) load() error {
	_, err := descend(max(1, r.now.Workload.Records/16), r.now.Workload.Records, tries, func(n int64) (bool, error) {
		return r.try(func(s *scenarios.Scenario) {
			if s.Workload.Rate > 0 {
				s.Workload.Rate = scenarios.Rate(math.Ceil(float64(s.Workload.Rate) * float64(n) / float64(s.Workload.Records)))
			}
			s.Workload.Records = n
			s.Floors.Records = min(s.Floors.Records, n)
		})
	})
	return err
}

// compact moves the faults to the beginning of the load and ends it soon after them.
// Faults that wait for events leave the load as it is.
func compact(s *scenarios.Scenario) {
	w := &s.Workload
	if w.Rate <= 0 || len(s.Faults) == 0 || slices.ContainsFunc(s.Faults, func(f scenarios.Step) bool { return !f.On.IsZero() }) {
		return
	}
	begin, end := s.Faults[0].At.From.After, time.Duration(0)
	for _, f := range s.Faults {
		begin, end = min(begin, f.At.From.After), max(end, f.At.To.After+f.For.To)
	}
	if shift := begin - head; shift > 0 {
		for i := range s.Faults {
			at := scenarios.Point{After: s.Faults[i].At.From.After - shift, Timed: true}
			s.Faults[i].At = scenarios.Moment{From: at, To: at}
		}
		end -= shift
	}
	after := max(tail, 2*s.Timing.Session)
	if records := int64((end + after).Seconds() * float64(w.Rate)); records < w.Records {
		w.Records = max(records, 1)
		s.Floors.Records = min(s.Floors.Records, w.Records)
	}
}
