package scenarios

import (
	"encoding/json"
	"testing"
	"time"

	"surety/checker"
	"surety/checker/predicate"
	"surety/workload"
)

const several = `scenario: several
topology:
  partitions: 4
  processors: [{reference: exactly-once}]
  sinks:
    - {name: odd, oracle: filter, keep: seq % 2 == 1, guarantee: {delivery: at-least-once, routing: key}}
    - {name: minutes, oracle: window, size: 1m, lateness: 5s, guarantee: {state: monotonic}}
    - {name: dead, role: dead-letter, identity: {header: x-original}}
guarantee: {order: key, recovery: 3s}
`

func TestSinksReachTheJudgeAndTheReaders(t *testing.T) {
	p, err := resolved(several, "7c1e04")
	if err != nil {
		t.Fatal(err)
	}
	odd, err := predicate.Parse("seq % 2 == 1")
	if err != nil {
		t.Fatal(err)
	}
	all := checker.Guarantee{Delivery: checker.ExactlyOnce, Order: checker.OrderKey, Recovery: 3 * time.Second}
	routed, monotonic := all, all
	routed.Delivery, routed.Routing = checker.AtLeastOnce, checker.RoutingKey
	monotonic.State = checker.StateMonotonic
	want := []checker.SinkSpec{
		{Name: "odd", Oracle: "filter", Params: checker.Params{Keep: odd}, Guarantee: routed, Partitions: 4},
		{Name: "minutes", Oracle: "window", Params: checker.Params{Size: time.Minute, Lateness: 5 * time.Second}, Guarantee: monotonic},
		{Name: "dead", Role: checker.RoleDeadLetter, Oracle: "identity", Guarantee: all},
	}
	data, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	var stored Plan
	if err := json.Unmarshal(data, &stored); err != nil {
		t.Fatal(err)
	}
	if p.Judge.InputPartitions != 4 || len(p.Judge.Sinks) != len(want) {
		t.Fatalf("%d partitions, %d sinks", p.Judge.InputPartitions, len(p.Judge.Sinks))
	}
	for i, w := range want {
		if p.Judge.Sinks[i] != w || stored.Judge.Sinks[i] != w {
			t.Errorf("the judge gets %+v, stored %+v, want %+v", p.Judge.Sinks[i], stored.Judge.Sinks[i], w)
		}
	}
	readings := []workload.Reading{
		{}, {JSON: "/last", Key: "/key", Value: "/count", Window: "/window"}, {Header: "x-original"},
	}
	for i, w := range readings {
		if stored.Sinks[i].Reading != w {
			t.Errorf("%s is read by %+v, want %+v", stored.Sinks[i].Name, stored.Sinks[i].Reading, w)
		}
	}
	if keep := p.Topology.Processors[0].Env["SURETY_KEEP"]; keep != "seq % 2 == 1" {
		t.Errorf("the processor is told to keep %q", keep)
	}
}
