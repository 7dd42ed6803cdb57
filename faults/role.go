package faults

import "surety/topologies"

// Role is a part that a node plays now and that can move: it is resolved when a fault
// is injected.
type Role struct {
	Name string
	Of   string // what stands in its brackets, as an example; empty = it has none
	Kind topologies.NodeKind
	Doc  string // one line for people
}

func (r Role) String() string {
	if r.Of == "" {
		return r.Name
	}
	return r.Name + "(" + r.Of + ")"
}

// Roles are the roles that a target may name.
var Roles = []Role{
	{"leader", "input/0", topologies.BrokerNode, "the broker that leads the partition"},
	{"follower", "input/0", topologies.BrokerNode, "the other replicas of the partition"},
	{"controller", "", topologies.BrokerNode, "the active controller"},
	{"coordinator", "group", topologies.BrokerNode, "the coordinator of the consumer group"},
	{"transaction-coordinator", "group-processor-1", topologies.BrokerNode, "the coordinator of the transactional id"},
	{"task-manager", "", topologies.ProcessorNode, "the instances of Flink that run tasks of its job"},
	{"owner", "input/0", topologies.ProcessorNode, "the instance that the group has given the partition"},
}

func roleNamed(name string) (Role, bool) {
	for _, r := range Roles {
		if r.Name == name {
			return r, true
		}
	}
	return Role{}, false
}
