// Package scenarios says what to run: topology, workload, faults and guarantee as
// values, read strictly from YAML, and resolved with a seed into a plan in which
// nothing is left to choose.
package scenarios

import (
	"cmp"
	"time"

	"surety/checker"
	"surety/faults"
	"surety/topologies"
	"surety/topologies/engines"
)

// Scenario is one situation and what must hold in it.
type Scenario struct {
	Name       string     `yaml:"scenario"`
	About      string     `yaml:"about"`
	Topology   Topology   `yaml:"topology"`
	Workload   Workload   `yaml:"workload"`
	Faults     []Step     `yaml:"faults"`
	Draws      []Draw     `yaml:"-"` // stand among the faults
	Guarantee  Guarantee  `yaml:"guarantee"`
	Floors     Floors     `yaml:"floors"`
	Thresholds Thresholds `yaml:"thresholds"`
	Timing     Timing     `yaml:"timing"`
	Expect     Expect     `yaml:"expect"`
	File       string     `yaml:"-"` // where it was read, for messages
	lines      lines      // where its fields stand in the file
	implied    Sink       // what the reference processor gives out
}

// Topology is what to bring up.
type Topology struct {
	Provider   string      `yaml:"provider"`
	Cluster    string      `yaml:"cluster"` // shared with other scenarios of the suite, one after another, or own
	Broker     Broker      `yaml:"broker"`
	Database   *Database   `yaml:"database"`   // none unless said
	Processors []Processor `yaml:"processors"` // none: the brokers and the driver's client are under test
	Sinks      []Sink      `yaml:"sinks"`
	Partitions int         `yaml:"partitions"` // of input and output; 6 unless said
	Topics     Topics      `yaml:"topics"`
}

// Broker is the cluster under the processors.
type Broker struct {
	Kind    string            `yaml:"kind"`
	Version string            `yaml:"version"`
	Nodes   int               `yaml:"nodes"`
	Config  map[string]string `yaml:"config"`
	Limits  Limits            `yaml:"limits"`  // of each node
	Leaders string            `yaml:"leaders"` // any, or preferred before the scenario and after each fault
}

// Processor is a program under test: one of ours by reference, an engine, an image, or
// a command of this machine. Env, Command and the contents of Files are templates.
type Processor struct {
	Name       string            `yaml:"name"`
	Reference  string            `yaml:"reference"`
	Engine     *Engine           `yaml:"engine"`
	Image      string            `yaml:"image"`
	Command    []string          `yaml:"command"` // beside an image: what its entry point is given
	Dir        string            `yaml:"dir"`     // working directory; of a command relative to the scenario's file
	From       string            `yaml:"from"`    // topic that it reads; the input unless said
	To         string            `yaml:"to"`      // topic that it writes; the first sink unless said
	Instances  int               `yaml:"instances"`
	Spare      int               `yaml:"spare"` // further instances, for scale
	Env        map[string]string `yaml:"env"`
	Files      map[string]string `yaml:"files"` // content by path
	Ready      Ready             `yaml:"ready"`
	StopSignal string            `yaml:"stop-signal"`
	State      topologies.State  `yaml:"state"`  // on a restart: kept, or lost
	Limits     Limits            `yaml:"limits"` // of each instance
	Port       int               `yaml:"port"`   // where it takes orders over HTTP; none unless said
	// Versions are what a roll may make of the instances, by name.
	Versions map[string]Version `yaml:"versions"`
	engine   engines.Engine     // that Engine names, once that is complete
}

// Version is another program of a processor, or the same one told otherwise.
type Version struct {
	Reference string            `yaml:"reference"`
	Image     string            `yaml:"image"`
	Command   []string          `yaml:"command"`
	Env       map[string]string `yaml:"env"`
}

// Workload is the load that is offered.
type Workload struct {
	Records int64  `yaml:"records"`
	Rate    Rate   `yaml:"rate"`
	Keys    int    `yaml:"keys"`
	Skew    string `yaml:"skew"`
	Hot     Share  `yaml:"hot"` // share of the records on one key, for skew hot
	Value   Size   `yaml:"value"`
	Writers int    `yaml:"writers"`
	// OutOfOrder is how far event times may lie behind the schedule.
	OutOfOrder time.Duration `yaml:"out-of-order"`
	Client     Client        `yaml:"client"` // that writes the records
	// Template is the form of the values; empty = the workload's own.
	Template Payload `yaml:"template"`
	// Poison makes every so manieth record one that cannot be decoded; 0 = none.
	Poison int64   `yaml:"poison"`
	Orders *Orders `yaml:"orders"` // the load goes over HTTP to the processors; none: to the brokers
}

// Step is one fault and when it happens.
type Step struct {
	Fault faults.Fault
	At    Moment
	On    Event // waited for in the place of At
	For   Span  // until it is healed; for a kill, until the restart
	Line  int   // in the scenario's file
}

// Guarantee is what the user declares. With delivery left out, the one that a
// reference processor claims is taken.
type Guarantee struct {
	Delivery  checker.Delivery `yaml:"delivery"`
	Order     checker.Order    `yaml:"order"`
	Atomicity string           `yaml:"atomicity"` // transaction, or empty
	State     checker.State    `yaml:"state"`     // of a table: final, monotonic, or empty
	Routing   checker.Routing  `yaml:"routing"`   // key, or empty
	Recovery  time.Duration    `yaml:"recovery"`  // deadline after the last fault; 0 = none
	Preserve  string           `yaml:"preserve"`  // headers, or empty
	Accepted  Share            `yaml:"accepted"`  // least share of the records that is acknowledged; 0 = any
}

// over takes from the scenario's guarantee what a sink's leaves out.
func (g Guarantee) over(all Guarantee) Guarantee {
	return Guarantee{
		Delivery: cmp.Or(g.Delivery, all.Delivery), Order: cmp.Or(g.Order, all.Order), Atomicity: cmp.Or(g.Atomicity, all.Atomicity),
		State: cmp.Or(g.State, all.State), Routing: cmp.Or(g.Routing, all.Routing), Recovery: cmp.Or(g.Recovery, all.Recovery),
		Preserve: cmp.Or(g.Preserve, all.Preserve), Accepted: cmp.Or(g.Accepted, all.Accepted),
	}
}

// judged is the guarantee as the judge takes it.
func (g Guarantee) judged() checker.Guarantee {
	return checker.Guarantee{
		Delivery: g.Delivery, Order: g.Order, Atomicity: g.Atomicity != "",
		State: g.State, Routing: g.Routing, Recovery: g.Recovery, Preserve: g.Preserve != "",
		Accepted: float64(g.Accepted),
	}
}

// Floors are the least amounts of evidence.
type Floors struct {
	RecordsInFault int64 `yaml:"records-in-fault"`
	Records        int64 `yaml:"records"`
}

// Timing is what the harness must know of the processors' own timeouts to tell
// that nothing more will come.
type Timing struct {
	Session     time.Duration `yaml:"session"`     // session timeout of the consumer group
	Transaction time.Duration `yaml:"transaction"` // transaction timeout; 0 = none is used
	Quiet       time.Duration `yaml:"quiet"`       // no new output for so long = nothing more comes; drawn from the others unless said
	Deadline    time.Duration `yaml:"deadline"`    // for the drain; at least twice Quiet
	Warm        time.Duration `yaml:"warm"`        // until the first record must have come through
}

// Expect is the verdict that a suite counts as right.
type Expect struct {
	Answer checker.Answer
	Class  checker.Class // of a violation
}
