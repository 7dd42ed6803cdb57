package docker_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/moby/moby/client"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"surety/topologies"
	"surety/topologies/docker"
	"surety/topologies/docker/engine"
)

// requireDocker skips the test aloud where containers cannot be run, or fails it
// where they must be.
func requireDocker(t *testing.T) *engine.Engine {
	t.Helper()
	e, err := engine.Open(t.Context())
	if err != nil {
		withoutDocker(t, err)
	}
	t.Cleanup(func() { _ = e.Close() })
	return e
}

func withoutDocker(t *testing.T, err error) {
	t.Helper()
	if os.Getenv("SURETY_REQUIRE_DOCKER") == "1" {
		t.Fatalf("SURETY_REQUIRE_DOCKER=1: %v", err)
	}
	t.Skipf("SKIPPED, no containers here: %v", err)
}

// patience bounds each wait for a condition; it is for loaded machines.
const patience = 90 * time.Second

// eventually waits until the condition holds.
func eventually(t *testing.T, what string, cond func(ctx context.Context) (bool, error)) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		ok, err := cond(ctx)
		if ok {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("not in %s: %s (last error: %v)", patience, what, err)
		}
	}
}

// cluster is the topology under test with clients of both views.
type cluster struct {
	topologies.Topology
	dir            string
	drive, observe *kgo.Client
}

func up(t *testing.T, run string, spec topologies.Spec) *cluster {
	t.Helper()
	c := &cluster{dir: t.TempDir()}
	var log bytes.Buffer
	began := time.Now()
	var err error
	c.Topology, err = docker.New().Up(t.Context(), spec, topologies.Env{Run: run, Dir: c.dir, Log: &log})
	if c.Topology != nil {
		t.Cleanup(func() {
			if err := c.Close(context.Background()); err != nil {
				t.Error(err)
			}
		})
	}
	if err != nil {
		if _, ok := errors.AsType[*topologies.EnvironmentError](err); ok {
			withoutDocker(t, err)
		}
		t.Fatal(err)
	}
	t.Logf("up after %s:\n%s", time.Since(began).Round(time.Millisecond), log.String())
	c.drive, c.observe = c.client(t, topologies.Drive), c.client(t, topologies.Observe)
	return c
}

func (c *cluster) client(t *testing.T, v topologies.View, opts ...kgo.Opt) *kgo.Client {
	t.Helper()
	e := c.Brokers(v)
	opts = append(opts, kgo.SeedBrokers(e.Seeds...))
	if e.Dial != nil {
		opts = append(opts, kgo.Dialer(e.Dial))
	}
	cl, err := kgo.NewClient(opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cl.Close)
	return cl
}

func find[T any](t *testing.T, c *cluster, id string) T {
	t.Helper()
	for _, n := range c.Nodes() {
		if n.ID() == id {
			can, ok := n.(T)
			if !ok {
				t.Fatalf("%s is no %T", id, can)
			}
			return can
		}
	}
	t.Fatalf("there is no node %s", id)
	var none T
	return none
}

func (c *cluster) link(t *testing.T, from, to string) topologies.Link {
	t.Helper()
	for _, l := range c.Links() {
		if l.From() == from && l.To() == to && l.Port() == "kafka" {
			return l
		}
	}
	t.Fatalf("there is no link %s -> %s", from, to)
	return nil
}

