// Package embedded runs a topology without Docker: brokers are a kfake cluster
// inside the harness, links pass a gateway inside the harness, and processors
// are real processes of this machine, so that killing and stopping them is real.
// It judges processors; the brokers themselves are not under test.
package embedded

import (
	"context"
	"fmt"
	"runtime/debug"
	"strings"

	"surety/topologies"
)

// Provider brings embedded topologies up.
type Provider struct {
	// Self is the command that stands for this program when a reference processor
	// is started; the words "processor" and its name follow. Nil means the running
	// executable.
	Self []string
}

var _ topologies.Provider = (*Provider)(nil)

// New makes the provider.
func New() *Provider { return &Provider{} }

// Name implements topologies.Provider.
func (p *Provider) Name() string { return "embedded" }

// Capabilities implements topologies.Provider. Nothing breaks a broker: an
// emulated one that crashes would prove nothing about a real one.
func (p *Provider) Capabilities() topologies.Set {
	return topologies.NewSet(
		topologies.KillProcessor, topologies.PauseProcessor, topologies.StopProcessor, topologies.EmptyProcessor,
		topologies.UpgradeProcessor, topologies.ScaleProcessor,
		topologies.CutProcessors, topologies.CutOneProcessor, topologies.Intercept,
		topologies.OneWay, topologies.LagLinks, topologies.LimitLinks, topologies.ResetLinks,
		topologies.DiscardHeld, topologies.RefuseLinks, topologies.RejectLinks, topologies.RunCommand, topologies.TakeEffects, topologies.TakeEffects,
	)
}

// defaultNodes is the size of a cluster whose spec leaves it open.
const defaultNodes = 3

// Up implements topologies.Provider. The brokers serve when it returns.
func (p *Provider) Up(ctx context.Context, spec topologies.Spec, env topologies.Env) (topologies.Topology, error) {
	if err := check(&spec); err != nil {
		return nil, err
	}
	t := &topology{spec: spec, env: env, self: p.Self}
	if err := t.up(ctx); err != nil {
		return t, fmt.Errorf("start the embedded brokers: %w", err)
	}
	return t, nil
}

func check(spec *topologies.Spec) error {
	if spec.Broker.Kind != "kafka" {
		return fmt.Errorf("the embedded provider has no broker %q; it has kafka", spec.Broker.Kind)
	}
	if spec.Database.Any() {
		return fmt.Errorf("the embedded provider has no database %q; use the docker provider", spec.Database.Kind)
	}
	if spec.Broker.Nodes == 0 {
		spec.Broker.Nodes = defaultNodes
	}
	if spec.Broker.Nodes < 0 {
		return fmt.Errorf("%d brokers: at least one is needed", spec.Broker.Nodes)
	}
	taken := map[string]bool{}
	for _, s := range spec.Processors {
		named := 0
		for _, is := range []bool{s.Reference != "", s.Image != "", len(s.Command) > 0} {
			if is {
				named++
			}
		}
		switch {
		case s.Image != "" || s.Recipe != "":
			return fmt.Errorf("processor %s: the embedded provider runs no images; use a command or the docker provider", family(s))
		case named != 1:
			return fmt.Errorf("processor %s: exactly one of reference, image and command must be given", family(s))
		case s.Instances < 0:
			return fmt.Errorf("processor %s: %d instances", family(s), s.Instances)
		case taken[family(s)]:
			return fmt.Errorf("two processors are named %s; give them different names", family(s))
		case family(s) == string(topologies.BrokerNode), family(s) == string(topologies.DatabaseNode):
			return fmt.Errorf("a processor cannot be named %s", family(s))
		case strings.ContainsAny(family(s), "/\x00"):
			return fmt.Errorf("processor name %q: it names files and must not contain a slash", s.Name)
		}
		taken[family(s)] = true
	}
	return nil
}

// family is the name that a processor's instances share.
func family(s topologies.ProcessorSpec) string {
	if s.Name == "" {
		return string(topologies.ProcessorNode)
	}
	return s.Name
}

// versions reads from the build which brokers and proxies are compiled in.
func versions() map[string]string {
	v := map[string]string{}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return v
	}
	for _, d := range info.Deps {
		switch d.Path {
		case "github.com/twmb/franz-go/pkg/kfake":
			v["kfake"] = d.Version
		case "github.com/Shopify/toxiproxy/v2":
			v["toxiproxy"] = d.Version
		}
	}
	return v
}
