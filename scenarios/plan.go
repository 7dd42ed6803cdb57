package scenarios

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"surety/checker"
	"surety/faults"
	"surety/topologies"
	"surety/topologies/names"
	"surety/workload"
)

// PlanFormat is the version of the stored plan.
const PlanFormat = 1

// Plan is a scenario with a seed, resolved: the same two give the same bytes. It
// is stored before anything starts.
type Plan struct {
	Format   int             `json:"format"`
	Scenario string          `json:"scenario"`
	About    string          `json:"about,omitempty"`
	Seed     Seed            `json:"seed"`
	Run      string          `json:"run"` // id that the values of the workload carry
	Topology topologies.Spec `json:"topology"`
	Input    Topic           `json:"input"`
	Sinks    []SinkPlan      `json:"sinks"`
	Group    string          `json:"group"` // consumer group of the processors; of a chain, of those that read the input
	Between  []Between       `json:"between,omitempty"`
	Stages   []Stage         `json:"stages,omitempty"` // of a chain
	Load     workload.Load   `json:"load"`
	Client   workload.Client `json:"client,omitzero"` // that writes the load
	// Orders is how the load is offered to processors over HTTP; nil = it goes to the
	// brokers, into Input.
	Orders     *workload.Orders `json:"orders,omitempty"`
	Steps      []PlanStep       `json:"steps"`
	Judge      checker.Spec     `json:"judge"`
	Timing     PlanTiming       `json:"timing"`
	Expect     PlanExpect       `json:"expect"`
	Thresholds PlanThresholds   `json:"thresholds,omitzero"`
	// Source is the scenario as a file that runs by itself; it stands beside the plan.
	Source []byte `json:"-"`
}

// Topic is one topic of the run.
type Topic struct {
	Name        string `json:"name"`
	Partitions  int    `json:"partitions"`
	Replication int    `json:"replication"`
	// Config is what is set over the brokers' settings, by Kafka's names.
	Config map[string]string `json:"config,omitempty"`
}

// SinkPlan is one sink: where it is, and what the judge calls it.
type SinkPlan struct {
	Name  string `json:"name"`
	Role  string `json:"role"`
	Topic Topic  `json:"topic,omitzero"`
	// Reading says how its records tell what they are.
	Reading workload.Reading `json:"reading,omitzero"`
	// Rows are where the sink is a table of the database; nil = it is a topic.
	Rows *workload.Rows `json:"rows,omitempty"`
	// Subscriber is the consumer whose records are judged; nil = all that the topic
	// holds.
	Subscriber *workload.Subscriber `json:"subscriber,omitempty"`
	// Effects says that the sink takes them over HTTP; nil = it is a topic.
	Effects *EffectsPlan `json:"effects,omitempty"`
}

// PlanStep is one fault at one time.
type PlanStep struct {
	Name  string          `json:"fault"`
	Label string          `json:"label"`
	With  json.RawMessage `json:"with"`         // the fault's own fields
	At    time.Duration   `json:"at_ns"`        // after the start of the load
	On    *PlanEvent      `json:"on,omitempty"` // waited for in the place of At
	For   time.Duration   `json:"for_ns"`
}

// PlanEvent is what a step waits for. One of its fields is given.
type PlanEvent struct {
	Records   int64  `json:"records,omitempty"`   // so many of the load are acknowledged
	Rebalance int    `json:"rebalance,omitempty"` // the n-th one of the processors' group since the load began
	While     string `json:"while,omitempty"`     // a state of the cluster, see States
}

func (e PlanEvent) String() string {
	switch {
	case e.Records > 0:
		return fmt.Sprintf("%d records are acknowledged", e.Records)
	case e.Rebalance > 0:
		return fmt.Sprintf("rebalance %d begins", e.Rebalance)
	case e.While == FollowersBehind:
		return "followers are behind"
	}
	return e.While
}

// When says when the step happens, for people: 1.20 s, or what it waits for.
func (p PlanStep) When() string {
	if p.On != nil {
		return p.On.String()
	}
	return fmt.Sprintf("%.2f s", p.At.Seconds())
}

