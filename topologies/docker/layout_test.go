package docker

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"surety/topologies"
)

func specOf(brokers int, processors ...topologies.ProcessorSpec) topologies.Spec {
	return topologies.Spec{
		Provider:   "docker",
		Broker:     topologies.BrokerSpec{Kind: "kafka", Nodes: brokers},
		Processors: processors,
	}
}

func TestPlanGivesEveryOrderedPairAProxyOfItsOwn(t *testing.T) {
	l, err := plan(specOf(3, topologies.ProcessorSpec{Name: "processor", Reference: "x", Instances: 2}), "r1")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, h := range l.hosts() {
		for _, r := range h.routes {
			got = append(got, r.From+">"+r.To+":"+r.Port+" "+r.Listen+" "+r.Upstream)
		}
	}
	want := []string{
		"driver>broker-1:kafka 0.0.0.0:19094 broker-1:9094",
		"broker-1>broker-2:kafka 127.0.2.2:9092 broker-2.node:9092",
		"broker-1>broker-2:controller 127.0.2.2:9093 broker-2.node:9093",
		"broker-1>broker-3:kafka 127.0.2.3:9092 broker-3.node:9092",
		"broker-1>broker-3:controller 127.0.2.3:9093 broker-3.node:9093",

		"broker-2>broker-1:kafka 127.0.2.1:9092 broker-1.node:9092",
		"broker-2>broker-1:controller 127.0.2.1:9093 broker-1.node:9093",
		"driver>broker-2:kafka 0.0.0.0:19094 broker-2:9094",
		"broker-2>broker-3:kafka 127.0.2.3:9092 broker-3.node:9092",
		"broker-2>broker-3:controller 127.0.2.3:9093 broker-3.node:9093",

		"broker-3>broker-1:kafka 127.0.2.1:9092 broker-1.node:9092",
		"broker-3>broker-1:controller 127.0.2.1:9093 broker-1.node:9093",
		"broker-3>broker-2:kafka 127.0.2.2:9092 broker-2.node:9092",
		"broker-3>broker-2:controller 127.0.2.2:9093 broker-2.node:9093",
		"driver>broker-3:kafka 0.0.0.0:19094 broker-3:9094",

		"processor-1>broker-1:kafka 127.0.2.1:9092 broker-1.node:9092",
		"processor-1>broker-2:kafka 127.0.2.2:9092 broker-2.node:9092",
		"processor-1>broker-3:kafka 127.0.2.3:9092 broker-3.node:9092",

		"processor-2>broker-1:kafka 127.0.2.1:9092 broker-1.node:9092",
		"processor-2>broker-2:kafka 127.0.2.2:9092 broker-2.node:9092",
		"processor-2>broker-3:kafka 127.0.2.3:9092 broker-3.node:9092",
	}
	if !slices.Equal(got, want) {
		t.Errorf("routes\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if lo := l.brokers[1].loopback; !maps.Equal(lo, map[string]string{"broker-1": "127.0.2.1", "broker-3": "127.0.2.3"}) {
		t.Errorf("broker-2 resolves %v: its peers and not itself are expected", lo)
	}
}

func TestPlanNamesNodes(t *testing.T) {
	l, err := plan(specOf(1,
		topologies.ProcessorSpec{Name: "processor", Reference: "x", Instances: 2},
		topologies.ProcessorSpec{Name: "enrich", Image: "y", Instances: 1}), "r1")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, h := range l.hosts() {
		names = append(names, h.name)
	}
	if want := []string{"broker-1", "processor-1", "processor-2", "enrich-1"}; !slices.Equal(names, want) {
		t.Errorf("nodes %v, want %v", names, want)
	}
	if got := l.gateway(l.processors[0]); got != "surety-r1-processor-1-gateway" {
		t.Errorf("gateway's name %q", got)
	}
}

func TestPlanRefuses(t *testing.T) {
	ok := topologies.ProcessorSpec{Name: "p", Reference: "x", Instances: 1}
	with := func(change func(*topologies.ProcessorSpec)) topologies.Spec {
		p := ok
		change(&p)
		return specOf(1, p)
	}
	redis := specOf(1)
	redis.Broker.Kind = "redis"
	listeners := specOf(1)
	listeners.Broker.Config = map[string]string{"listeners": "PLAINTEXT://:1"}
	for _, tt := range []struct {
		why  string
		spec topologies.Spec
		run  string
		want string
	}{
		{"another broker", redis, "r", "kafka"},
		{"no broker", specOf(0), "r", "1 to 9"},
		{"more brokers than addresses are laid out for", specOf(10), "r", "1 to 9"},
		{"a setting that the links depend on", listeners, "r", "listeners"},
		{"a run id that cannot be a container's name", specOf(1), "a b", "id of a run"},
		{"no run id: all runs would share their names", specOf(1), "", "id of a run"},
		{"a name that is no host name", with(func(p *topologies.ProcessorSpec) { p.Name = "a_b" }), "r", "a_b"},
		{"no instance", with(func(p *topologies.ProcessorSpec) { p.Instances = 0 }), "r", "0 instances"},
		{"a command of this machine", with(func(p *topologies.ProcessorSpec) { p.Reference, p.Command = "", []string{"run"} }), "r", "name an image"},
		{"nothing to run", with(func(p *topologies.ProcessorSpec) { p.Reference = "" }), "r", "neither"},
		{"two things to run", with(func(p *topologies.ProcessorSpec) { p.Image = "y" }), "r", "both"},
		{"two nodes of one name", specOf(1, ok, ok), "r", "p-1"},
		{"a processor named as a broker", specOf(1, topologies.ProcessorSpec{Name: "broker", Reference: "x", Instances: 1}), "r", "broker-1"},
	} {
		_, err := plan(tt.spec, tt.run)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: error %v does not say %q", tt.why, err, tt.want)
		}
	}
}
