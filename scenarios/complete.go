package scenarios

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"surety/checker"
	"surety/topologies"
	"surety/topologies/names"
)

// The forms of names: a scenario names a directory, a sink a topic, a processor
// its nodes and, in a fault, their selectors.
var (
	nameForm      = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$`)
	processorForm = regexp.MustCompile(`^[a-z][a-z0-9-]{0,39}$`)
)

// longestLoad bounds a typing error in records or rate.
const longestLoad = 24 * time.Hour

// wrong blames a field, or where it was not written the nearest one around it.
func (s *Scenario) wrong(path, format string, args ...any) error {
	text, line := fmt.Sprintf(format, args...), s.lines.near(path)
	if line == 0 && s.Name != "" {
		text = "scenario " + s.Name + ": " + text
	}
	return &FileError{File: s.File, Line: line, Text: strings.ReplaceAll(text, "\n", "; ")}
}

// fill gives a field that was not written its fallback. A zero that was written
// is meant.
func fill[T comparable](s *Scenario, path string, field *T, fallback T) {
	var zero T
	if *field == zero && !s.lines.wrote(path) {
		*field = fallback
	}
}

// choose fills a field that has known values.
func (s *Scenario) choose(path, kind string, field *string, fallback string, known []string) error {
	if *field == "" {
		*field = fallback
	}
	if !slices.Contains(known, *field) {
		return s.wrong(path, "%s", names.Unknown(kind, *field, known))
	}
	return nil
}

// Complete fills in what a scenario left out and checks that it makes sense.
// Errors are FileErrors.
func (s *Scenario) Complete(v Vocabulary) error {
	if !nameForm.MatchString(s.Name) {
		if s.Name == "" {
			return s.wrong("scenario", "the scenario has no name: begin with scenario: NAME")
		}
		return s.wrong("scenario", "the name of a scenario is made of letters, digits, dots and dashes; this is %q", names.Clip(s.Name))
	}
	for _, part := range []func(Vocabulary) error{
		s.completeBrokers, s.completeProcessors, s.completeDatabase, s.completeSinks, s.completeChain, s.completeWorkload, s.completePayload, s.completeStarts, s.completeGuarantee, s.completeFloors, s.completeThresholds, s.completeTiming, s.completeSchedule, s.completeEmulated,
	} {
		if err := part(v); err != nil {
			return err
		}
	}
	return nil
}

func (s *Scenario) completeBrokers(v Vocabulary) error {
	t := &s.Topology
	if err := s.choose("topology.provider", "provider", &t.Provider, "embedded", v.Providers); err != nil {
		return err
	}
	if err := s.choose("topology.broker.kind", "broker", &t.Broker.Kind, "kafka", v.Brokers); err != nil {
		return err
	}
	if err := s.choose("topology.cluster", "way to have a cluster", &t.Cluster, "shared", []string{"shared", topologies.OwnCluster}); err != nil {
		return err
	}
	if err := s.choose("topology.broker.leaders", "choice of leaders", &t.Broker.Leaders, "any", []string{"any", topologies.PreferredLeaders}); err != nil {
		return err
	}
	fill(s, "topology.broker.nodes", &t.Broker.Nodes, 3)
	fill(s, "topology.partitions", &t.Partitions, 6)
	if t.Broker.Nodes < 1 || t.Broker.Nodes > 9 {
		return s.wrong("topology.broker.nodes", "1 to 9 brokers are possible; this is %d", t.Broker.Nodes)
	}
	if err := s.completeLimits("topology.broker.limits", t.Broker.Limits); err != nil {
		return err
	}
	if t.Partitions < 1 || t.Partitions > 1000 {
		return s.wrong("topology.partitions", "1 to 1000 partitions are possible; this is %d", t.Partitions)
	}
	return s.completeTopics()
}

func (s *Scenario) completeProcessors(v Vocabulary) error {
	s.implied = Sink{}
	seen := map[string]bool{string(topologies.BrokerNode): true, string(topologies.DatabaseNode): true, string(topologies.Drive): true, string(topologies.Observe): true, "controller": true}
	for i := range s.Topology.Processors {
		p, path := &s.Topology.Processors[i], fmt.Sprintf("topology.processors.%d", i)
		if p.Name == "" {
			p.Name = string(topologies.ProcessorNode)
		}
		if !processorForm.MatchString(p.Name) {
			return s.wrong(path+".name", "the name of a processor begins with a small letter and goes on with small letters, digits and dashes; this is %q", names.Clip(p.Name))
		}
		if seen[p.Name] {
			return s.wrong(path+".name", "the processor name %q is taken; give each its own name:", p.Name)
		}
		seen[p.Name] = true
		fill(s, path+".instances", &p.Instances, 1)
		if p.Instances < 1 || p.Instances > 20 {
			return s.wrong(path+".instances", "processor %s: 1 to 20 instances are possible; this is %d", p.Name, p.Instances)
		}
		if p.Spare < 0 || p.Instances+p.Spare > 20 {
			return s.wrong(path+".spare", "processor %s: up to 20 instances are possible, the spare ones included; these are %d and %d", p.Name, p.Instances, p.Spare)
		}
		if err := s.completeProgram(p, path, v); err != nil {
			return err
		}
	}
	return nil
}

func (s *Scenario) completeWorkload(v Vocabulary) error {
	w := &s.Workload
	fill(s, "workload.records", &w.Records, 5000)
	fill(s, "workload.keys", &w.Keys, 50)
	fill(s, "workload.writers", &w.Writers, 2)
	fill(s, "workload.value", &w.Value, 100)
	fill(s, "workload.rate", &w.Rate, 2000)
	if w.Skew == "hot" {
		fill(s, "workload.hot", &w.Hot, 0.5)
	}
	if err := s.choose("workload.skew", "skew", &w.Skew, "uniform", v.Skews); err != nil {
		return err
	}
	for _, n := range []struct {
		field string
		is    int64
	}{{"records", w.Records}, {"keys", int64(w.Keys)}, {"writers", int64(w.Writers)}} {
		if n.is < 1 {
			return s.wrong("workload."+n.field, "%s is %d; the workload wants at least one", n.field, n.is)
		}
	}
	if w.Writers > w.Keys {
		return s.wrong("workload.writers", "%d writers cannot share %d keys: each key has one writer", w.Writers, w.Keys)
	}
	if err := w.load().Check(); err != nil {
		return s.wrong("workload", "workload: %s", err)
	}
	if err := s.completeClient(); err != nil {
		return err
	}
	if err := s.completeOrders(); err != nil {
		return err
	}
	if seconds := float64(w.Records) / float64(w.Rate); w.Rate != Max && seconds > longestLoad.Seconds() {
		return s.wrong("workload.records", "%d records at %g/s take more than a day; offer fewer, or faster", w.Records, float64(w.Rate))
	}
	return nil
}

func (s *Scenario) completeGuarantee(Vocabulary) error {
	g := &s.Guarantee
	if g.Order == "" {
		g.Order = checker.OrderNone
	}
	if g.Delivery == "" {
		return s.wrong("guarantee", "nothing is declared that could be judged: say guarantee: {delivery: %s}, or %s, or %s",
			checker.AtMostOnce, checker.AtLeastOnce, checker.ExactlyOnce)
	}
	if err := s.checkGuarantee(*g, "guarantee"); err != nil {
		return err
	}
	for i := range s.Topology.Sinks {
		k := &s.Topology.Sinks[i]
		k.Guarantee = k.Guarantee.over(*g)
		if o, _ := checker.OracleNamed(k.Oracle); k.Guarantee.Preserve != "" && o.Results() {
			return s.wrong(fmt.Sprintf("topology.sinks.%d", i), "the sink %s has results of many records, which have no headers to preserve; declare preserve: in the guarantee of another sink", k.Name)
		}
		if err := s.checkGuarantee(k.Guarantee, fmt.Sprintf("topology.sinks.%d.guarantee", i)); err != nil {
			return err
		}
		if err := s.checkRows(k, fmt.Sprintf("topology.sinks.%d", i)); err != nil {
			return err
		}
	}
	return nil
}

func (s *Scenario) checkGuarantee(g Guarantee, path string) error {
	for _, c := range []struct {
		field, kind, is string
		known           []string
	}{
		{"delivery", "delivery", string(g.Delivery), texts(checker.Deliveries)},
		{"order", "order", string(g.Order), []string{string(checker.OrderNone), string(checker.OrderKey)}},
		{"atomicity", "atomicity", g.Atomicity, []string{"transaction"}},
		{"state", "state", string(g.State), texts(checker.States)},
		{"preserve", "thing to preserve", g.Preserve, []string{"headers"}},
		{"routing", "routing", string(g.Routing), texts(checker.Routings)},
	} {
		if c.is != "" && !slices.Contains(c.known, c.is) {
			return s.wrong(path+"."+c.field, "%s", names.Unknown(c.kind, c.is, c.known))
		}
	}
	if g.Recovery < 0 || g.Recovery > time.Hour {
		return s.wrong(path+".recovery", "recovery lies between 0s and 1h; this is %s", g.Recovery)
	}
	return nil
}

// texts gives named values as names.
func texts[T ~string](list []T) []string {
	var out []string
	for _, x := range list {
		out = append(out, string(x))
	}
	return out
}

func (s *Scenario) completeFloors(Vocabulary) error {
	f := &s.Floors
	fill(s, "floors.records-in-fault", &f.RecordsInFault, 50)
	fill(s, "floors.records", &f.Records, 1)
	if f.RecordsInFault < 0 || f.Records < 0 {
		return s.wrong("floors", "a floor is a number of records, 0 or more")
	}
	if f.Records > s.Workload.Records {
		return s.wrong("floors.records", "the floor of %d records is above the %d that are offered", f.Records, s.Workload.Records)
	}
	if s.Expect.Answer == "" {
		s.Expect.Answer = checker.Upheld
	}
	return nil
}

// completeTiming draws the quiet time from what can hold a record back: a dead
// member's session, an open transaction, the clean-up of an aborted one, and the
// time between two commits.
func (s *Scenario) completeTiming(Vocabulary) error {
	t := &s.Timing
	if s.Topology.Provider == "embedded" {
		fill(s, "timing.session", &t.Session, 1500*time.Millisecond)
		fill(s, "timing.warm", &t.Warm, 20*time.Second)
	} else {
		fill(s, "timing.session", &t.Session, 4*time.Second)
		fill(s, "timing.warm", &t.Warm, 60*time.Second)
	}
	const commit, cleanup = 500 * time.Millisecond, time.Second
	quiet := t.Session + commit
	if s.Guarantee.Delivery == checker.ExactlyOnce {
		fill(s, "timing.transaction", &t.Transaction, 5*time.Second)
	}
	if open := s.Workload.Client.Transactional.Timeout; t.Transaction < open && !s.lines.wrote("timing.transaction") {
		t.Transaction = open
	}
	if t.Transaction > 0 {
		quiet += t.Transaction + cleanup
	}
	fill(s, "timing.quiet", &t.Quiet, quiet)
	fill(s, "timing.deadline", &t.Deadline, max(2*t.Quiet, 20*time.Second))
	for _, d := range []struct {
		field string
		is    time.Duration
		least time.Duration
	}{
		{"session", t.Session, time.Millisecond}, {"transaction", t.Transaction, 0}, {"quiet", t.Quiet, time.Millisecond},
		{"warm", t.Warm, time.Millisecond}, {"deadline", t.Deadline, time.Millisecond},
	} {
		if d.is < d.least || d.is > time.Hour {
			return s.wrong("timing."+d.field, "%s lies between %s and 1h; this is %s", d.field, d.least, d.is)
		}
	}
	if t.Deadline < 2*t.Quiet {
		return s.wrong("timing.deadline", "the deadline of the drain (%s) is below twice the quiet time (%s)", t.Deadline, t.Quiet)
	}
	return nil
}