// Fault builds the step's fault again.
func (p PlanStep) Fault(v Vocabulary) (faults.Fault, error) {
	f := v.NewFault(p.Name)
	if f == nil {
		return nil, fmt.Errorf("the plan names the %s", names.Unknown("fault", p.Name, v.Faults))
	}
	if err := json.Unmarshal(p.With, f); err != nil {
		return nil, fmt.Errorf("the plan's fault %s cannot be read: %w", p.Label, err)
	}
	return f, nil
}

// PlanTiming is Timing with nothing left out, in nanoseconds.
type PlanTiming struct {
	Session     time.Duration `json:"session_ns"`
	Transaction time.Duration `json:"transaction_ns"`
	Quiet       time.Duration `json:"quiet_ns"`
	Deadline    time.Duration `json:"deadline_ns"`
	Warm        time.Duration `json:"warm_ns"`
}

// PlanExpect is what a suite counts as right.
type PlanExpect struct {
	Answer checker.Answer `json:"verdict"`
	Class  checker.Class  `json:"class,omitempty"`
}

// Met tells whether a verdict is the expected one. A violation is met only by its
// class, and where there are faults only in or after a fault's window.
func (e PlanExpect) Met(v *checker.Verdict, faulted bool) bool {
	if v == nil || v.Answer != e.Answer {
		return false
	}
	if e.Answer != checker.Violated {
		return true
	}
	for _, s := range v.Sinks {
		if s.InFault[e.Class] > 0 || !faulted && s.Breaks[e.Class] > 0 {
			return true
		}
	}
	for _, l := range v.Logs {
		if l.InFault[e.Class] > 0 || !faulted && l.Breaks[e.Class] > 0 {
			return true
		}
	}
	return false
}

func (e PlanExpect) String() string { return Expect(e).String() }