func TestContainersThreeBrokersAndTwoProcessors(t *testing.T) {
	e := requireDocker(t)
	run := "t" + strconv.Itoa(os.Getpid())
	c := up(t, run, topologies.Spec{
		Provider: "docker",
		Broker:   topologies.BrokerSpec{Kind: "kafka", Nodes: 3},
		Processors: []topologies.ProcessorSpec{
			{Name: "processor", Reference: "at-least-once", Instances: 2},
		},
	})
	// The steps build on each other; each is a subtest for its name alone.
	t.Run("a topic is created through the observe view", func(t *testing.T) {
		adm := kadm.NewClient(c.observe)
		r, err := adm.CreateTopics(t.Context(), 6, 3, nil, "in", "out")
		if err := errors.Join(err, r.Error()); err != nil {
			t.Fatal(err)
		}
		eventually(t, "six partitions on three brokers", func(ctx context.Context) (bool, error) {
			d, err := adm.ListTopics(ctx, "in")
			if err != nil {
				return false, err
			}
			for _, p := range d["in"].Partitions {
				if len(p.ISR) != 3 {
					return false, fmt.Errorf("partition %d has %d in sync", p.Partition, len(p.ISR))
				}
			}
			return len(d["in"].Partitions) == 6, nil
		})
	})
	if t.Failed() {
		return
	}
	t.Run("processors move what the driver wrote", func(t *testing.T) {
		if err := c.Launch(t.Context(), func(topologies.ProcessorSpec, int) topologies.Vars {
			return topologies.Vars{Input: "in", Output: "out", Group: "g"}
		}); err != nil {
			t.Fatal(err)
		}
		c.produce(t, "before", 200)
		c.await(t, "before", 200)
	})
	t.Run("a one-way hold of a link between brokers shows in its traffic", func(t *testing.T) {
		link := c.link(t, "broker-1", "broker-2") // a follower's fetches and what else it asks
		holder, meter := link.(topologies.Holder), link.(topologies.Meter)
		if err := holder.Hold(t.Context(), topologies.Forward); err != nil {
			t.Fatal(err)
		}
		eventually(t, "bytes are held on the way to broker-2", func(ctx context.Context) (bool, error) {
			tr, err := meter.Traffic(ctx)
			return tr.HeldForward > 0 && tr.HeldBackward == 0, err
		})
		back, err := c.link(t, "broker-2", "broker-1").(topologies.Meter).Traffic(t.Context())
		if err != nil || back.HeldForward != 0 {
			t.Errorf("the link back holds %d bytes (error %v): a one-way hold must not touch it", back.HeldForward, err)
		}
		if err := holder.Release(t.Context(), topologies.Forward); err != nil {
			t.Fatal(err)
		}
	})
	t.Run("a killed broker is gone and comes back with its address and disk", func(t *testing.T) {
		node := find[interface {
			topologies.Killer
			topologies.Starter
			topologies.Stater
			topologies.Logger
		}](t, c, "broker-2")
		first := state(t, node)
		if first.Status != topologies.Running || first.PID == 0 || first.Starts != 1 {
			t.Errorf("before: %+v", first)
		}
		if err := node.Kill(t.Context()); err != nil {
			t.Fatal(err)
		}
		if s := state(t, node); s.Status != topologies.Exited || s.ExitCode != 137 || s.Signal != "killed" {
			t.Errorf("killed: %+v", s)
		}
		c.produce(t, "during", 100)
		if err := node.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		s := state(t, node)
		if s.Status != topologies.Running || s.PID == first.PID || s.Starts != 2 || !s.Since.After(first.Since) {
			t.Errorf("started again: %+v, first %+v", s, first)
		}
		eventually(t, "broker-2 is in sync everywhere", func(ctx context.Context) (bool, error) {
			d, err := kadm.NewClient(c.observe).ListTopics(ctx, "in")
			if err != nil {
				return false, err
			}
			n := 0
			for _, p := range d["in"].Partitions {
				n += len(p.ISR)
			}
			return n == 18, fmt.Errorf("%d replicas in sync", n)
		})
		c.await(t, "during", 100)
		eventually(t, "the log tells of two starts, each once", func(context.Context) (bool, error) {
			b, err := os.ReadFile(node.LogFile())
			return bytes.Count(b, []byte("Kafka Server started")) == 2 && bytes.Count(b, []byte("Formatting")) == 1, err
		})
	})
	t.Run("a paused processor stands still and goes on", func(t *testing.T) {
		node := find[interface {
			topologies.Pauser
			topologies.Stater
		}](t, c, "processor-1")
		if err := node.Pause(t.Context()); err != nil {
			t.Fatal(err)
		}
		paused := state(t, node)
		if paused.Status != topologies.Paused || paused.PID == 0 {
			t.Errorf("paused: %+v", paused)
		}
		if err := node.Resume(t.Context()); err != nil {
			t.Fatal(err)
		}
		if s := state(t, node); s.Status != topologies.Running || s.PID != paused.PID || s.Starts != 1 {
			t.Errorf("resumed: %+v", s)
		}
		c.produce(t, "after", 100)
		c.await(t, "after", 100)
	})
	t.Run("isolating a broker from the driver leaves the observe view alone", func(t *testing.T) {
		link := c.link(t, "driver", "broker-1").(topologies.Holder)
		if err := link.Hold(t.Context(), topologies.Both); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		fresh := c.client(t, topologies.Observe)
		if _, err := kadm.NewClient(fresh).ListEndOffsets(ctx, "in"); err != nil {
			t.Errorf("the observe view: %v", err)
		}
		if err := link.Release(t.Context(), topologies.Both); err != nil {
			t.Fatal(err)
		}
	})
	t.Run("nothing is left after a close of paused and killed nodes", func(t *testing.T) {
		if err := find[topologies.Pauser](t, c, "processor-2").Pause(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := find[topologies.Killer](t, c, "broker-3").Kill(t.Context()); err != nil {
			t.Fatal(err)
		}
		cancelled, cancel := context.WithCancel(t.Context())
		cancel() // as after an interrupt
		if err := c.Close(cancelled); err != nil {
			t.Fatal(err)
		}
		nothingLeft(t, e, run)
		if err := c.Close(t.Context()); err != nil {
			t.Errorf("the second close: %v", err)
		}
	})
}

func TestContainersOfAnInterruptedStartAreGone(t *testing.T) {
	e := requireDocker(t)
	run := "i" + strconv.Itoa(os.Getpid())
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	log := &trigger{on: "waiting", do: cancel} // when all containers run
	topo, err := docker.New().Up(ctx, topologies.Spec{
		Provider: "docker", Broker: topologies.BrokerSpec{Kind: "kafka", Nodes: 2},
	}, topologies.Env{Run: run, Dir: t.TempDir(), Log: log})
	if _, ok := errors.AsType[*topologies.EnvironmentError](err); ok {
		withoutDocker(t, err)
	}
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want that of the cancelled context", err)
	}
	if topo == nil {
		t.Fatal("no topology to close")
	}
	if err := topo.Close(ctx); err != nil {
		t.Error(err)
	}
	nothingLeft(t, e, run)
}

