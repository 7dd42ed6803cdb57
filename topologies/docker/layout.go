package docker

import (
	"errors"
	"fmt"
	"slices"
	"strconv"

	"surety/topologies"
	"surety/topologies/gateway"
)

// The ports of a node inside its network namespace.
const (
	nodePort       = 9092  // brokers and processors
	controllerPort = 9093  // brokers
	driverPort     = 9094  // the harness; published as the observe view
	drivePort      = 19094 // proxy in front of driverPort, or of a service; published as the drive view
	controlPort    = 8474  // of the gateway; published
)

// host is a node as it is planned: one network namespace with what runs in it.
type host struct {
	name     string // broker-1
	kind     topologies.NodeKind
	index    int // 1..n among its kind or processor
	spec     topologies.ProcessorSpec
	spare    bool // not started with the others
	limits   topologies.Limits
	serves   *service          // nil for brokers, and for processors that serve nobody
	loopback map[string]string // peer's name -> the address its egress proxies listen on
	routes   []gateway.Route
	ports    ports // published, once the gateway runs
}

// layout is where everything of a topology goes.
type layout struct {
	run        string // id of the cluster
	nth        int    // which topology on the cluster it is, from 1 on
	brokers    []*host
	services   []*host
	processors []*host
}

// cluster are the hosts that every topology on the cluster has.
func (l *layout) cluster() []*host { return slices.Concat(l.brokers, l.services) }

func (l *layout) hosts() []*host { return slices.Concat(l.cluster(), l.processors) }

// The names of what the engine holds.
func (l *layout) network() string        { return "surety-" + l.run + "-net" }
func (l *layout) gateway(h *host) string { return l.system(h) + "-gateway" }

// A processor's names are its topology's own: the engine may still be removing
// those of the one before.
func (l *layout) system(h *host) string {
	if h.kind == topologies.ProcessorNode && l.nth > 1 {
		return "surety-" + l.run + "-" + strconv.Itoa(l.nth) + "-" + h.name
	}
	return "surety-" + l.run + "-" + h.name
}

func (l *layout) reaper() string { return "surety-" + l.run + "-reaper" }

// plan checks the spec and lays out its nodes and links.
func plan(spec topologies.Spec, run string) (*layout, error) {
	if err := checkBrokers(spec.Broker, run); err != nil {
		return nil, err
	}
	l := &layout{run: run}
	for i := range spec.Broker.Nodes {
		l.brokers = append(l.brokers, &host{
			name: "broker-" + strconv.Itoa(i+1), kind: topologies.BrokerNode, index: i + 1, limits: spec.Broker.Limits,
		})
	}
	for _, b := range l.brokers {
		b.link(l.brokers)
	}
	if err := l.serve(spec); err != nil {
		return nil, err
	}
	return l.with(spec.Processors, 1)
}

// with lays out the nth topology on the same brokers.
func (l *layout) with(processors []topologies.ProcessorSpec, nth int) (*layout, error) {
	if err := checkProcessors(processors); err != nil {
		return nil, err
	}
	out := &layout{run: l.run, nth: nth, brokers: l.brokers, services: l.services}
	taken := map[string]bool{}
	for _, b := range l.cluster() {
		taken[b.name] = true
	}
	for _, s := range processors {
		for i := range s.Instances + s.Spare {
			name := s.Name + "-" + strconv.Itoa(i+1)
			if taken[name] {
				return nil, fmt.Errorf("two nodes would be named %s; give the processors different names", name)
			}
			taken[name] = true
			h := &host{name: name, kind: topologies.ProcessorNode, index: i + 1, spec: s, spare: i >= s.Instances, limits: s.Limits}
			h.link(l.brokers)
			h.use(l.services)
			h.serve()
			out.processors = append(out.processors, h)
		}
	}
	if len(out.processors) > mostPeers {
		return nil, fmt.Errorf("%d instances of processors: the docker provider runs up to %d", len(out.processors), mostPeers)
	}
	for _, h := range out.processors {
		h.meet(out.processors)
	}
	return out, nil
}

