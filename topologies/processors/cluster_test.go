package processors

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
)

const (
	keys       = 50
	partitions = 6
	rate       = 700 // records a second
)

// bench is three brokers behind a network, a driver, and processors as children.
type bench struct {
	t       *testing.T
	ctx     context.Context
	net     *network
	cluster *kfake.Cluster
	client  *kgo.Client // the test's own, past the network
	admin   *kadm.Client
	env     map[string]string

	perSecond atomic.Int64 // records that the driver offers

	mu       sync.Mutex
	children map[string]*child
	log      *bytes.Buffer
	sent     map[string]int // records of each key: 0..n-1
}

func newBench(t *testing.T, session time.Duration) *bench {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	t.Cleanup(cancel)
	n := newNetwork(t)
	cluster, err := kfake.NewCluster(kfake.NumBrokers(3), kfake.ListenFn(n.listen),
		kfake.SeedTopics(partitions, "in", "out"), kfake.GroupMinSessionTimeout(100*time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	cl, err := kgo.NewClient(kgo.SeedBrokers(cluster.ListenAddrs()...), kgo.Dialer(n.dial),
		kgo.ProducerBatchCompression(kgo.NoCompression()), kgo.DefaultProduceTopic("in"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cl.Close)
	b := &bench{
		t: t, ctx: ctx, net: n, cluster: cluster, client: cl, admin: kadm.NewClient(cl),
		children: map[string]*child{}, log: &bytes.Buffer{}, sent: map[string]int{},
		env: map[string]string{
			"SURETY_BOOTSTRAP": strings.Join(cluster.ListenAddrs(), ","),
			"SURETY_INPUT":     "in", "SURETY_OUTPUT": "out", "SURETY_GROUP": "group",
			"SURETY_SESSION_TIMEOUT": session.String(),
		},
	}
	t.Cleanup(b.stopAll)
	t.Cleanup(func() {
		if t.Failed() {
			b.mu.Lock()
			defer b.mu.Unlock()
			t.Logf("processors said:\n%s", b.log)
		}
	})
	return b
}

// child is one processor instance as a process of its own.
type child struct {
	cmd  *exec.Cmd
	gone chan struct{}
	err  error
}

// Write collects what the children say.
func (b *bench) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.log.Write(p)
}

func (b *bench) start(processor string, instance int) {
	b.t.Helper()
	name := fmt.Sprintf("processor-%d", instance)
	c := &child{cmd: exec.Command(os.Args[0]), gone: make(chan struct{})}
	c.cmd.Env = append(os.Environ(), asProcessor+"="+processor, "SURETY_NAME="+name, fmt.Sprintf("SURETY_INSTANCE=%d", instance))
	for k, v := range b.env {
		c.cmd.Env = append(c.cmd.Env, k+"="+v)
	}
	c.cmd.Stdout, c.cmd.Stderr = b, b
	// Closed when this process ends, however it does.
	if _, err := c.cmd.StdinPipe(); err != nil {
		b.t.Fatal(err)
	}
	if err := c.cmd.Start(); err != nil {
		b.t.Fatal(err)
	}
	go func() {
		defer close(c.gone)
		c.err = c.cmd.Wait()
	}()
	b.mu.Lock()
	b.children[name] = c
	b.mu.Unlock()
}

func (b *bench) child(instance int) *child {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.children[fmt.Sprintf("processor-%d", instance)]
}

func (b *bench) signal(instance int, s syscall.Signal) {
	b.t.Helper()
	if err := b.child(instance).cmd.Process.Signal(s); err != nil {
		b.t.Fatalf("signal %v to processor-%d: %v", s, instance, err)
	}
}

// kill ends an instance with SIGKILL and waits until it is gone.
func (b *bench) kill(instance int) {
	b.t.Helper()
	b.signal(instance, syscall.SIGKILL)
	<-b.child(instance).gone
}

// stop asks an instance to leave and requires that it does without an error.
func (b *bench) stop(instance int) {
	b.t.Helper()
	b.signal(instance, syscall.SIGTERM)
	c := b.child(instance)
	select {
	case <-c.gone:
	case <-time.After(30 * time.Second):
		b.t.Fatalf("processor-%d did not stop within 30 s", instance)
	}
	if c.err != nil {
		b.t.Fatalf("processor-%d stopped with an error: %v", instance, c.err)
	}
}

func (b *bench) stopAll() {
	b.mu.Lock()
	children := b.children
	b.mu.Unlock()
	for _, c := range children {
		select {
		case <-c.gone:
		default:
			_ = c.cmd.Process.Signal(syscall.SIGKILL)
			<-c.gone
		}
	}
}

// until waits for a condition and fails the test where it does not come.
func (b *bench) until(what string, limit time.Duration, holds func() bool) {
	b.t.Helper()
	for deadline := time.Now().Add(limit); !holds(); {
		if time.Now().After(deadline) || !pause(b.ctx, 20*time.Millisecond) {
			b.t.Fatalf("%s: not within %v", what, limit)
		}
	}
}

// joined waits until the group is stable with n members that all own partitions.
func (b *bench) joined(n int) {
	b.t.Helper()
	b.until(fmt.Sprintf("a stable group of %d", n), 30*time.Second, func() bool {
		groups, err := b.admin.DescribeGroups(b.ctx, "group")
		if err != nil || groups["group"].State != "Stable" || len(groups["group"].Members) != n {
			return false
		}
		owned := 0
		for _, m := range groups["group"].Members {
			if a, ok := m.Assigned.AsConsumer(); ok {
				mine := 0
				for _, t := range a.Topics {
					mine += len(t.Partitions)
				}
				if mine == 0 {
					return false
				}
				owned += mine
			}
		}
		return owned == partitions
	})
}

// drive offers records at the rate until told to stop, whatever the processors do.
func (b *bench) drive(stop <-chan struct{}) {
	due := time.Now()
	for n := 0; ; n++ {
		due = due.Add(time.Second / time.Duration(b.perSecond.Load()))
		select {
		case <-stop:
		case <-b.ctx.Done():
		case <-time.After(time.Until(due)):
			key := fmt.Sprintf("key-%d", n%keys)
			value := fmt.Sprintf("%s/%d", key, b.sent[key])
			b.sent[key]++
			b.client.Produce(b.ctx, &kgo.Record{Key: []byte(key), Value: []byte(value)}, nil)
			continue
		}
		break
	}
	if err := b.client.Flush(b.ctx); err != nil {
		b.t.Errorf("flush of the driver: %v", err)
	}
}

// pace sets how many records a second are offered.
func (b *bench) pace(perSecond int64) { b.perSecond.Store(perSecond) }

// load drives in the background; the function that it returns stops it.
func (b *bench) load() (stop func()) {
	b.pace(rate)
	quit := make(chan struct{})
	var running sync.WaitGroup
	running.Go(func() { b.drive(quit) })
	once := sync.OnceFunc(func() {
		close(quit)
		running.Wait()
	})
	b.t.Cleanup(once)
	return once
}

// flowing waits until every partition has output: both instances are at work.
func (b *bench) flowing() {
	b.t.Helper()
	b.until("output in all partitions", 30*time.Second, func() bool {
		ends, err := b.admin.ListEndOffsets(b.ctx, "out")
		if err != nil {
			return false
		}
		with := 0
		ends.Each(func(o kadm.ListedOffset) {
			if o.Offset > 0 {
				with++
			}
		})
		return with == partitions
	})
}

// drained waits until nothing more can come: all offsets are committed, and no
// output came for a quiet time.
func (b *bench) drained(quiet time.Duration) {
	b.t.Helper()
	end, since := int64(-1), time.Now()
	b.until("drained", 30*time.Second, func() bool {
		lags, err := b.admin.Lag(b.ctx, "group")
		ends, failed := b.admin.ListEndOffsets(b.ctx, "out")
		if err != nil || failed != nil {
			return false
		}
		sum := lags["group"].Lag.Total()
		now := int64(0)
		ends.Each(func(o kadm.ListedOffset) { now += o.Offset })
		if now != end || sum != 0 {
			end, since = now, time.Now()
		}
		return time.Since(since) > quiet
	})
}

// tally is what a final read of the output shows.
type tally struct{ lost, duplicated, reordered, phantom int }

// has is the count of a class.
func (c tally) has(class string) int {
	return map[string]int{"lost": c.lost, "duplicated": c.duplicated, "reordered": c.reordered}[class]
}

// breaks lists what a claim forbids.
func (c tally) breaks(p Processor) []string {
	forbidden := map[string][]string{
		"at-most-once":  {"duplicated"},
		"at-least-once": {"lost"},
		"exactly-once":  {"lost", "duplicated"},
	}[p.Declares]
	if p.Order == "key" {
		forbidden = append(forbidden, "reordered")
	}
	var broken []string
	for _, class := range forbidden {
		if n := c.has(class); n > 0 {
			broken = append(broken, fmt.Sprintf("%d %s", n, class))
		}
	}
	if c.phantom > 0 {
		broken = append(broken, fmt.Sprintf("%d never sent", c.phantom))
	}
	return broken
}

// count reads the whole output and compares it with what was sent.
func (b *bench) count() tally {
	b.t.Helper()
	var c tally
	seen := map[string]int{}
	highest := map[string]int{}
	cfg := Config{Bootstrap: b.cluster.ListenAddrs(), Output: "out"}
	if err := readBack(b.ctx, cfg, func(records []*kgo.Record) {
		for _, r := range records {
			key, seq := string(r.Key), -1
			if _, err := fmt.Sscanf(string(r.Value), key+"/%d", &seq); err != nil || seq < 0 || seq >= b.sent[key] {
				c.phantom++
				continue
			}
			seen[string(r.Value)]++
			switch {
			case seen[string(r.Value)] > 1:
				c.duplicated++
			case seq+1 < highest[key]:
				c.reordered++
			default:
				highest[key] = seq + 1
			}
		}
	}); err != nil {
		b.t.Fatalf("final read: %v", err)
	}
	for key, n := range b.sent {
		for seq := range n {
			if seen[fmt.Sprintf("%s/%d", key, seq)] == 0 {
				c.lost++
			}
		}
	}
	return c
}

func (b *bench) total() int {
	n := 0
	for _, k := range b.sent {
		n += k
	}
	return n
}
