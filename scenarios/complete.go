package scenarios

import (
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"surety/checker"
	"surety/topologies/names"
)

// Complete fills in what a scenario left out and checks that it makes sense.
func (s *Scenario) Complete(v Vocabulary) error {
	wrong := func(format string, args ...any) error {
		return &FileError{File: s.File, Text: "scenario " + s.Name + ": " + fmt.Sprintf(format, args...)}
	}
	choose := func(kind string, field *string, fallback string, known []string) error {
		if *field == "" {
			*field = fallback
		}
		if !slices.Contains(known, *field) {
			return wrong("%s", names.Unknown(kind, *field, known))
		}
		return nil
	}
	if s.Name == "" {
		return &FileError{File: s.File, Text: "the scenario has no name: begin with scenario: NAME"}
	}
	t := &s.Topology
	if err := choose("provider", &t.Provider, "embedded", v.Providers); err != nil {
		return err
	}
	if err := choose("broker", &t.Broker.Kind, "kafka", v.Brokers); err != nil {
		return err
	}
	within(&t.Broker.Nodes, 3)
	within(&t.Partitions, 6)
	if t.Broker.Nodes < 1 || t.Broker.Nodes > 9 || t.Partitions < 1 || t.Partitions > 1000 {
		return wrong("1 to 9 brokers and 1 to 1000 partitions are possible; it has %d and %d", t.Broker.Nodes, t.Partitions)
	}
	if err := s.completeProcessors(v, wrong); err != nil {
		return err
	}
	if len(t.Sinks) == 0 {
		t.Sinks = []Sink{{Name: "output"}}
	}
	for i := range t.Sinks {
		k := &t.Sinks[i]
		if k.Name == "" || k.Name == "input" {
			return wrong("a sink wants a name of its own, other than input")
		}
		if err := choose("role of a sink", &k.Role, "output", []string{"output"}); err != nil {
			return err
		}
		if err := choose("oracle", &k.Oracle, "identity", v.Oracles); err != nil {
			return err
		}
	}
	w := &s.Workload
	within(&w.Records, 5000)
	within(&w.Keys, 50)
	within(&w.Writers, 2)
	within(&w.Value, 100)
	if w.Rate == 0 {
		w.Rate = 2000
	}
	if w.Skew == "hot" {
		within(&w.Hot, 0.5)
	}
	if err := choose("skew", &w.Skew, "uniform", v.Skews); err != nil {
		return err
	}
	if err := w.load().Check(); err != nil {
		return wrong("workload: %s", err)
	}
	if w.Records < 1 || w.Keys < 1 || w.Writers < 1 || w.Writers > w.Keys {
		return wrong("the workload wants at least one record, one key and one writer, and no more writers than keys")
	}
	for _, st := range s.Faults {
		if w.Rate == Max && (st.At.To.Share > 0) {
			return &FileError{File: s.File, Line: st.Line, Text: "with rate: max the length of the load is not known: say at: 2s, not a share of it"}
		}
	}
	g := &s.Guarantee
	if g.Order == "" {
		g.Order = checker.OrderNone
	}
	if !slices.Contains(checker.Deliveries, g.Delivery) {
		return wrong("guarantee: delivery is %q; known: %s, %s, %s", g.Delivery, checker.AtMostOnce, checker.AtLeastOnce, checker.ExactlyOnce)
	}
	if g.Order != checker.OrderNone && g.Order != checker.OrderKey {
		return wrong("guarantee: order is %q; known: none, key", g.Order)
	}
	if g.Atomicity != "" && g.Atomicity != "transaction" {
		return wrong("guarantee: atomicity is %q; known: transaction", g.Atomicity)
	}
	within(&s.Floors.RecordsInFault, 50)
	within(&s.Floors.Records, 1)
	if s.Expect.Answer == "" {
		s.Expect.Answer = checker.Upheld
	}
	return s.completeTiming(wrong)
}

func within[T int | int64 | Size | Share](field *T, fallback T) {
	if *field == 0 {
		*field = fallback
	}
}

func (s *Scenario) completeProcessors(v Vocabulary, wrong func(string, ...any) error) error {
	seen := map[string]bool{"broker": true, "driver": true, "controller": true}
	for i := range s.Topology.Processors {
		p := &s.Topology.Processors[i]
		if p.Name == "" {
			p.Name = "processor"
		}
		if seen[p.Name] {
			return wrong("the processor name %q is taken; give each its own name:", p.Name)
		}
		seen[p.Name] = true
		within(&p.Instances, 1)
		if p.Instances < 1 || p.Instances > 20 {
			return wrong("processor %s: 1 to 20 instances are possible; it has %d", p.Name, p.Instances)
		}
		named := 0
		for _, is := range []bool{p.Reference != "", p.Image != "", len(p.Command) > 0 && p.Image == ""} {
			if is {
				named++
			}
		}
		if named != 1 {
			return wrong("processor %s wants exactly one of reference, image and command", p.Name)
		}
		if len(p.Command) > 0 && p.Image == "" && !filepath.IsAbs(p.Dir) {
			// A command runs where its scenario stands.
			p.Dir = filepath.Join(filepath.Dir(s.File), p.Dir)
		}
		if p.Reference == "" {
			continue
		}
		info, ok := v.processor(p.Reference)
		if !ok {
			return wrong("%s", names.Unknown("reference processor", p.Reference, v.processorNames()))
		}
		if s.Guarantee.Delivery == "" {
			s.Guarantee.Delivery = info.Declares
		}
		if s.Guarantee.Order == "" {
			s.Guarantee.Order = info.Order
		}
	}
	return nil
}

// completeTiming draws the quiet time from what can hold a record back: a dead
// member's session, an open transaction, the clean-up of an aborted one, and the
// time between two commits.
func (s *Scenario) completeTiming(wrong func(string, ...any) error) error {
	t := &s.Timing
	set := func(d *time.Duration, fallback time.Duration) {
		if *d == 0 {
			*d = fallback
		}
	}
	if s.Topology.Provider == "embedded" {
		set(&t.Session, 1500*time.Millisecond)
		set(&t.Warm, 20*time.Second)
	} else {
		set(&t.Session, 4*time.Second)
		set(&t.Warm, 60*time.Second)
	}
	const commit, cleanup = 500 * time.Millisecond, time.Second
	quiet := t.Session + commit
	if s.Guarantee.Delivery == checker.ExactlyOnce {
		set(&t.Transaction, 5*time.Second)
	}
	if t.Transaction > 0 {
		quiet += t.Transaction + cleanup
	}
	set(&t.Quiet, quiet)
	set(&t.Deadline, max(2*t.Quiet, 20*time.Second))
	if t.Deadline < 2*t.Quiet {
		return wrong("timing: the deadline of the drain (%s) is below twice the quiet time (%s)", t.Deadline, t.Quiet)
	}
	return nil
}
