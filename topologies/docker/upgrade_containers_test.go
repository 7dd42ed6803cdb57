package docker_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"testing"

	"github.com/twmb/franz-go/pkg/kadm"

	"surety/topologies"
)

// A broker goes to the next version of Kafka on its disk: what it had acknowledged is
// there, and its storage is formatted once.
func TestContainersABrokerIsUpgradedOnItsDisk(t *testing.T) {
	requireDocker(t)
	c := up(t, "u"+strconv.Itoa(os.Getpid()), topologies.Spec{
		Provider:   "docker",
		Broker:     topologies.BrokerSpec{Kind: "kafka", Nodes: 1, Version: "3.9.1", Upgrades: []string{"4.2.0"}},
		Processors: []topologies.ProcessorSpec{{Name: "processor", Reference: "at-least-once", Instances: 1, Spare: 1}},
	})
	adm := kadm.NewClient(c.observe)
	r, err := adm.CreateTopics(t.Context(), 2, 1, nil, "in", "out")
	if err := errors.Join(err, r.Error()); err != nil {
		t.Fatal(err)
	}
	if err := c.Launch(t.Context(), func(topologies.ProcessorSpec, int) topologies.Vars {
		return topologies.Vars{Input: "in", Output: "out", Group: "g"}
	}); err != nil {
		t.Fatal(err)
	}
	c.produce(t, "before", 200)
	c.await(t, "before", 200)
	n := find[interface {
		topologies.Stopper
		topologies.Upgrader
		topologies.Starter
		topologies.Stater
		topologies.Logger
	}](t, c, "broker-1")
	if err := n.Upgrade(t.Context(), "4.2.0"); err == nil {
		t.Error("a broker that runs was upgraded")
	}
	if err := n.Stop(t.Context(), patience); err != nil {
		t.Fatal(err)
	}
	if err := n.Upgrade(t.Context(), "5.0.0"); err == nil {
		t.Error("a version that nobody knows was taken")
	}
	if err := errors.Join(n.Upgrade(t.Context(), "4.2.0"), n.Start(t.Context())); err != nil {
		t.Fatal(err)
	}
	if s := state(t, n); s.Status != topologies.Running || s.Version != "4.2.0" || s.Starts != 2 {
		t.Errorf("upgraded: %+v", s)
	}
	eventually(t, "what was written before is there", func(ctx context.Context) (bool, error) {
		ends, err := adm.ListEndOffsets(ctx, "in")
		sum := int64(0)
		ends.Each(func(o kadm.ListedOffset) { sum += o.Offset })
		return sum == 200, errors.Join(err, fmt.Errorf("%d records", sum))
	})
	c.produce(t, "after", 100)
	c.await(t, "after", 100)
	eventually(t, "the log tells of both versions and of one formatting", func(context.Context) (bool, error) {
		b, err := os.ReadFile(n.LogFile())
		return bytes.Contains(b, []byte("Kafka version: 3.9.1")) && bytes.Contains(b, []byte("Kafka version: 4.2.0")) && bytes.Count(b, []byte("Formatting")) == 1, err
	})

	spare := find[interface {
		topologies.Starter
		topologies.Spare
		topologies.Stater
	}](t, c, "processor-2")
	if s := state(t, spare); !spare.Spare() || s.Status != topologies.Exited || s.Starts != 0 {
		t.Errorf("the spare instance before its first start: %+v", s)
	}
	if err := spare.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if s := state(t, spare); s.Status != topologies.Running || s.Starts != 1 {
		t.Errorf("the spare instance started: %+v", s)
	}
}