// Resolve draws the plan of a complete scenario.
func Resolve(s *Scenario, seed Seed) (*Plan, error) {
	if err := seed.Check(); err != nil {
		return nil, err
	}
	source, err := s.YAML()
	if err != nil {
		return nil, err
	}
	run := seed.ID(s.Name)
	draw := seed.Stream("plan " + s.Name)
	p := &Plan{
		Format: PlanFormat, Scenario: s.Name, About: s.About, Seed: seed, Run: run, Source: source,
		Group:      "group-" + run,
		Expect:     PlanExpect(s.Expect),
		Timing:     PlanTiming(s.Timing),
		Thresholds: s.Thresholds.plan(),
		Load:       s.Workload.load(),
		Client:     s.Workload.Client.settings(),
		Orders:     s.Workload.Orders.plan(),
	}
	p.Topology = topologies.Spec{
		Provider: s.Topology.Provider,
		Broker: topologies.BrokerSpec{
			Kind: s.Topology.Broker.Kind, Version: s.Topology.Broker.Version,
			Nodes: s.Topology.Broker.Nodes, Config: s.Topology.Broker.Config,
			Limits: s.Topology.Broker.Limits.spec(),
		},
		Database: s.Topology.Database.spec(),
	}
	if s.Topology.Cluster == topologies.OwnCluster {
		p.Topology.Cluster = topologies.OwnCluster
	}
	if s.Topology.Broker.Leaders == topologies.PreferredLeaders {
		p.Topology.Broker.Leaders = topologies.PreferredLeaders
	}
	for _, ps := range s.Topology.Processors {
		env := map[string]string{
			"SURETY_SESSION_TIMEOUT":     s.Timing.Session.String(),
			"SURETY_TRANSACTION_TIMEOUT": s.transactionTimeout().String(),
		}
		for _, k := range slices.Backward(s.Topology.Sinks) { // the first one is the nearest
			maps.Copy(env, k.env())
		}
		p.Topology.Processors = append(p.Topology.Processors, ps.programs(env)...)
	}
	topics := s.Topology.Topics
	p.Input = Topic{"input-" + run, s.Topology.Partitions, topics.Replication, topics.Config}
	if p.Orders != nil { // a table is what was ordered
		p.Input.Name = ""
	}
	p.Judge.InputPartitions = int32(s.Topology.Partitions) //nolint:gosec // 1000 at most
	for _, k := range s.Topology.Sinks {
		topic := p.Input // with no processor the broker itself is under test
		switch {
		case k.Rows != nil:
			topic = Topic{}
		case len(s.Topology.Processors) > 0:
			topic.Name = k.Name + "-" + run
		}
		var effects *EffectsPlan
		if k.effects() {
			topic, effects = Topic{}, &EffectsPlan{Idempotent: k.Idempotent}
			p.Topology.Effects = append(p.Topology.Effects, k.Name)
		}
		p.Sinks = append(p.Sinks, SinkPlan{
			Effects: effects,
			Name:    k.Name, Role: k.Role, Topic: topic, Reading: k.reading(), Rows: k.Rows.plan(),
			Subscriber: k.Reader.subscriber(k.Name, run, seed.Stream("subscriber "+k.Name).Float64(), s.Workload.length()),
		})
		p.Judge.Sinks = append(p.Judge.Sinks, k.spec(s.Topology.Partitions))
	}
	p.chain(s)
	nodes := p.nodes()
	var all []faults.Fault
	for i, st := range s.Faults {
		f, err := st.Fault.Draw(draw.IntN, nodes)
		if err == nil {
			err = faults.Bind(f, all)
		}
		blame := func(err error) error {
			return &FileError{File: s.File, Line: st.Line, Text: fmt.Sprintf("fault %d, %s: %s", i+1, st.Fault.Name(), err)}
		}
		if err != nil {
			return nil, blame(err)
		}
		all = append(all, f)
		u := draw.Float64()
		step := PlanStep{At: st.At.Draw(u, s.Workload.length()), For: st.For.Draw(draw.Float64)}
		if !st.On.IsZero() {
			step.On = &PlanEvent{Records: int64(st.On.After.share(u) * float64(p.Load.Records)), Rebalance: st.On.Rebalance, While: st.On.While}
		}
		if err := errors.Join(p.follows(step, f), endures(f, &p.Topology), upgraded(f, &p.Topology), p.surges(step, f), p.takesEffects(f)); err != nil {
			return nil, blame(err)
		}
		if err := p.add(step, f, false); err != nil {
			return nil, err
		}
	}
	for i, d := range s.Draws {
		blame := func(err error) error { return &FileError{File: s.File, Line: d.Line, Text: err.Error()} }
		list, err := d.draw(seed.Stream(fmt.Sprintf("draw %d %s", i+1, s.Name)), s.Workload.length(), nodes)
		if err != nil {
			return nil, blame(err)
		}
		for _, f := range list {
			step := PlanStep{At: f.at, For: f.last}
			err := faults.Bind(f.fault, all)
			if err = errors.Join(err, p.follows(step, f.fault), endures(f.fault, &p.Topology), upgraded(f.fault, &p.Topology), p.surges(step, f.fault), p.takesEffects(f.fault)); err != nil {
				return nil, blame(fmt.Errorf("draw: %s: %w", f.fault.Name(), err))
			}
			all = append(all, f.fault)
			if err := p.add(step, f.fault, true); err != nil {
				return nil, err
			}
		}
	}
	p.Judge.Floors = checker.Floors{Records: s.Floors.Records}
	if len(p.Steps) > 0 {
		p.Judge.Floors.RecordsInFault = s.Floors.RecordsInFault
	}
	return p, nil
}

// add puts a fault at the end of the steps.
func (p *Plan) add(step PlanStep, f faults.Fault, drawn bool) (err error) {
	step.Name, step.Label = f.Name(), f.Label()
	if step.With, err = json.Marshal(f); err != nil {
		return fmt.Errorf("the fault %s cannot be stored: %w", step.Label, err)
	}
	p.Steps = append(p.Steps, step)
	p.Judge.Faults = append(p.Judge.Faults, checker.FaultSpec{Name: step.Name, Label: step.Label, Drawn: drawn})
	return nil
}

