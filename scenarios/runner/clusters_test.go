package runner

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"surety/scenarios"
	"surety/topologies"
)

// sharing is a provider of clusters that only count.
type sharing struct {
	topologies.Provider
	all   []*brokers
	fails error // of the next start
}

func (s *sharing) Name() string { return "sharing" }

func (s *sharing) Cluster(context.Context, topologies.Spec, topologies.Env) (topologies.Cluster, error) {
	b := &brokers{}
	s.all = append(s.all, b)
	return b, s.fails
}

// open lists which clusters are there, by their order.
func (s *sharing) open() []int {
	var open []int
	for i, b := range s.all {
		if b.closed == 0 {
			open = append(open, i)
		}
	}
	return open
}

type brokers struct {
	sick   error
	fails  error // of the next topology
	joined int
	on     int // topologies that are there now
	closed int
}

func (b *brokers) Whole(context.Context) error { return b.sick }
func (b *brokers) Close(context.Context) error { b.closed++; return nil }
func (b *brokers) Join(context.Context, topologies.Spec, topologies.Env) (topologies.Topology, error) {
	b.joined++
	b.on++
	return &guest{on: b}, b.fails
}

type guest struct {
	topologies.Topology
	on *brokers
}

func (g *guest) Close(context.Context) error { g.on.on--; return nil }

func spec(nodes int) topologies.Spec {
	return topologies.Spec{Provider: "sharing", Broker: topologies.BrokerSpec{Kind: "kafka", Nodes: nodes}}
}

func own(s topologies.Spec) topologies.Spec {
	s.Cluster = topologies.OwnCluster
	return s
}

func TestPlansShareAClusterOnlyWhereNothingSpeaksAgainst(t *testing.T) {
	taint := errors.New("broker-2 is exited")
	withConfig := spec(3)
	withConfig.Broker.Config = map[string]string{"min.insync.replicas": "1"}
	for _, tt := range []struct {
		why   string
		specs []topologies.Spec
		taint map[int]error // of a plan's run
		sick  map[int]error // of the cluster, after a plan
		want  []int         // which cluster each plan gets
	}{
		{"the same brokers", []topologies.Spec{spec(3), spec(3), spec(3)}, nil, nil, []int{0, 0, 0}},
		{"another number of brokers", []topologies.Spec{spec(3), spec(1), spec(3), spec(1)}, nil, nil, []int{0, 1, 0, 1}},
		{"another setting", []topologies.Spec{spec(3), withConfig, spec(3)}, nil, nil, []int{0, 1, 0}},
		{"one wants its own", []topologies.Spec{spec(3), own(spec(3)), spec(3)}, nil, nil, []int{0, 1, 0}},
		{"all want their own", []topologies.Spec{own(spec(3)), own(spec(3))}, nil, nil, []int{0, 1}},
		{"the first run taints it", []topologies.Spec{spec(3), spec(3), spec(3)}, map[int]error{0: taint}, nil, []int{0, 1, 1}},
		{"it falls sick while nobody has it", []topologies.Spec{spec(3), spec(3), spec(3)}, nil, map[int]error{1: taint}, []int{0, 0, 1}},
	} {
		t.Run(tt.why, func(t *testing.T) {
			var plans []*scenarios.Plan
			for _, s := range tt.specs {
				plans = append(plans, &scenarios.Plan{Topology: s})
			}
			p := &sharing{}
			var log strings.Builder
			c := newClusters(Options{Log: &log}, Once(plans...))
			var got []int
			for i, s := range tt.specs {
				c.begins(s)
				ten, err := c.join(t.Context(), p, s, topologies.Env{})
				if err != nil {
					t.Fatal(err)
				}
				b := ten.cluster.(*brokers)
				at := slices.Index(p.all, b)
				got = append(got, at)
				if ten.reused != slices.Contains(got[:i], at) {
					t.Errorf("plan %d: reused is %v", i, ten.reused)
				}
				if b.on != 1 || b.closed != 0 {
					t.Errorf("plan %d is on a cluster with %d topologies, closed %d times", i, b.on, b.closed)
				}
				gone, err := ten.leave(t.Context(), tt.taint[i])
				if err != nil {
					t.Fatal(err)
				}
				if (b.closed == 1) != gone || b.on != 0 {
					t.Errorf("plan %d: gone %v, closed %d times, %d topologies left", i, gone, b.closed, b.on)
				}
				b.sick = tt.sick[i]
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("clusters %v, want %v", got, tt.want)
			}
			if open := p.open(); len(open) > 0 {
				t.Errorf("clusters %v are left when no plan wants them", open)
			}
			if tt.sick != nil && !strings.Contains(log.String(), "not used again: broker-2 is exited") {
				t.Errorf("the log does not say why: %q", log.String())
			}
		})
	}
}

