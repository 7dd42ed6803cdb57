// Package topologies says what can be broken: nodes, links, roles and
// capabilities. Providers (embedded, docker, ...) bring them to life; scenarios
// and faults know only this package.
package topologies

import (
	"context"
	"fmt"
	"io"
	"net"
	"time"

	"surety/checker/history"
)

// Spec is a topology as the plan holds it: nothing is left to choose.
type Spec struct {
	Provider   string          `json:"provider"`
	Cluster    string          `json:"cluster,omitempty"` // own, or empty: one that served others is as good
	Broker     BrokerSpec      `json:"broker"`
	Database   DatabaseSpec    `json:"database,omitzero"`
	Processors []ProcessorSpec `json:"processors,omitempty"`
	// Effects names the sinks of the harness that processors post effects to.
	Effects []string `json:"effects,omitempty"`
}

// BrokerSpec is the cluster under the processors.
type BrokerSpec struct {
	Kind    string            `json:"kind"`              // kafka
	Version string            `json:"version,omitempty"` // empty = the provider's default
	Nodes   int               `json:"nodes"`
	Config  map[string]string `json:"config,omitempty"`  // broker settings over the provider's own
	Limits  Limits            `json:"limits,omitzero"`   // of each node
	Leaders string            `json:"leaders,omitempty"` // preferred: no other ones before the scenario and after a fault
	// Upgrades are the further versions that a node may be given while it runs.
	Upgrades []string `json:"upgrades,omitempty"`
}

// OwnCluster as Spec.Cluster is brokers that serve no other topology, before or
// after.
const OwnCluster = "own"

// PreferredLeaders as BrokerSpec.Leaders is the first replica of each partition.
const PreferredLeaders = "preferred"

// ProcessorSpec is one program under test, in one or more instances. Exactly one
// of Reference, Image, Recipe and Command names it; a Command beside an Image is what
// is given to the image's entry point, beside a Recipe it is run in the place of that.
// Env, Command and the contents of Files are templates over Vars.
type ProcessorSpec struct {
	Name       string            `json:"name"`
	Reference  string            `json:"reference,omitempty"` // one of topologies/processors
	Image      string            `json:"image,omitempty"`
	Recipe     string            `json:"recipe,omitempty"` // NAME=VERSION of topologies/images
	Engine     *EngineSpec       `json:"engine,omitempty"` // that it is part of
	Command    []string          `json:"command,omitempty"`
	Dir        string            `json:"dir,omitempty"` // working directory
	Instances  int               `json:"instances"`
	Spare      int               `json:"spare,omitempty"` // further instances that are not started with the others
	Env        map[string]string `json:"env,omitempty"`
	Files      map[string]string `json:"files,omitempty"` // content by path; a relative path lies below Vars.Dir
	Ready      Ready             `json:"ready,omitzero"`
	StopSignal string            `json:"stop_signal,omitempty"` // as SIGINT; empty = the image's own, else SIGTERM
	State      State             `json:"state,omitempty"`
	Limits     Limits            `json:"limits,omitzero"` // of each instance
	// Port is where each instance serves clients over HTTP; 0 = it serves none.
	Port int `json:"port,omitempty"`
	// Versions are what instances may be upgraded to, by name.
	Versions map[string]Version `json:"versions,omitempty"`
	// Ports are those at which the other processors of the topology reach an instance,
	// each through a link of its own. An instance listens there on its own name.
	Ports []Port `json:"ports,omitempty"`
	// Vital is why no fault may end an instance, where the system under test cannot come
	// back from that by itself; empty = faults may.
	Vital string `json:"vital,omitempty"`
}

// Port is a TCP port that peers connect to.
type Port struct {
	Name   string `json:"name"` // what it is for, as links call it: rpc, data
	Number int    `json:"number"`
}

// State is what an instance finds of what it stored when it starts again, whatever
// ended it.
type State string

// What becomes of the state of an instance.
const (
	StateKept State = "kept" // as on a volume; the default
	StateLost State = "lost" // as of a container that is made anew
)

// Vars is what a processor is told: the fields that its templates may use.
type Vars struct {
	Bootstrap string            // broker addresses as this processor reaches them, comma separated
	Input     string            // topic to read
	Output    string            // topic to write; of several outputs the first
	Outputs   map[string]string // topics to write, or where to post effects, by the names of the sinks
	Group     string            // consumer group
	Database  string            // URL of the database as this processor reaches it; empty = there is none
	Instance  int               // 1..n
	Name      string            // of the instance, unique in the run
	Run       string            // id of the run
	Dir       string            // a directory of its own that survives restarts
}

// Env is what a provider needs from the runner.
type Env struct {
	Run    string            // short id of the run, unique on this machine
	Dir    string            // the run's directory; logs go below Dir/logs
	Images map[string]string // image overrides by name: kafka, ...
	Log    io.Writer         // progress for people
	// Effects is where the sinks of the Spec's Effects listen, as host:port.
	Effects map[string]string
}

