package runner

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"surety/checker/history"
	"surety/topologies"
)

// logged is a topology of nodes that have written logs.
type logged struct {
	topologies.Topology
	nodes []topologies.Node
}

func (l logged) Nodes() []topologies.Node { return l.nodes }

type loggedNode struct{ id, file string }

func (n loggedNode) ID() string                { return n.id }
func (n loggedNode) Kind() topologies.NodeKind { return topologies.ProcessorNode }
func (n loggedNode) LogFile() string           { return n.file }

const became = "stream-client [x] State transition from REBALANCING to RUNNING"

func signalsIn(t *testing.T, logs map[string]string) []history.Signal {
	t.Helper()
	e := beginning(t, 3)
	e.plan.Topology.Processors = []topologies.ProcessorSpec{
		{Name: "processor", Instances: 1, Spare: 1, Engine: &topologies.EngineSpec{Kind: "streams"}},
		{Name: "other", Instances: 1},
	}
	var nodes []topologies.Node
	for id, text := range logs {
		file := filepath.Join(t.TempDir(), id+".log")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		nodes = append(nodes, loggedNode{id, file})
	}
	e.topo = &tenancy{Topology: logged{nodes: nodes}}
	if err := e.signals(); err != nil {
		t.Fatal(err)
	}
	e.w.Append(history.KindEnd, history.End{At: e.clock.Now()})
	if err := e.w.Close(); err != nil {
		t.Fatal(err)
	}
	r, err := history.Open(e.dir.History())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	var all []history.Signal
	for {
		var rec history.Record
		if err := r.Next(&rec); err != nil {
			return all
		}
		if rec.Kind == history.KindSignal {
			var s history.Signal
			if err := rec.As(&s); err != nil {
				t.Fatal(err)
			}
			all = append(all, s)
		}
	}
}

func TestWhatEnginesTellInTheirLogsIsRecorded(t *testing.T) {
	at := time.Now().Add(-time.Second)
	line := at.UTC().Format(time.RFC3339Nano) + " [main] INFO - " + became
	got := signalsIn(t, map[string]string{
		"processor-1": "starting\n" + line + "\r\nanything\n",
		"processor-2": became, // a spare one, with no time, and cut off behind
		"other-1":     line,   // no engine
		"broker-1":    line,
	})
	if len(got) != 2 {
		t.Fatalf("signals %+v", got)
	}
	slices.SortFunc(got, func(a, b history.Signal) int { return strings.Compare(a.Of, b.Of) })
	if first := got[0]; first.Of != "processor-1" || first.Name != "state" || first.Text != "RUNNING" || first.At > 0 {
		t.Errorf("the first signal, of a second before the run, is %+v", first)
	}
	if second := got[1]; second.Of != "processor-2" || second.At <= 0 {
		t.Errorf("the signal of a line without a time is %+v", second)
	}
}

func TestANodeThatTellsTheSameOverAndOverIsCutShort(t *testing.T) {
	got := signalsIn(t, map[string]string{"processor-1": strings.Repeat(became+"\n", manySignals+7)})
	if len(got) != manySignals+1 {
		t.Fatalf("%d signals", len(got))
	}
	if last := got[manySignals]; last.Name != "more" || last.Text != fmt.Sprintf("%d further signals", 7) {
		t.Errorf("the last one is %+v", last)
	}
}
