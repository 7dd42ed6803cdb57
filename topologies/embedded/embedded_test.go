package embedded_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"go.uber.org/goleak"

	"surety/topologies"
	"surety/topologies/embedded"
)

// patience bounds every wait of these tests.
const patience = 20 * time.Second

// TestMain is also the processors of these tests: the provider starts this
// binary as `<self> processor NAME`.
func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == "processor" {
		child(os.Args[2], os.Stdout)
		return
	}
	goleak.VerifyTestMain(m)
}

// child is a processor that says what it was told and then behaves as its name
// says.
func child(name string, out io.Writer) {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	if name == "harness" {
		harness(ctx, out)
		return
	}
	say(out, "name=%s instance=%s dir=%s\n", os.Getenv("SURETY_NAME"), os.Getenv("SURETY_INSTANCE"), os.Getenv("SURETY_DIR"))
	switch name {
	case "idle":
		<-ctx.Done()
		say(out, "asked to stop\n")
	case "stubborn":
		select {}
	case "exit":
		os.Exit(3)
	case "produce":
		produce(ctx, out)
	case "slow":
		slow(ctx, out)
	}
}

// slow is ready after a while: it says so, and its port accepts.
func slow(ctx context.Context, out io.Writer) {
	var usr1 = make(chan os.Signal, 1)
	signal.Notify(usr1, syscall.SIGUSR1)
	text, err := os.ReadFile(filepath.Join(os.Getenv("SURETY_DIR"), "conf", "app.yaml"))
	say(out, "it reads %s %v\n", text, err)
	count := filepath.Join(os.Getenv("SURETY_DIR"), "count")
	before, _ := os.ReadFile(count)
	if err := os.WriteFile(count, append(before, 'x'), 0o600); err != nil {
		say(out, "%v\n", err)
	}
	timer := time.NewTimer(100 * time.Millisecond)
	defer timer.Stop()
	<-timer.C
	say(out, "ready with start %d of its disk\n", len(before)+1)
	select {
	case <-ctx.Done():
	case s := <-usr1:
		say(out, "stopped by %v\n", s)
	}
}

// harness brings a topology up and waits to be killed.
func harness(ctx context.Context, out io.Writer) {
	p := embedded.New()
	p.Self = []string{os.Args[0]}
	top, err := p.Up(ctx, topologies.Spec{
		Broker:     topologies.BrokerSpec{Kind: "kafka"},
		Processors: []topologies.ProcessorSpec{{Reference: "stubborn", Instances: 1}},
	}, topologies.Env{Dir: os.Getenv("SURETY_DIR")})
	if err == nil {
		err = top.Launch(ctx, func(topologies.ProcessorSpec, int) topologies.Vars { return topologies.Vars{} })
	}
	if err != nil {
		say(out, "%v\n", err)
		return
	}
	s, err := top.Nodes()[3].(topologies.Stater).State(ctx)
	if err != nil {
		say(out, "%v\n", err)
		return
	}
	say(out, "pid %d\n", s.PID)
	<-ctx.Done()
}

func say(out io.Writer, format string, args ...any) { _, _ = fmt.Fprintf(out, format, args...) }

// produce writes small records to SURETY_OUTPUT until it is asked to stop.
func produce(ctx context.Context, out io.Writer) {
	cl, err := kgo.NewClient(
		kgo.SeedBrokers(strings.Split(os.Getenv("SURETY_BOOTSTRAP"), ",")...),
		kgo.DefaultProduceTopic(os.Getenv("SURETY_OUTPUT")),
		kgo.RecordPartitioner(kgo.RoundRobinPartitioner()),
	)
	if err != nil {
		say(out, "%v\n", err)
		os.Exit(1)
	}
	defer cl.Close()
	pace := time.NewTicker(2 * time.Millisecond)
	defer pace.Stop()
	for n := 0; ; n++ {
		select {
		case <-ctx.Done():
			return
		case <-pace.C:
			cl.Produce(ctx, kgo.StringRecord(fmt.Sprint(n)), nil)
		}
	}
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// up brings a topology up and closes it with the test.
func up(t *testing.T, processors ...topologies.ProcessorSpec) (topologies.Topology, topologies.Env) {
	t.Helper()
	exe, err := os.Executable()
	ok(t, err)
	p := embedded.New()
	p.Self = []string{exe}
	env := topologies.Env{Run: "r1", Dir: t.TempDir()}
	spec := topologies.Spec{Provider: "embedded", Broker: topologies.BrokerSpec{Kind: "kafka"}, Processors: processors}
	top, err := p.Up(t.Context(), spec, env)
	if top != nil {
		t.Cleanup(func() {
			ctx, cancel := context.WithTimeout(context.Background(), patience)
			defer cancel()
			if err := top.Close(ctx); err != nil {
				t.Errorf("close: %v", err)
			}
		})
	}
	ok(t, err)
	return top, env
}

func launch(t *testing.T, top topologies.Topology) {
	t.Helper()
	ok(t, top.Launch(t.Context(), func(topologies.ProcessorSpec, int) topologies.Vars {
		return topologies.Vars{Input: "in", Output: "out", Group: "g"}
	}))
}

// full is all that a processor node can do.
type full interface {
	topologies.Node
	topologies.Killer
	topologies.Stopper
	topologies.Starter
	topologies.Wiper
	topologies.Pauser
	topologies.Stater
	topologies.Logger
}

func node(t *testing.T, top topologies.Topology, id string) full {
	t.Helper()
	for _, n := range top.Nodes() {
		if n.ID() == id {
			return n.(full)
		}
	}
	t.Fatalf("no node %s", id)
	return nil
}

func state(t *testing.T, n topologies.Stater) topologies.ProcessState {
	t.Helper()
	s, err := n.State(t.Context())
	ok(t, err)
	return s
}

// until waits for cond.
func until(t *testing.T, what string, cond func() bool) {
	t.Helper()
	deadline := time.After(patience)
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !cond() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("not seen in %v: %s", patience, what)
		}
	}
}

func logOf(t *testing.T, n topologies.Logger) string {
	t.Helper()
	b, err := os.ReadFile(n.LogFile())
	ok(t, err)
	return string(b)
}

func client(t *testing.T, e topologies.Endpoint, opts ...kgo.Opt) *kgo.Client {
	t.Helper()
	opts = append(opts, kgo.SeedBrokers(e.Seeds...), kgo.DisableClientMetrics(), kgo.MetadataMinAge(50*time.Millisecond))
	if e.Dial != nil {
		opts = append(opts, kgo.Dialer(e.Dial))
	}
	cl, err := kgo.NewClient(opts...)
	ok(t, err)
	t.Cleanup(cl.Close)
	return cl
}

func createTopic(t *testing.T, top topologies.Topology, name string, partitions int32, config map[string]*string) {
	t.Helper()
	_, err := kadm.NewClient(client(t, top.Brokers(topologies.Observe))).CreateTopic(t.Context(), partitions, -1, config, name)
	ok(t, err)
}

func traffic(t *testing.T, l topologies.Link) topologies.Traffic {
	t.Helper()
	tr, err := l.(topologies.Meter).Traffic(t.Context())
	ok(t, err)
	return tr
}

// link finds the link of from to to.
func link(t *testing.T, top topologies.Topology, from, to string) topologies.Link {
	t.Helper()
	for _, l := range top.Links() {
		if l.From() == from && l.To() == to {
			return l
		}
	}
	t.Fatalf("no link %s -> %s", from, to)
	return nil
}

func running(pid int) bool {
	_, err := os.Stat(filepath.Join("/proc", fmt.Sprint(pid)))
	return err == nil
}
