package docker_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"surety/topologies"
	"surety/topologies/docker"
	"surety/workload/kafka"
)

// pipe makes topics of the topology's own, and wants a record to come through.
func (c *cluster) pipe(t *testing.T, in, out string) {
	t.Helper()
	adm := kadm.NewClient(c.observe)
	r, err := adm.CreateTopics(t.Context(), 2, 2, nil, in, out)
	if err := errors.Join(err, r.Error()); err != nil {
		t.Fatal(err)
	}
	err = c.Launch(t.Context(), func(topologies.ProcessorSpec, int) topologies.Vars {
		return topologies.Vars{Input: in, Output: out, Group: "group-" + in}
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := c.drive.ProduceSync(ctx, &kgo.Record{Topic: in, Value: []byte("through " + in)}).FirstErr(); err != nil {
		t.Fatal(err)
	}
	reader := c.client(t, topologies.Observe, kgo.ConsumeTopics(out), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	defer reader.Close()
	fetches := reader.PollFetches(ctx)
	if records := fetches.Records(); len(records) != 1 || string(records[0].Value) != "through "+in {
		t.Errorf("from %s came %d records (error %v), want the one that went into %s", out, len(records), fetches.Err(), in)
	}
}

// logged reads the lines of a log that have a time, and so are said once.
func logged(t *testing.T, dir, node string) map[string]bool {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "logs", node+".log"))
	if err != nil {
		t.Fatal(err)
	}
	lines := map[string]bool{}
	for line := range strings.Lines(string(text)) {
		if len(line) > 12 && line[2] == ':' && line[8] == '.' {
			lines[line] = true
		}
	}
	return lines
}

func TestContainersOfOneClusterServeTopologiesOneAfterAnother(t *testing.T) {
	e := requireDocker(t)
	run := "c" + strconv.Itoa(os.Getpid())
	spec := topologies.Spec{
		Provider:   "docker",
		Broker:     topologies.BrokerSpec{Kind: "kafka", Nodes: 2},
		Processors: []topologies.ProcessorSpec{{Name: "processor", Reference: "at-least-once", Instances: 1}},
	}
	dirs := []string{t.TempDir(), t.TempDir()}
	cl, err := docker.New().Cluster(t.Context(), spec, topologies.Env{Run: run, Dir: dirs[0]})
	if cl != nil {
		t.Cleanup(func() { _ = cl.Close(context.Background()) })
	}
	if err != nil {
		if _, ok := errors.AsType[*topologies.EnvironmentError](err); ok {
			withoutDocker(t, err)
		}
		t.Fatal(err)
	}
	var brokers []string // containers and network, with no processor
	for i, dir := range dirs {
		c := &cluster{dir: dir}
		c.Topology, err = cl.Join(t.Context(), spec, topologies.Env{Run: fmt.Sprint(run, "-", i), Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		c.drive, c.observe = c.client(t, topologies.Drive), c.client(t, topologies.Observe)
		c.pipe(t, fmt.Sprint("in-", i), fmt.Sprint("out-", i))
		if err := cl.Whole(t.Context()); err != nil {
			t.Errorf("topology %d: %v", i, err)
		}
		if i == 0 {
			taints(t, cl, c)
		}
		for range 2 { // the second call does nothing
			if err := c.Close(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		now, err := holds(t.Context(), e, run)
		if err != nil {
			t.Fatal(err)
		}
		slices.Sort(now)
		if i == 0 {
			brokers = now
		}
		if len(now) != 6 || !slices.Equal(now, brokers) { // two gateways, two brokers, a reaper, a network
			t.Errorf("after topology %d there are %q", i, now)
		}
	}
	first, second := logged(t, dirs[0], "broker-1"), logged(t, dirs[1], "broker-1")
	if len(first) == 0 || len(second) == 0 {
		t.Errorf("broker-1 said %d lines and then %d: each topology has its own", len(first), len(second))
	}
	for line := range maps.Keys(second) {
		if first[line] || strings.Contains(line, "Kafka Server started") || strings.Contains(line, "in-0-0") && strings.Contains(line, "Created log") {
			t.Errorf("the log of the second topology has a line of the first: %s", line)
		}
	}
	if err := cl.Close(t.Context()); err != nil {
		t.Error(err)
	}
	nothingLeft(t, e, run)
	if err := cl.Close(t.Context()); err != nil {
		t.Errorf("the second close: %v", err)
	}
}

// taints does what later topologies must not meet, and wants it named, and no more
// once it is undone.
func taints(t *testing.T, cl topologies.Cluster, c *cluster) {
	t.Helper()
	link := c.link(t, "broker-1", "broker-2")
	broker := find[interface {
		topologies.Killer
		topologies.Starter
		topologies.Pauser
	}](t, c, "broker-2")
	for _, tt := range []struct {
		why      string
		do, undo func(ctx context.Context) error
		want     string
	}{
		{
			"a hold",
			func(ctx context.Context) error { return link.(topologies.Holder).Hold(ctx, topologies.Forward) },
			func(ctx context.Context) error { return link.(topologies.Holder).Release(ctx, topologies.Forward) },
			"broker-1 -> broker-2:kafka is still held",
		},
		{
			"a lag",
			func(ctx context.Context) error { return link.(topologies.Lagger).Lag(ctx, topologies.Lag{Delay: 1}) },
			func(ctx context.Context) error { return link.(topologies.Lagger).Unlag(ctx) },
			"still lagged",
		},
		{"a paused broker", broker.Pause, broker.Resume, "broker-2 is paused"},
		{"a killed broker", broker.Kill, broker.Start, "broker-2 is exited"},
	} {
		if err := tt.do(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := cl.Whole(t.Context()); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v does not say %q", tt.why, err, tt.want)
		}
		if err := tt.undo(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := cl.Whole(t.Context()); err != nil {
			t.Errorf("%s, undone: %v", tt.why, err)
		}
	}
	admin, err := kafka.NewAdmin(c.Brokers(topologies.Observe))
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close()
	eventually(t, "broker-2 is back, in sync and in the quorum", func(ctx context.Context) (bool, error) {
		err := errors.Join(admin.Healthy(ctx, 2), admin.Quorum(ctx, 2))
		return err == nil, err
	})
	eventually(t, "each partition is led by its first replica again", func(ctx context.Context) (bool, error) {
		err := admin.ElectPreferred(ctx)
		return err == nil, err
	})
}