// Provider brings topologies up.
type Provider interface {
	Name() string
	Capabilities() Set
	// Up starts the brokers and waits until they serve. The topology is returned
	// even with an error where anything was started, so that it can be closed.
	Up(ctx context.Context, spec Spec, env Env) (Topology, error)
}

// Topology is a running system under test.
type Topology interface {
	Nodes() []Node
	Links() []Link
	// Launch starts all instances of all processors of the spec.
	Launch(ctx context.Context, vars func(spec ProcessorSpec, instance int) Vars) error
	// Brokers gives the client addresses of the brokers for one of the harness's
	// own views, with the dialer that reaches them.
	Brokers(View) Endpoint
	// Versions tells what runs, for the history's header.
	Versions() map[string]string
	// Close tears everything down; it is safe to call twice.
	Close(ctx context.Context) error
}

// View is one way of the harness into the cluster.
type View string

const (
	// Drive is a link like any other: a cut of its broker cuts it too.
	Drive View = "driver"
	// Observe is never a target of a fault.
	Observe View = "observer"
)

// Endpoint is how a client of the harness reaches the brokers.
type Endpoint struct {
	Seeds []string
	// Dial maps an advertised address to the view's own; nil = dial as it is.
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)
}

// NodeKind tells brokers, processors and what stands beside them apart.
type NodeKind string

// The kinds of nodes.
const (
	BrokerNode    NodeKind = "broker"
	ProcessorNode NodeKind = "processor"
	DatabaseNode  NodeKind = "database"
	SinkNode      NodeKind = "sink" // of the harness: its links can be broken, not itself
)

// Node is one process of the system under test with a network identity of its
// own. What can be done to it is found by assertion: Killer, Stopper, Starter,
// Wiper, Upgrader, Pauser, Stater, Addressed, Logger.
type Node interface {
	ID() string // broker-1, processor-2
	Kind() NodeKind
}

// Killer ends a node at once (SIGKILL) and returns when it is gone.
type Killer interface {
	Kill(ctx context.Context) error
}

// Starter starts a killed node again, with its address, ports and disk kept.
type Starter interface {
	Start(ctx context.Context) error
}

// Stopper asks a node to end with its stop signal, SIGTERM where nothing else is
// said, kills it where it still runs after grace, and returns when it is gone.
type Stopper interface {
	Stop(ctx context.Context, grace time.Duration) error
}

// Wiper gives a node that does not run a new, empty disk: nothing of what it stored
// is there at its next start.
type Wiper interface {
	Wipe(ctx context.Context) error
	// Stored counts what a node that does not run has stored.
	Stored(ctx context.Context) (Stored, error)
}

// Stored is what lies in the directory that a node stores in: Vars.Dir of a
// processor, the log directory of a broker. Files that the topology put there do
// not count.
type Stored struct {
	Files int
	Bytes int64
	More  bool // counting ended early: there is more than that
}

func (s Stored) String() string {
	most := ""
	if s.More {
		most = "more than "
	}
	return fmt.Sprintf("%s%d files of %d bytes", most, s.Files, s.Bytes)
}

// Spare tells of an instance that was not started with the others: it is there to be
// started by a fault. Before its first start its process counts as exited.
type Spare interface {
	Spare() bool
}

// Upgrader gives a node that does not run another version of its program, on the same
// disk and under the same name and address, for its next start. OriginalVersion is the
// one that it began with.
type Upgrader interface {
	Upgrade(ctx context.Context, version string) error
}

// OriginalVersion is the version of a node that nobody upgraded.
const OriginalVersion = "original"

// Pauser stops and continues a node's threads (SIGSTOP and SIGCONT, or the
// cgroup freezer).
type Pauser interface {
	Pause(ctx context.Context) error
	Resume(ctx context.Context) error
}

// ProcessState is what the operating system or the engine says of a process.
type ProcessState struct {
	Status   Status
	PID      int
	ExitCode int    // meaningful when exited; 128+n for signal n
	Signal   string // "killed", where a signal ended it
	Starts   int    // how often it was started
	Version  string // that runs, as the system tells it; empty = the original one
	Since    time.Time
}

// Status of a process.
type Status string

// The states of a process that faults tell apart.
const (
	Running Status = "running"
	Paused  Status = "paused"
	Exited  Status = "exited"
)

// Stater reads the state of a node's process from the system, not from memory.
type Stater interface {
	State(ctx context.Context) (ProcessState, error)
}

// Addressed tells under which addresses of the network its peers see a node.
type Addressed interface {
	Addresses(ctx context.Context) ([]string, error)
}

