// Package catalogue lists everything that a scenario can name. Each list is
// explicit: adding a provider, a fault, a shape or a processor is one file where
// it belongs and one line here or in the list that stands here.
package catalogue

import (
	"errors"

	"surety/checker"
	"surety/faults"
	"surety/scenarios"
	"surety/topologies"
	"surety/topologies/docker"
	"surety/topologies/embedded"
	"surety/topologies/engines"
	"surety/topologies/names"
	"surety/topologies/processors"
	"surety/topologies/services"
	"surety/workload"
)

// Providers bring topologies up.
var Providers = []topologies.Provider{
	embedded.New(),
	docker.New(),
}

// Faults are the ways to break something.
var Faults = []func() faults.Fault{
	func() faults.Fault { return new(faults.Kill) },
	func() faults.Fault { return new(faults.Pause) },
	func() faults.Fault { return new(faults.Stop) },
	func() faults.Fault { return new(faults.Restart) },
	func() faults.Fault { return new(faults.CrashLoop) },
	func() faults.Fault { return new(faults.Roll) },
	func() faults.Fault { return new(faults.Scale) },
	func() faults.Fault { return new(faults.Throttle) },
	func() faults.Fault { return new(faults.Cut) },
	func() faults.Fault { return new(faults.Isolate) },
	func() faults.Fault { return new(faults.Lag) },
	func() faults.Fault { return new(faults.Reset) },
	func() faults.Fault { return new(faults.Bandwidth) },
	func() faults.Fault { return new(faults.Flap) },
	func() faults.Fault { return new(faults.Intercept) },
	func() faults.Fault { return new(faults.Surge) },
	func() faults.Fault { return new(faults.LoseAnswers) },
	func() faults.Fault { return new(faults.Crash) },
}

// Brokers are the kinds of clusters.
var Brokers = []string{"kafka"}

// Databases are the kinds of databases.
var Databases = []string{"postgres"}

// Provider finds a provider by its name.
func Provider(name string) (topologies.Provider, error) {
	var known []string
	for _, p := range Providers {
		if p.Name() == name {
			return p, nil
		}
		known = append(known, p.Name())
	}
	return nil, errors.New(names.Unknown("provider", name, known))
}

// Vocabulary is all that a scenario may name.
func Vocabulary() scenarios.Vocabulary {
	v := scenarios.Vocabulary{Brokers: Brokers, Databases: Databases, NewFault: newFault, Engines: engines.All}
	for _, o := range checker.Oracles {
		v.Oracles = append(v.Oracles, o.Name)
	}
	for _, p := range Providers {
		v.Providers = append(v.Providers, p.Name())
	}
	for _, f := range Faults {
		v.Faults = append(v.Faults, f().Name())
	}
	for _, s := range workload.Shapes {
		v.Skews = append(v.Skews, s.Name)
	}
	for _, p := range processors.All {
		v.Processors = append(v.Processors, scenarios.ProcessorInfo{
			Name: p.Name, Declares: checker.Delivery(p.Declares), Order: checker.Order(p.Order), Output: output(p),
		})
	}
	for _, s := range services.All {
		info := scenarios.ProcessorInfo{Name: s.Name, Declares: checker.Delivery(s.Declares), Order: checker.Order(s.Order), Database: true}
		if s.Serves() {
			info.Port = services.Port
		}
		v.Processors = append(v.Processors, info)
	}
	return v
}

// output is what a reference processor does to its input, unless a scenario says
// something else.
func output(p processors.Processor) scenarios.Sink {
	k := scenarios.Sink{Oracle: p.Oracle, Outputs: p.Outputs, Size: p.Window, Lateness: p.Lateness}
	k.Keep.Predicate = p.Keep
	return k
}

func newFault(name string) faults.Fault {
	for _, f := range Faults {
		if n := f(); n.Name() == name {
			return n
		}
	}
	return nil
}
