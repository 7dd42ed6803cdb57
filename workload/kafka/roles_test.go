package kafka

import (
	"context"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"surety/topologies"
)

type node string

func (n node) ID() string                { return string(n) }
func (n node) Kind() topologies.NodeKind { return topologies.BrokerNode }

func TestRolesFollowTheCluster(t *testing.T) {
	c, e := cluster(t)
	create(t, e, "run-1-input", 2)
	a := admin(t, e)
	roles := &Roles{
		Admin: a,
		Nodes: []topologies.Node{node("broker-1"), node("broker-2"), node("broker-3"), node("processor-1")},
		Names: map[string]string{"input": "run-1-input", "group": "run-1-group"},
		// The fake cluster counts from 0.
		NodeID: func(id int32) string { return "broker-" + strconv.Itoa(int(id)+1) },
	}
	one := func(role string) string {
		t.Helper()
		nodes, evidence, err := roles.Resolve(bounded(t), role)
		if err != nil || len(nodes) != 1 {
			t.Fatalf("%s is %v, %v", role, nodes, err)
		}
		if !evidence.Shown || evidence.Text == "" {
			t.Errorf("%s has evidence %+v", role, evidence)
		}
		return nodes[0].ID()
	}
	for want := range int32(3) {
		if err := c.MoveTopicPartition("run-1-input", 1, want); err != nil {
			t.Fatal(err)
		}
		id := "broker-" + strconv.Itoa(int(want)+1)
		if got := one("leader(input/1)"); got != id {
			t.Errorf("the leader is %s, want %s", got, id)
		}
		if got := one("leader(run-1-input/1)"); got != id {
			t.Errorf("by its real name the leader is %s, want %s", got, id)
		}
		followers, _, err := roles.Resolve(bounded(t), "follower(input/1)")
		if err != nil || len(followers) != 2 || followers[0].ID() == id || followers[1].ID() == id {
			t.Errorf("the followers of %s are %v, %v", id, followers, err)
		}
	}
	m, err := a.adm.BrokerMetadata(fresh(bounded(t)))
	if err != nil {
		t.Fatal(err)
	}
	if got := one("controller"); got != roles.NodeID(m.Controller) {
		t.Errorf("the controller is %s, the cluster says %d", got, m.Controller)
	}
	found := a.adm.FindGroupCoordinators(bounded(t), "run-1-group")["run-1-group"]
	if got := one("coordinator(group)"); found.Err != nil || got != roles.NodeID(found.NodeID) {
		t.Errorf("the coordinator is %s, the cluster says %d, %v", got, found.NodeID, found.Err)
	}
}

func TestARoleThatNobodyPlaysYetIsWaitedFor(t *testing.T) {
	c, e := cluster(t)
	create(t, e, "input", 1)
	roles := &Roles{Admin: admin(t, e), Nodes: []topologies.Node{node("broker-0"), node("broker-1"), node("broker-2")}}
	handle := c.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.FindCoordinator}, Err: kerr.CoordinatorNotAvailable, Count: 2})
	nodes, _, err := roles.Resolve(bounded(t), "coordinator(group)")
	if err != nil || len(nodes) != 1 || handle.Hits() != 2 {
		t.Errorf("after %d refusals: %v, %v", handle.Hits(), nodes, err)
	}
	c.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.FindCoordinator}, Err: kerr.CoordinatorNotAvailable, Count: -1})
	ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
	defer cancel()
	if _, _, err := roles.Resolve(ctx, "coordinator(group)"); err == nil {
		t.Error("a coordinator was found where there is none")
	}
}

func TestRolesRefuseWhatTheyCannotResolve(t *testing.T) {
	_, e := cluster(t)
	create(t, e, "input", 1)
	roles := &Roles{Admin: admin(t, e), Nodes: []topologies.Node{node("broker-9")}}
	for _, row := range []struct{ role, want string }{
		{"king", "known roles are"},
		{"leader", "known roles are"},
		{"controller(input)", "known roles are"},
		{"leader(input)", "topic/partition"},
		{"leader(input/x)", "topic/partition"},
		{"leader(input/-1)", "topic/partition"},
		{"leader(input/7)", "no partition 7"},
		{"leader(absent/0)", "no partition 0"},
		{"leader(input/0)", "no node broker-"},
	} {
		_, evidence, err := roles.Resolve(bounded(t), row.role)
		if err == nil || !strings.Contains(err.Error(), row.want) || evidence.Shown {
			t.Errorf("%s: got %v, want it to say %q", row.role, err, row.want)
		}
	}
}
