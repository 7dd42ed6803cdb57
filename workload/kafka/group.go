package kafka

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/twmb/franz-go/pkg/kerr"
)

// Stable is the state of a group whose members have their partitions.
const Stable = "Stable"

// Group is a consumer group as its coordinator sees it.
type Group struct {
	Name        string
	State       string // Stable, PreparingRebalance, Empty, ...; Dead where it does not exist
	Coordinator int32  // Kafka's node id; -1 where the group does not exist
	Members     []Member
}

// Member is one member of a group.
type Member struct {
	ID       string
	Instance string // group.instance.id; empty for a dynamic member
	Client   string // client.id
	Host     string
	Assigned map[string][]int32 // partitions by topic
}

// Group describes a consumer group, of the classic protocol or the one of KIP-848.
func (a *Admin) Group(ctx context.Context, name string) (Group, error) {
	described, err := a.adm.DescribeGroups(ctx, name)
	if err == nil {
		err = described.Error()
	}
	if err != nil && !errors.Is(err, kerr.GroupIDNotFound) {
		return Group{}, fmt.Errorf("describe group %s: %w", name, err)
	}
	d, ok := described[name]
	if !ok || d.State == "Dead" || d.Err != nil {
		return a.consumerGroup(ctx, name)
	}
	g := Group{Name: name, State: d.State, Coordinator: d.Coordinator.NodeID}
	for _, m := range d.Members {
		assigned := map[string][]int32{}
		if c, ok := m.Assigned.AsConsumer(); ok {
			for _, t := range c.Topics {
				assigned[t.Topic] = slices.Sorted(slices.Values(t.Partitions))
			}
		}
		g.add(m.MemberID, m.InstanceID, m.ClientID, m.ClientHost, assigned)
	}
	g.sort()
	return g, nil
}

// consumerGroup describes a group of KIP-848's protocol, which older brokers do not
// know and the classic question does not find.
func (a *Admin) consumerGroup(ctx context.Context, name string) (Group, error) {
	none := Group{Name: name, State: "Dead", Coordinator: -1}
	described, err := a.adm.DescribeConsumerGroups(ctx, name)
	d, ok := described[name]
	if err != nil || !ok || d.Err != nil {
		return none, ctx.Err()
	}
	g := Group{Name: name, State: d.State, Coordinator: d.Coordinator.NodeID}
	for _, m := range d.Members {
		assigned := map[string][]int32{}
		for topic, partitions := range m.Assignment {
			assigned[topic] = slices.Sorted(maps.Keys(partitions))
		}
		g.add(m.MemberID, m.InstanceID, m.ClientID, m.ClientHost, assigned)
	}
	g.sort()
	return g, nil
}

func (g *Group) add(id string, instance *string, client, host string, assigned map[string][]int32) {
	m := Member{ID: id, Client: client, Host: host, Assigned: assigned}
	if instance != nil {
		m.Instance = *instance
	}
	g.Members = append(g.Members, m)
}

func (g *Group) sort() {
	slices.SortFunc(g.Members, func(x, y Member) int { return strings.Compare(x.ID, y.ID) })
}

// owner gives the member that has been given a partition.
func (g *Group) owner(topic string, partition int32) (Member, bool) {
	for _, m := range g.Members {
		if slices.Contains(m.Assigned[topic], partition) {
			return m, true
		}
	}
	return Member{}, false
}
