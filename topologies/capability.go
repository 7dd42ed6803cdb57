package topologies

import (
	"maps"
	"slices"
)

// Capability is one thing that a provider can do to its nodes and links.
type Capability string

// The capabilities that faults ask for. A missing one makes a scenario
// unsupported, never silently skipped.
const (
	KillProcessor    Capability = "kill-processor"
	PauseProcessor   Capability = "pause-processor"
	StopProcessor    Capability = "stop-processor"       // by its stop signal
	EmptyProcessor   Capability = "empty-processor-disk" // started again without what it stored
	UpgradeProcessor Capability = "upgrade-processor"    // started again as another version
	ScaleProcessor   Capability = "scale-processor"      // more instances, and fewer
	UpgradeBroker    Capability = "upgrade-broker"
	KillBroker       Capability = "kill-broker"
	PauseBroker      Capability = "pause-broker"
	StopBroker       Capability = "stop-broker"
	EmptyBroker      Capability = "empty-broker-disk"
	CutProcessors    Capability = "cut-processors"    // processors from brokers
	CutOneProcessor  Capability = "cut-one-processor" // one processor alone: a view of its own
	CutBrokers       Capability = "cut-brokers"       // brokers from each other
	OneWay           Capability = "one-way"
	LagLinks         Capability = "lag"
	ResetLinks       Capability = "reset"
	DiscardHeld      Capability = "silent-reset" // held bytes are never delivered
	RefuseLinks      Capability = "refuse"       // dials are refused
	RejectLinks      Capability = "reset-dials"  // dials are accepted and reset
	LimitLinks       Capability = "bandwidth"
	LimitNodes       Capability = "limits"    // memory and CPUs of nodes
	Intercept        Capability = "intercept" // single messages of the protocol
	TakeEffects      Capability = "effects"   // sinks that take effects over HTTP
	RunCommand       Capability = "command"   // processors as commands of this machine
	RunImage         Capability = "image"     // processors as container images
	TakeOrders       Capability = "orders"    // processors that clients reach over HTTP, and that end themselves at named points
	Database         Capability = "database"  // a database beside the brokers, which can be broken as they can
)

// Set is a set of capabilities.
type Set map[Capability]bool

// NewSet makes a set.
func NewSet(cs ...Capability) Set {
	s := Set{}
	for _, c := range cs {
		s[c] = true
	}
	return s
}

// Missing lists what need has and s has not, sorted.
func (s Set) Missing(need []Capability) []Capability {
	missing := map[Capability]bool{}
	for _, c := range need {
		if !s[c] {
			missing[c] = true
		}
	}
	return slices.Sorted(maps.Keys(missing))
}