// trigger does something when the text is first written to it.
type trigger struct {
	on string
	do func()
}

func (w *trigger) Write(b []byte) (int, error) {
	if strings.Contains(string(b), w.on) {
		w.do()
	}
	return len(b), nil
}

func TestContainersOfAnImageThatIsNowhereAreAnEnvironmentError(t *testing.T) {
	e := requireDocker(t)
	run := "m" + strconv.Itoa(os.Getpid())
	topo, err := docker.New().Up(t.Context(), topologies.Spec{
		Provider: "docker", Broker: topologies.BrokerSpec{Kind: "kafka", Nodes: 1},
	}, topologies.Env{Run: run, Dir: t.TempDir(), Images: map[string]string{"kafka": "127.0.0.1:1/nowhere:1"}})
	if _, ok := errors.AsType[*topologies.EnvironmentError](err); !ok {
		t.Errorf("error %v, want an environment error", err)
	}
	if topo != nil {
		if err := topo.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}
	nothingLeft(t, e, run)
}

func nothingLeft(t *testing.T, e *engine.Engine, run string) {
	t.Helper()
	mine := make(client.Filters).Add("label", "surety.run="+run)
	containers, err := e.API.ContainerList(t.Context(), client.ContainerListOptions{All: true, Filters: mine})
	if err != nil {
		t.Fatal(err)
	}
	networks, err := e.API.NetworkList(t.Context(), client.NetworkListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range containers.Items {
		t.Errorf("left behind: container %v", c.Names)
	}
	for _, n := range networks.Items {
		if n.Labels["surety.run"] == run || n.Name == "reaper_default" {
			t.Errorf("left behind: network %s", n.Name)
		}
	}
}

func state(t *testing.T, n topologies.Stater) topologies.ProcessState {
	t.Helper()
	s, err := n.State(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// produce writes n records with keys of their own through the drive view.
func (c *cluster) produce(t *testing.T, prefix string, n int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var rs []*kgo.Record
	for i := range n {
		key := fmt.Sprintf("%s-%d", prefix, i)
		rs = append(rs, &kgo.Record{Topic: "in", Key: []byte(key), Value: []byte(key)})
	}
	if err := c.drive.ProduceSync(ctx, rs...).FirstErr(); err != nil {
		t.Fatalf("produce: %v", err)
	}
}

// await reads the output by the observe view until all n records are there.
func (c *cluster) await(t *testing.T, prefix string, n int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	r := c.client(t, topologies.Observe, kgo.ConsumeTopics("out"), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	defer r.Close()
	seen := map[string]bool{}
	for len(seen) < n {
		fs := r.PollFetches(ctx)
		if ctx.Err() != nil {
			t.Fatalf("%d of %d records came out in %s", len(seen), n, patience)
		}
		fs.EachRecord(func(rec *kgo.Record) {
			if strings.HasPrefix(string(rec.Key), prefix+"-") {
				seen[string(rec.Key)] = true
			}
		})
	}
}
