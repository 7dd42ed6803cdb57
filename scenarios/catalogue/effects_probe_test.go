package catalogue

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"surety/checker/history"
	"surety/faults"
	"surety/topologies"
	"surety/topologies/docker/engine"
	"surety/workload"
	"surety/workload/kafka"
)

// probeImage is the probe of testdata in an image of its own.
const probeImage = "surety-test-probe:1"

// buildProbe compiles the client on the victim's side, static.
func buildProbe(t *testing.T, arch string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "probe")
	cmd := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-ldflags=-s -w", "-o", file, "./testdata/probe")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if arch != "" {
		cmd.Env = append(cmd.Env, "GOOS=linux", "GOARCH="+arch)
	}
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return file
}

func buildProbeImage(t *testing.T, e *engine.Engine) {
	t.Helper()
	program, err := os.ReadFile(buildProbe(t, e.Arch))
	if err != nil {
		t.Fatal(err)
	}
	const recipe = "FROM scratch\nCOPY probe /probe\nENTRYPOINT [\"/probe\"]\n"
	err = e.Build(t.Context(), engine.Build{Tag: probeImage, Files: []engine.File{
		{Name: "Dockerfile", Mode: 0o644, Size: int64(len(recipe)), Body: strings.NewReader(recipe)},
		{Name: "probe", Mode: 0o755, Size: int64(len(program)), Body: bytes.NewReader(program)},
	}})
	if err != nil {
		t.Fatal(err)
	}
}

// sight is one line of a probe: see its own comments.
type sight struct {
	Kind  string
	Conn  int
	N     int32
	Bytes int
	Sent  int64
	At    int64
	Err   string
}

// rig is a topology whose two processors are probes of broker-1.
type rig struct {
	topologies.Topology
	provider topologies.Provider
	admin    *kafka.Admin
}

const effectsTopic = "effects"

// raise brings a topology up with probes at work.
func raise(t *testing.T, p topologies.Provider, probe topologies.ProcessorSpec) *rig {
	t.Helper()
	probe.Name, probe.Instances, probe.Spare, probe.Env = "processor", 2, 1, map[string]string{"PARTITION": "{{.Group}}"}
	probe.Versions = map[string]topologies.Version{"v2": {}}
	spec := topologies.Spec{
		Provider: p.Name(), Broker: topologies.BrokerSpec{Kind: "kafka", Nodes: 3}, Processors: []topologies.ProcessorSpec{probe},
	}
	top, err := p.Up(t.Context(), spec, topologies.Env{Run: fmt.Sprintf("e%d", os.Getpid()), Dir: t.TempDir()})
	if top != nil {
		t.Cleanup(func() {
			if err := top.Close(context.Background()); err != nil {
				t.Error(err)
			}
		})
	}
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{Topology: top, provider: p}
	if r.admin, err = kafka.NewAdmin(top.Brokers(topologies.Observe)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.admin.Close)
	partition := r.partitionOfTheFirstBroker(t)
	err = top.Launch(t.Context(), func(topologies.ProcessorSpec, int) topologies.Vars {
		return topologies.Vars{Input: effectsTopic, Group: fmt.Sprint(partition)}
	})
	if err != nil {
		t.Fatal(err)
	}
	r.settled(t)
	return r
}

// partitionOfTheFirstBroker makes the topic and finds a partition that broker-1
// leads, which the probes poll there.
func (r *rig) partitionOfTheFirstBroker(t *testing.T) int32 {
	t.Helper()
	e := r.Brokers(topologies.Observe)
	opts := []kgo.Opt{kgo.SeedBrokers(e.Seeds...)}
	if e.Dial != nil {
		opts = append(opts, kgo.Dialer(e.Dial))
	}
	cl, err := kgo.NewClient(opts...)
	if err != nil {
		t.Fatal(err)
	}
	defer cl.Close()
	if err := r.admin.CreateTopics(t.Context(), kafka.TopicSpec{Name: effectsTopic, Partitions: 9, ReplicationFactor: 3}); err != nil {
		t.Fatal(err)
	}
	m, err := kadm.NewClient(cl).Metadata(t.Context(), effectsTopic)
	if err != nil {
		t.Fatal(err)
	}
	first := m.Brokers.NodeIDs()[0]
	for _, p := range m.Topics[effectsTopic].Partitions.Sorted() {
		if p.Leader == first {
			return p.Partition
		}
	}
	t.Fatal("broker-1 leads no partition")
	return 0
}

// sights reads what a probe has seen since the time.
func (r *rig) sights(t *testing.T, id string, since time.Time) []sight {
	t.Helper()
	text, err := os.ReadFile(r.node(t, id).(topologies.Logger).LogFile())
	if err != nil {
		t.Fatal(err)
	}
	var all []sight
	for one := range bytes.Lines(text) {
		var s sight
		if json.Unmarshal(one, &s) == nil && s.At >= since.UnixNano() {
			all = append(all, s)
		}
	}
	return all
}

