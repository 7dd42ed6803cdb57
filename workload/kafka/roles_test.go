package kafka

import (
	"context"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
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
	tx := a.adm.FindTxnCoordinators(bounded(t), "run-1-group-processor-1")["run-1-group-processor-1"]
	if got := one("transaction-coordinator(group-processor-1)"); tx.Err != nil || got != roles.NodeID(tx.NodeID) {
		t.Errorf("the coordinator of the transactional id is %s, the cluster says %d, %v", got, tx.NodeID, tx.Err)
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
		{"owner(input)", "topic/partition"},
		{"owner(input/0)", "no group of processors reads input"},
		{"transaction-coordinator", "known roles are"},
	} {
		_, evidence, err := roles.Resolve(bounded(t), row.role)
		if err == nil || !strings.Contains(err.Error(), row.want) || evidence.Shown {
			t.Errorf("%s: got %v, want it to say %q", row.role, err, row.want)
		}
	}
}

// member joins the group as a client of that id and consumes until the test is over.
func member(t *testing.T, e topologies.Endpoint, id string, opts ...kgo.Opt) {
	t.Helper()
	cl, err := NewClient(e, id, append(opts, kgo.ConsumerGroup("run-1-group"), kgo.ConsumeTopics("run-1-input"))...)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for ctx.Err() == nil {
			cl.PollFetches(ctx)
		}
	}()
	t.Cleanup(func() { cancel(); <-done; cl.Close() })
}

func TestTheOwnerOfAPartitionIsTheProcessorThatTheGroupGaveItTo(t *testing.T) {
	_, e := cluster(t)
	create(t, e, "run-1-input", 2)
	roles := &Roles{
		Admin: admin(t, e), Groups: map[string]string{"run-1-input": "run-1-group"}, Names: map[string]string{"input": "run-1-input"},
		Nodes: []topologies.Node{node("broker-0"), processor("processor-1"), processor("processor-2"), processor("processor-12")},
	}
	member(t, e, "processor-1")
	member(t, e, "app-processor-12-StreamThread-1-consumer")
	seen := map[string]bool{}
	ctx := bounded(t)
	for len(seen) < 2 && ctx.Err() == nil { // until the group has given each of them a partition
		clear(seen)
		for _, role := range []string{"owner(input/0)", "owner(input/1)"} {
			nodes, evidence, err := roles.Resolve(ctx, role)
			if err != nil || len(nodes) != 1 || !strings.Contains(evidence.Text, "had given input/") {
				t.Fatalf("%s is %v, %+v, %v", role, nodes, evidence, err)
			}
			seen[nodes[0].ID()] = true
		}
	}
	if !seen["processor-1"] || !seen["processor-12"] {
		t.Errorf("the owners are %v", seen)
	}
}

func TestAMemberIsTheProcessorThatItsNameOrAddressTells(t *testing.T) {
	r := &Roles{Nodes: []topologies.Node{
		node("broker-1"), processor("processor-1"), processor("processor-2"), at{processor("copier-1"), "10.0.0.7"}, at{processor("copier-2"), "10.0.0.8"},
	}}
	for _, c := range []struct {
		why  string
		m    Member
		want string
	}{
		{"the name itself", Member{Client: "processor-2"}, "processor-2"},
		{"Kafka Streams adds to it", Member{Client: "app-processor-1-StreamThread-1-consumer"}, "processor-1"},
		{"a static member", Member{Client: "rdkafka", Instance: "processor-1"}, "processor-1"},
		{"no name, but an address", Member{Client: "rdkafka", Host: "/10.0.0.8"}, "copier-2"},
		{"the name counts before the address", Member{Client: "processor-2", Host: "/10.0.0.8"}, "processor-2"},
		{"another number that begins like it", Member{Client: "processor-11", Host: "/10.0.0.9"}, ""},
		{"two names in one", Member{Client: "processor-1-of-processor-2"}, ""},
		{"a broker's name means nothing", Member{Client: "broker-1"}, ""},
		{"nothing is told", Member{Client: "rdkafka", Host: "/127.0.0.1"}, ""},
	} {
		n, err := r.processorOf(t.Context(), c.m)
		switch {
		case c.want == "" && (err == nil || !strings.Contains(err.Error(), "give each instance its own name as client.id")):
			t.Errorf("%s: %v, %v", c.why, n, err)
		case c.want != "" && (err != nil || n.ID() != c.want):
			t.Errorf("%s: %v, %v", c.why, n, err)
		}
	}
}

type processor string

func (p processor) ID() string                { return string(p) }
func (p processor) Kind() topologies.NodeKind { return topologies.ProcessorNode }

// at is a processor that tells its address.
type at struct {
	processor
	address string
}

func (a at) Addresses(context.Context) ([]string, error) { return []string{a.address}, nil }
