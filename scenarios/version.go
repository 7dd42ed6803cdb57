package scenarios

import (
	"fmt"
	"maps"
	"slices"

	"surety/faults"
	"surety/topologies"
	"surety/topologies/names"
)

// versions are the processor's as the plan holds them.
func (p Processor) versions() map[string]topologies.Version {
	if len(p.Versions) == 0 {
		return nil
	}
	out := map[string]topologies.Version{}
	for name, v := range p.Versions {
		out[name] = topologies.Version(v)
	}
	return out
}

// completeVersions settles what instances may be upgraded to.
func (s *Scenario) completeVersions(p *Processor, at string, v Vocabulary) error {
	for _, name := range slices.Sorted(maps.Keys(p.Versions)) {
		version, at := p.Versions[name], at+"."+name
		if !nameForm.MatchString(name) || name == topologies.OriginalVersion {
			return s.wrong(at, "processor %s: a version has a name of letters, digits, dots and dashes, and %q is the one that it begins with; this is %q",
				p.Name, topologies.OriginalVersion, names.Clip(name))
		}
		if version.Reference != "" && (version.Image != "" || len(version.Command) > 0) {
			return s.wrong(at, "version %s of processor %s wants one of reference, image and command, or env alone", name, p.Name)
		}
		if _, ok := v.processor(version.Reference); version.Reference != "" && !ok {
			return s.wrong(at+".reference", "%s", names.Unknown("reference processor", version.Reference, v.processorNames()))
		}
		spec := topologies.ProcessorSpec{Name: p.Name, Command: version.Command, Env: version.Env}
		if _, err := topologies.Expand(spec, topologies.Vars{Outputs: s.outputs()}); err != nil {
			return s.wrong(at, "version %s: %s", name, err)
		}
	}
	return nil
}

// An upgrade gives nodes another version.
type upgrade interface {
	Upgrade() (version string, target faults.Selector)
}

// upgraded settles what a drawn fault gives other versions to: processors must have it,
// and brokers that had several are of no use to other scenarios.
func upgraded(f faults.Fault, spec *topologies.Spec) error {
	u, is := f.(upgrade)
	if !is {
		return nil
	}
	version, target := u.Upgrade()
	if version == "" {
		return nil
	}
	for _, p := range spec.Processors {
		if !target.Means(p.Name) {
			continue
		}
		if _, err := p.As(version); err != nil {
			return fmt.Errorf("%w; say what it is in versions: of the processor", err)
		}
	}
	if target.Means(string(topologies.BrokerNode)) {
		spec.Cluster = topologies.OwnCluster
		if version != topologies.OriginalVersion && !slices.Contains(spec.Broker.Upgrades, version) {
			spec.Broker.Upgrades = append(spec.Broker.Upgrades, version)
		}
	}
	return nil
}