// Web gives the base address, without a slash at its end, at which the harness reaches
// an HTTP server of the node's own. No fault touches that way.
type Web interface {
	Web(port int) string
}

// Logger names the file that the node's output goes to.
type Logger interface{ LogFile() string }

// Link is a directed connection from one node (or view) to a port of another.
// Connections are opened by From. What can be done to it is found by assertion:
// Holder, Armer, Discarder, Denier, Lagger, Limiter, Resetter, Meter.
type Link interface {
	From() string // processor-1, broker-2, driver; "processors" where a provider has one for all
	To() string   // broker-1
	Port() string // what the port is for: kafka, controller, postgres
}

// Stream is one direction of a link's connections.
type Stream uint8

// Forward carries what From sends, Backward what To answers.
const (
	Forward Stream = 1 << iota
	Backward
	Both = Forward | Backward
)

// Holder stops bytes in the given streams without closing anything, as a network
// partition does; they are delivered when the last hold of their stream is
// released. Each Release ends one Hold of the same streams.
type Holder interface {
	Hold(ctx context.Context, s Stream) error
	Release(ctx context.Context, s Stream) error
}

// Armer begins holds at an instant that was agreed on before, so that links of
// several gateways are cut together. HoldAt returns when the hold has begun, with
// the time at which it really did; an instant that has just passed means now. If
// ctx ends before the instant, nothing is held. A hold that began is ended by
// Release or Discard, as one of Hold is.
type Armer interface {
	HoldAt(ctx context.Context, s Stream, at time.Time) (time.Time, error)
}

// Discarder ends one Hold of the given streams without delivering what was held:
// the link's open connections are reset first.
type Discarder interface {
	Discard(ctx context.Context, s Stream) error
}

// Denial is how a link turns connections away.
type Denial string

// The two ways to turn connections away at once. Refuse looks like a process that
// has ended: open connections are closed, dials are refused, since nothing listens.
// Reject looks like a firewall that resets: open connections are reset, dials are
// accepted and reset.
const (
	Refuse Denial = "refuse"
	Reject Denial = "reset"
)

// Denier turns a link's connections away from the given instant on (as for Armer;
// the zero time means now) until Allow. Each Allow ends one Deny of the same kind.
type Denier interface {
	Deny(ctx context.Context, d Denial, at time.Time) (time.Time, error)
	Allow(ctx context.Context, d Denial) error
}

// Limiter bounds how many bytes a second a link carries, each direction for
// itself and all connections of the link together. The smallest of several limits
// is in force; each Unlimit ends one Limit of the same rate.
type Limiter interface {
	Limit(ctx context.Context, bytesPerSecond int64) error
	Unlimit(ctx context.Context, bytesPerSecond int64) error
}

// Lag is a delay added to a stream: each chunk leaves Delay ± a jitter drawn
// from Seed after it arrived, in order.
type Lag struct {
	Delay  time.Duration
	Jitter time.Duration
	Seed   uint64
}

// Lagger delays a link's forward and backward stream together: Delay is what
// the round trip grows by, half of it each way.
type Lagger interface {
	Lag(ctx context.Context, l Lag) error
	Unlag(ctx context.Context) error
}

// Resetter closes all open connections of a link with a TCP reset (RST).
type Resetter interface {
	Reset(ctx context.Context) error
}

// Traffic is what a link carried since it exists. Counters never go back, except
// those that say since when they count.
type Traffic struct {
	Dials         int64 // connections accepted
	FailedDials   int64 // connections that the far side refused
	RejectedDials int64 // connections accepted and reset, because of a Deny
	Open          int64 // connections open now
	Resets        int64 // connections reset on purpose
	Closed        int64 // connections closed on purpose, because of a Deny
	Refusing      bool  // a dial that was tried now was refused, because of a Deny
	Forward       int64 // bytes delivered to To
	Backward      int64 // bytes delivered to From
	HeldForward   int64 // bytes that arrived and were held, since the last Hold
	HeldBackward  int64
	HeldConns     int64         // connections with held bytes, since the last Hold
	Discarded     int64         // bytes that were held and never delivered, because of a Discard
	Delayed       int64         // chunks delayed, since the last Lag
	DelayMin      time.Duration // measured from arrival to departure, since the last Lag
	DelayMean     time.Duration
	DelayMax      time.Duration
	Limited       int64         // bytes let through under a limit, of both directions, since the last Limit
	LimitedFor    time.Duration // time in which they waited or passed, of both directions together
	On            string        // what is done to the link now: "held, lagged"; empty = nothing
}

// Meter reads a link's counters.
type Meter interface {
	Traffic(ctx context.Context) (Traffic, error)
}

// Roles resolves a role that only a client of the broker can know: leader(input/0),
// controller, owner(input/0). The runner passes it in.
type Roles interface {
	Resolve(ctx context.Context, role string) ([]Node, history.Evidence, error)
}