func (r *rig) node(t *testing.T, id string) topologies.Node {
	t.Helper()
	i := slices.IndexFunc(r.Nodes(), func(n topologies.Node) bool { return n.ID() == id })
	if i < 0 {
		t.Fatalf("no node %s", id)
	}
	return r.Nodes()[i]
}

// soon waits until the condition holds.
func soon(t *testing.T, what string, cond func(ctx context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		err := cond(ctx)
		if err == nil {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("not in time: %s: %v", what, err)
		}
	}
}

// settled waits until every probe is answered quickly on all its connections and the
// cluster is whole.
func (r *rig) settled(t *testing.T) {
	t.Helper()
	soon(t, "a whole cluster", func(ctx context.Context) error { return r.admin.Healthy(ctx, 3, effectsTopic) })
	since := time.Now()
	soon(t, "quick answers to both probes", func(context.Context) error {
		for _, id := range []string{"processor-1", "processor-2"} {
			quick, polls := 0, 0
			for _, s := range r.sights(t, id, since) {
				switch took := time.Duration(s.At - s.Sent); {
				case s.Kind == "pong" && took < 40*time.Millisecond:
					quick++
				case s.Kind == "pong":
					quick = 0
				case s.Kind == "poll":
					polls++
				}
			}
			if quick < 20 || polls == 0 {
				return fmt.Errorf("%s has %d quick answers in a row and %d polls", id, quick, polls)
			}
		}
		return nil
	})
}

// course is what a fault did, on the victim's side.
type course struct {
	t        *testing.T
	rig      *rig
	began    time.Time // the fault was asked for
	injected time.Time // it was there
	healing  time.Time // its end was asked for
	healed   time.Time // the victim's side showed that it is over
	shown    history.Evidence
	back     history.Evidence // of the healing
}

// suffer takes the rig through the fault, for at least the given time.
func (r *rig) suffer(t *testing.T, f faults.Fault, length time.Duration) (*course, error) {
	t.Helper()
	c := &course{t: t, rig: r}
	sys := faults.System{Nodes: r.Nodes(), Links: r.Links(), Whole: func(ctx context.Context) (history.Evidence, error) {
		if err := r.admin.Healthy(ctx, 3, effectsTopic); err != nil {
			return history.Evidence{Text: err.Error()}, nil
		}
		return history.Evidence{Shown: true}, nil
	}}
	if s, is := f.(*faults.Surge); is {
		offer, stop := offered(t, s.Times, length)
		defer stop()
		sys.Offer = offer
	}
	life := faults.NewLife(0, f, sys, func(h history.Fault) {
		switch {
		case h.Phase == history.FaultInEffect && h.Evidence.Shown:
			c.shown = h.Evidence
		case h.Phase == history.FaultHealed:
			c.back = h.Evidence
		}
	})
	defer func() {
		if err := life.Cleanup(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	}()
	c.began = time.Now()
	if err := life.Inject(t.Context()); err != nil {
		return c, err
	}
	c.injected = time.Now()
	short, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	if err := life.AwaitEffect(short); err != nil {
		return c, err
	}
	rest := time.NewTimer(time.Until(c.injected.Add(length)))
	defer rest.Stop()
	<-rest.C
	if err := life.Summary(t.Context()); err != nil {
		return c, err
	}
	c.healing = time.Now()
	if err := life.Heal(t.Context()); err != nil {
		return c, err
	}
	long, cancel := context.WithTimeout(t.Context(), 90*time.Second)
	defer cancel()
	err := life.AwaitHealed(long)
	c.healed = time.Now()
	if !c.shown.Shown {
		err = errors.Join(err, errors.New("its effect was not shown"))
	}
	r.settled(t)
	return c, err
}

// offered hands over records on the schedule of a load that surges now.
func offered(t *testing.T, times float64, length time.Duration) (offer *faults.Offer, stop func()) {
	t.Helper()
	const rate = 200
	var sent atomic.Int64
	clock := history.NewClock()
	schedule := workload.Schedule{Begin: clock.Now(), Rate: rate, Surges: []workload.Surge{{For: length, Times: times}}}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for n := int64(0); ; n++ {
			if _, err := schedule.Wait(ctx, clock, n); err != nil {
				return
			}
			sent.Add(1)
		}
	}()
	return &faults.Offer{Rate: rate, Sent: sent.Load}, func() { cancel(); <-done }
}

// seen gives what the first probe saw of a kind between two times.
func (c *course) seen(kind string, from, to time.Time) []sight {
	return c.seenBy("processor-1", kind, from, to)
}

func (c *course) seenBy(id, kind string, from, to time.Time) []sight {
	var some []sight
	for _, s := range c.rig.sights(c.t, id, from) {
		if s.Kind == kind && s.At < to.UnixNano() {
			some = append(some, s)
		}
	}
	return some
}