func TestAClusterThatDidNotServeIsRemoved(t *testing.T) {
	for _, tt := range []struct {
		why string
		p   *sharing
	}{
		{"its start failed half way", &sharing{fails: errors.New("no memory")}},
		{"the topology failed half way", &sharing{}},
	} {
		c := newClusters(Options{}, Once(&scenarios.Plan{Topology: spec(3)}, &scenarios.Plan{Topology: spec(3)}))
		c.begins(spec(3))
		ten, err := c.join(t.Context(), tt.p, spec(3), topologies.Env{})
		if tt.p.fails == nil {
			tt.p.all[0].fails = errors.New("the port is taken")
			if _, err := ten.leave(t.Context(), nil); err != nil {
				t.Fatal(err)
			}
			c.begins(spec(3))
			ten, err = c.join(t.Context(), tt.p, spec(3), topologies.Env{})
		}
		if err == nil {
			t.Fatalf("%s: no error", tt.why)
		}
		if gone, leaveErr := ten.leave(t.Context(), err); !gone || leaveErr != nil || len(tt.p.open()) > 0 {
			t.Errorf("%s: gone %v, %v; open are %v", tt.why, gone, leaveErr, tt.p.open())
		}
	}
}

func TestAnInterruptedSuiteRemovesIdleClusters(t *testing.T) {
	p := &sharing{}
	c := newClusters(Options{}, Once(&scenarios.Plan{Topology: spec(3)}, &scenarios.Plan{Topology: spec(3)}))
	c.begins(spec(3))
	ten, err := c.join(t.Context(), p, spec(3), topologies.Env{})
	if err != nil {
		t.Fatal(err)
	}
	if gone, err := ten.leave(t.Context(), nil); gone || err != nil {
		t.Fatalf("gone %v, %v: the second plan wants it", gone, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := c.close(ctx); err != nil || len(p.open()) > 0 {
		t.Errorf("%v; open are %v", err, p.open())
	}
}

// TestClustersAreHandedOnOneAtATime: never to two at the same time, never used after a taint, and never
// left, in whatever order plans begin and end.
func TestClustersAreHandedOnOneAtATime(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var plans []*scenarios.Plan
		for range rapid.IntRange(1, 12).Draw(t, "plans") {
			s := spec(rapid.IntRange(1, 2).Draw(t, "nodes"))
			if rapid.IntRange(0, 4).Draw(t, "own") == 0 {
				s = own(s)
			}
			plans = append(plans, &scenarios.Plan{Topology: s})
		}
		p := &sharing{}
		c := newClusters(Options{}, Once(plans...))
		tainted := map[*brokers]bool{}
		var running []*tenancy
		for next := 0; next < len(plans) || len(running) > 0; {
			if next < len(plans) && (len(running) == 0 || rapid.Bool().Draw(t, "begin")) {
				s := plans[next].Topology
				next++
				c.begins(s)
				ten, err := c.join(context.Background(), p, s, topologies.Env{})
				if err != nil {
					t.Fatal(err)
				}
				if b := ten.cluster.(*brokers); b.on != 1 || b.closed != 0 || tainted[b] || s.Cluster != "" && b.joined != 1 {
					t.Fatalf("handed out with %d topologies on it, closed %d times, tainted %v", b.on, b.closed, tainted[b])
				}
				running = append(running, ten)
				continue
			}
			i := rapid.IntRange(0, len(running)-1).Draw(t, "end")
			ten := running[i]
			running = slices.Delete(running, i, i+1)
			var taint error
			if rapid.IntRange(0, 3).Draw(t, "taint") == 0 {
				taint = errors.New("tainted")
				tainted[ten.cluster.(*brokers)] = true
			}
			if _, err := ten.leave(context.Background(), taint); err != nil {
				t.Fatal(err)
			}
		}
		if open := p.open(); len(open) > 0 {
			t.Fatalf("clusters %v are left", open)
		}
	})
}