// endings are the capabilities of faults that end processes.
var endings = []topologies.Capability{topologies.KillProcessor, topologies.StopProcessor, topologies.EmptyProcessor}

// endures refuses a fault that would end a process without which the system under test
// does not go on.
func endures(f faults.Fault, spec *topologies.Spec) error {
	if !slices.ContainsFunc(f.Needs(), func(c topologies.Capability) bool { return slices.Contains(endings, c) }) {
		return nil
	}
	for _, ps := range spec.Processors {
		for _, target := range faults.Victims(f) {
			if ps.Vital != "" && target.Names(ps.Name) {
				return fmt.Errorf("%s is not to be ended: %s; pause or isolate it", ps.Name, ps.Vital)
			}
		}
	}
	return nil
}

// follows tells whether a fault that takes the target of earlier ones begins after them.
// One that waits for an event finds out when it comes.
func (p *Plan) follows(step PlanStep, f faults.Fault) error {
	for _, place := range faults.Earlier(f) {
		if place > len(p.Steps) {
			continue // refused where it was bound
		}
		if before := p.Steps[place-1]; step.On == nil && before.On == nil && before.At > step.At {
			return fmt.Errorf("it begins at %s, before fault %d (%s), whose target it takes", step.At, place, before.At)
		}
	}
	return nil
}

// nodes lists the selectors of all nodes that the topology will have.
func (p *Plan) nodes() []faults.Selector {
	var out []faults.Selector
	for i := range p.Topology.Broker.Nodes {
		out = append(out, faults.Selector(fmt.Sprintf("broker/%d", i+1)))
	}
	if p.Topology.Database.Any() {
		out = append(out, faults.Selector(topologies.DatabaseNode)+"/1")
	}
	for _, ps := range p.Topology.Processors {
		for i := range ps.Instances {
			out = append(out, faults.Selector(fmt.Sprintf("%s/%d", ps.Name, i+1)))
		}
	}
	for _, name := range p.Topology.Effects {
		out = append(out, faults.SelectorOf(topologies.SinkID(name)))
	}
	return out
}

// transactionTimeout is what processors are told; where the scenario says that
// none is used, one that does is given a bound all the same.
func (s *Scenario) transactionTimeout() time.Duration {
	if s.Timing.Transaction > 0 {
		return s.Timing.Transaction
	}
	return 10 * time.Second
}

// LoadSeed is what the load's sequence of keys is drawn from.
func (p *Plan) LoadSeed() string { return string(p.Seed) + " " + p.Scenario }

// FencesAhead is how far from the load's event times those of fences lie: beyond
// every window, and beyond what is out of order.
func (p *Plan) FencesAhead() time.Duration {
	ahead := time.Duration(0)
	for _, s := range p.Judge.Sinks {
		ahead = max(ahead, s.Params.Size+s.Params.Lateness)
	}
	return ahead + p.Load.OutOfOrder
}

// Needs lists the capabilities that the plan asks of its provider.
func (p *Plan) Needs(v Vocabulary) ([]topologies.Capability, error) {
	var need []topologies.Capability
	for _, st := range p.Steps {
		f, err := st.Fault(v)
		if err != nil {
			return nil, err
		}
		need = append(need, f.Needs()...)
	}
	if p.Topology.Database.Any() {
		need = append(need, topologies.Database)
	}
	if p.Topology.Broker.Limits.Any() || p.Topology.Database.Limits.Any() {
		need = append(need, topologies.LimitNodes)
	}
	if p.Orders != nil {
		need = append(need, topologies.TakeOrders)
	}
	for _, ps := range p.Topology.Processors {
		need = append(need, programNeeds(ps)...)
	}
	if len(p.Topology.Effects) > 0 {
		need = append(need, topologies.TakeEffects)
	}
	return need, nil
}

// Bytes is the stored form.
func (p *Plan) Bytes() ([]byte, error) {
	b, err := json.MarshalIndent(p, "", "  ")
	return append(b, '\n'), err
}
