package kafka

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"

	"surety/checker/history"
	"surety/topologies"
)

// Roles resolves the roles that the brokers of a cluster play now:
//
//	leader(TOPIC/PARTITION)      the broker that leads the partition
//	follower(TOPIC/PARTITION)    the other replicas, by rising id
//	controller                   the active controller
//	coordinator(GROUP)           the broker that coordinates the group
//	transaction-coordinator(ID)  the broker that coordinates the transactional id
//	owner(TOPIC/PARTITION)       the processor that the group has given the partition
type Roles struct {
	Admin *Admin
	Nodes []topologies.Node
	// Names maps what a scenario calls a topic or a group to its real name; a
	// name that is not in it stands for itself. Before a hyphen it is the beginning
	// of a name: group-processor-1.
	Names map[string]string
	// Groups are the consumer groups of the processors, by the real names of the
	// topics that they read.
	Groups map[string]string
	// NodeID maps Kafka's node id to a node of the topology; nil = broker-<id>.
	NodeID func(broker int32) string
}

var _ topologies.Roles = (*Roles)(nil)

// resolveWithin bounds the wait for a role that nobody plays at the moment: an
// election is going on, or the group coordinators are just being set up.
const resolveWithin = 15 * time.Second

// errVacant: nobody plays the role now.
var errVacant = errors.New("nobody plays it now")

// Resolve implements topologies.Roles. A role that nobody plays at the moment is
// waited for. The evidence quotes the brokers' answer.
func (r *Roles) Resolve(ctx context.Context, role string) ([]topologies.Node, history.Evidence, error) {
	name, arg, _ := strings.Cut(strings.TrimSuffix(role, ")"), "(")
	if name == "owner" && arg != "" {
		return r.owner(ctx, role, arg)
	}
	var (
		ids  []int32
		text string
		err  error
	)
	ctx, cancel := context.WithTimeout(ctx, resolveWithin)
	defer cancel()
	for {
		switch {
		case name == "leader" && arg != "":
			ids, text, err = r.replicas(ctx, arg, true)
		case name == "follower" && arg != "":
			ids, text, err = r.replicas(ctx, arg, false)
		case name == "controller" && arg == "":
			ids, text, err = r.controller(ctx)
		case name == "coordinator" && arg != "":
			ids, text, err = r.coordinator(ctx, arg)
		case name == "transaction-coordinator" && arg != "":
			ids, text, err = r.transactionCoordinator(ctx, arg)
		default:
			err = errors.New("known roles are leader(topic/partition), follower(topic/partition), controller, " +
				"coordinator(group), transaction-coordinator(id), owner(topic/partition)")
		}
		if !errors.Is(err, errVacant) && !kerr.IsRetriable(err) || !sleep(ctx) {
			break
		}
	}
	var nodes []topologies.Node
	if err == nil {
		nodes, err = r.nodes(ids)
	}
	if err != nil {
		return nil, history.Evidence{}, fmt.Errorf("resolve the role %s: %w", role, err)
	}
	return nodes, history.Evidence{Shown: true, Text: text, Facts: map[string]any{"broker_ids": ids}}, nil
}

func (r *Roles) real(name string) string {
	if real, ok := r.Names[name]; ok {
		return real
	}
	alias, rest, ok := strings.Cut(name, "-")
	if real, known := r.Names[alias]; ok && known {
		return real + "-" + rest
	}
	return name
}

// partition takes topic/partition apart, with the topic as it is really called.
func (r *Roles) partition(arg string) (alias, topic string, p int32, err error) {
	i := strings.LastIndexByte(arg, '/')
	n, err := strconv.ParseInt(arg[i+1:], 10, 32)
	if i < 0 || err != nil || n < 0 {
		return "", "", 0, fmt.Errorf("%q is not of the form topic/partition", arg)
	}
	return arg[:i], r.real(arg[:i]), int32(n), nil
}

func (r *Roles) replicas(ctx context.Context, arg string, leader bool) ([]int32, string, error) {
	alias, topic, p, err := r.partition(arg)
	if err != nil {
		return nil, "", err
	}
	m, err := r.Admin.adm.Metadata(fresh(ctx), topic)
	if err != nil {
		return nil, "", err
	}
	d, ok := m.Topics[topic].Partitions[p]
	if !ok {
		return nil, "", fmt.Errorf("topic %s has no partition %d", topic, p)
	}
	if d.Leader < 0 {
		return nil, "", fmt.Errorf("partition %s/%d has no leader: %w", topic, p, errVacant)
	}
	text := fmt.Sprintf("broker %d led %s/%d in epoch %d, in sync %v", d.Leader, alias, p, d.LeaderEpoch, d.ISR)
	if leader {
		return []int32{d.Leader}, text, nil
	}
	followers := slices.DeleteFunc(slices.Sorted(slices.Values(d.Replicas)), func(id int32) bool { return id == d.Leader })
	if len(followers) == 0 {
		return nil, "", fmt.Errorf("partition %s/%d has no follower", topic, p)
	}
	return followers, text, nil
}

// controller asks the metadata quorum (KIP-595): what a KRaft broker names as
// controller in its metadata is any living broker (KIP-590). Where there is no
// quorum, the metadata is right.
func (r *Roles) controller(ctx context.Context) ([]int32, string, error) {
	has, err := r.Admin.hasQuorum(ctx)
	if err != nil {
		return nil, "", err
	}
	if has {
		q, err := r.Admin.describeQuorum(ctx)
		if err != nil {
			return nil, "", err
		}
		return []int32{q.LeaderID}, fmt.Sprintf("broker %d led the metadata quorum in epoch %d", q.LeaderID, q.LeaderEpoch), nil
	}
	m, err := r.Admin.adm.BrokerMetadata(fresh(ctx))
	if err != nil {
		return nil, "", err
	}
	if m.Controller < 0 {
		return nil, "", fmt.Errorf("there is no controller: %w", errVacant)
	}
	return []int32{m.Controller}, fmt.Sprintf("broker %d was the controller", m.Controller), nil
}

func (r *Roles) coordinator(ctx context.Context, alias string) ([]int32, string, error) {
	group := r.real(alias)
	found := r.Admin.adm.FindGroupCoordinators(ctx, group)[group]
	if found.Err != nil {
		return nil, "", found.Err
	}
	return []int32{found.NodeID}, fmt.Sprintf("broker %d coordinated group %s", found.NodeID, alias), nil
}

func (r *Roles) transactionCoordinator(ctx context.Context, alias string) ([]int32, string, error) {
	id := r.real(alias)
	found := r.Admin.adm.FindTxnCoordinators(ctx, id)[id]
	if found.Err != nil {
		return nil, "", found.Err
	}
	return []int32{found.NodeID}, fmt.Sprintf("broker %d coordinated the transactional id %s", found.NodeID, alias), nil
}

func (r *Roles) nodes(ids []int32) ([]topologies.Node, error) {
	var nodes []topologies.Node
	for _, id := range ids {
		name := "broker-" + strconv.Itoa(int(id))
		if r.NodeID != nil {
			name = r.NodeID(id)
		}
		i := slices.IndexFunc(r.Nodes, func(n topologies.Node) bool { return n.ID() == name })
		if i < 0 {
			return nil, fmt.Errorf("the topology has no node %s", name)
		}
		nodes = append(nodes, r.Nodes[i])
	}
	return nodes, nil
}