// link gives the host its egress proxies to every other broker and, for a
// broker, the proxy that the driver comes in by.
func (h *host) link(brokers []*host) {
	h.loopback = map[string]string{}
	for _, b := range brokers {
		if b == h {
			h.routes = append(h.routes, gateway.Route{
				From: string(topologies.Drive), To: b.name, Port: "kafka",
				Listen: address("0.0.0.0", drivePort), Upstream: address(b.name, driverPort), Protocol: "kafka",
			})
			continue
		}
		ip := "127.0.2." + strconv.Itoa(b.index)
		h.loopback[b.name] = ip
		h.routes = append(h.routes, egress(h, b, "kafka", ip, nodePort))
		if h.kind == topologies.BrokerNode {
			h.routes = append(h.routes, egress(h, b, "controller", ip, controllerPort))
		}
	}
}

// meet gives a processor its egress proxies to the ports of the others. A peer has one
// address in every namespace: some systems resolve a name in one place and connect to
// what it gave from another.
func (h *host) meet(processors []*host) {
	for i, peer := range processors {
		if peer == h || len(peer.spec.Ports) == 0 {
			continue
		}
		ip := "127.0.3." + strconv.Itoa(i+1)
		h.loopback[peer.name] = ip
		for _, p := range peer.spec.Ports {
			h.routes = append(h.routes, egress(h, peer, p.Name, ip, p.Number))
		}
	}
}

// egress is the proxy in the namespace of from on the port of to. The peer's
// plain name means the proxy there; its alias on the network means the peer.
func egress(from, to *host, what, ip string, port int) gateway.Route {
	r := gateway.Route{
		From: from.name, To: to.name, Port: what,
		Listen: address(ip, port), Upstream: address(to.name+".node", port),
	}
	if to.kind == topologies.BrokerNode && port == nodePort {
		r.Protocol = "kafka"
	}
	return r
}

func address(host string, port int) string { return host + ":" + strconv.Itoa(port) }

// mostBrokers and mostPeers keep the loopback addresses within their ranges.
const (
	mostBrokers = 9
	mostPeers   = 254
)

func checkBrokers(b topologies.BrokerSpec, run string) error {
	if !plain(run) {
		return fmt.Errorf("%q cannot be the id of a run in Docker: letters, digits and hyphens only", run)
	}
	if b.Kind != "kafka" {
		return fmt.Errorf("the docker provider has no broker %q; it has kafka", b.Kind)
	}
	if b.Nodes < 1 || b.Nodes > mostBrokers {
		return fmt.Errorf("%d brokers: the docker provider runs 1 to %d", b.Nodes, mostBrokers)
	}
	for _, name := range owned {
		if _, set := b.Config[name]; set {
			return fmt.Errorf("broker setting %s cannot be changed: the topology depends on it", name)
		}
	}
	return nil
}

func checkProcessors(all []topologies.ProcessorSpec) error {
	for _, s := range all {
		if !plain(s.Name) {
			return fmt.Errorf("processor name %q: letters, digits and hyphens only", s.Name)
		}
		if s.Instances < 1 {
			return fmt.Errorf("processor %s: %d instances", s.Name, s.Instances)
		}
		if err := checkPorts(s); err != nil {
			return err
		}
		switch {
		case s.Reference != "" && s.Image != "":
			return fmt.Errorf("processor %s: reference and image are both set", s.Name)
		case s.Reference == "" && s.Image == "" && s.Recipe == "" && len(s.Command) > 0:
			return fmt.Errorf("processor %s: a command of this machine cannot join containers; name an image to run it in", s.Name)
		case s.Reference == "" && s.Image == "" && s.Recipe == "":
			return errors.New("processor " + s.Name + ": neither reference nor image is set")
		}
	}
	return nil
}

// checkPorts wants names and numbers that are each there once, beside those of the
// gateway.
func checkPorts(s topologies.ProcessorSpec) error {
	names, numbers := map[string]bool{"kafka": true}, map[int]bool{controlPort: true}
	for _, p := range s.Ports {
		if p.Number < 1 || p.Number > 65535 || p.Name == "" || names[p.Name] || numbers[p.Number] {
			return fmt.Errorf("processor %s: the port %q (%d) is none of its own: each wants a name and a number from 1 to 65535, other than kafka and %d", s.Name, p.Name, p.Number, controlPort)
		}
		names[p.Name], numbers[p.Number] = true, true
	}
	return nil
}

// plain tells whether the name can be a host name and part of a container name.
func plain(name string) bool {
	for i, c := range name {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		if !letter && (c != '-' || i == 0) {
			return false
		}
	}
	return name != "" && len(name) <= 40
}
