package runner

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"

	"surety/checker/history"
	"surety/scenarios"
	"surety/topologies"
	"surety/workload/kafka"
)

// beginning is a run on three emulated brokers that was told to expect so many.
func beginning(t *testing.T, expects int) *execution {
	t.Helper()
	c, err := kfake.NewCluster(kfake.NumBrokers(3))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	admin, err := kafka.NewAdmin(topologies.Endpoint{Seeds: c.ListenAddrs()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(admin.Close)
	dir, err := history.MakeDir(t.TempDir() + "/run")
	if err != nil {
		t.Fatal(err)
	}
	w, err := history.Create(dir, history.Header{Format: history.Format})
	if err != nil {
		t.Fatal(err)
	}
	p := &scenarios.Plan{}
	p.Topology.Broker.Nodes = expects
	return &execution{plan: p, topo: &tenancy{}, admin: admin, dir: dir, w: w, clock: history.NewClock()}
}

// samples closes the history and reads its samples.
func samples(t *testing.T, e *execution) []history.Sample {
	t.Helper()
	e.w.Append(history.KindEnd, history.End{At: e.clock.Now()})
	if err := e.w.Close(); err != nil {
		t.Fatal(err)
	}
	r, err := history.Open(e.dir.History())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	var all []history.Sample
	for {
		var rec history.Record
		if err := r.Next(&rec); err != nil {
			return all
		}
		if rec.Kind == history.KindSample {
			var s history.Sample
			if err := rec.As(&s); err != nil {
				t.Fatal(err)
			}
			all = append(all, s)
		}
	}
}

func TestASickClusterIsTheEnvironmentsAndNamed(t *testing.T) {
	e := beginning(t, 4)
	err := e.healthy(t.Context(), 300*time.Millisecond)
	env, ok := errors.AsType[*topologies.EnvironmentError](err)
	if !ok || !strings.Contains(env.What, "3 of 4 brokers are registered") || env.Try == "" {
		t.Errorf("error %v, want one of the environment that names what is sick", err)
	}
	s := samples(t, e)
	if len(s) != 1 || s[0].Name != notWholeMS || !strings.Contains(s[0].Of, "before the scenario: 3 of 4") || s[0].Value < 200 {
		t.Errorf("samples %+v", s)
	}
}

func TestAWholeClusterIsWrittenDownWithItsTime(t *testing.T) {
	e := beginning(t, 3)
	if err := e.healthy(t.Context(), 20*time.Second); err != nil {
		t.Fatal(err)
	}
	if s := samples(t, e); len(s) != 1 || s[0].Name != wholeMS || s[0].Of != "before the scenario" {
		t.Errorf("samples %+v", s)
	}
}

func TestAnInterruptionIsNoSickness(t *testing.T) {
	e := beginning(t, 4)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := e.healthy(ctx, time.Minute); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

func TestWhatIsNotWholeAtTheEndTaintsTheCluster(t *testing.T) {
	for _, tt := range []struct {
		why  string
		sick error
		want string // empty = it may go on
	}{
		{"all is as it was", nil, ""},
		{"a link that is still held", errors.New("the link broker-1 -> broker-2:kafka is still held"), "still held"},
	} {
		e := beginning(t, 3)
		e.topo = &tenancy{name: "shared", cluster: &brokers{sick: tt.sick}}
		e.fitForMore(t.Context())
		if (e.tainted == nil) != (tt.want == "") || e.tainted != nil && !strings.Contains(e.tainted.Error(), tt.want) {
			t.Errorf("%s: tainted %v, want %q", tt.why, e.tainted, tt.want)
		}
	}
}
