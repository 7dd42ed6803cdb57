package topologies

import "context"

// Cluster is the brokers of a topology without its processors. It serves one
// topology at a time, and as many one after another as its user likes.
type Cluster interface {
	// Join begins a topology with the processors of the spec, and returns when the
	// brokers serve. From now on the nodes log below env.Dir. What a topology's Close
	// removes is its own: the brokers stay. The topology is returned also with an
	// error where anything was started.
	Join(ctx context.Context, spec Spec, env Env) (Topology, error)
	// Whole is nil if every broker runs and nothing is done to any link; else the
	// error names the first thing that is not so. What the brokers say of themselves
	// is for a client to ask.
	Whole(ctx context.Context) error
	// Close removes the brokers and all that topologies left; it is safe to call
	// twice.
	Close(ctx context.Context) error
}

// Clusterer is a provider whose brokers outlive a topology.
type Clusterer interface {
	Provider
	// Cluster starts the brokers of the spec and does not wait until they serve. Its
	// processors are only checked. The cluster is returned also with an error where
	// anything was started.
	Cluster(ctx context.Context, spec Spec, env Env) (Cluster, error)
}
