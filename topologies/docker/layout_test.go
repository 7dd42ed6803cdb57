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

func TestPlanLinksProcessorsToThePortsOfTheirPeers(t *testing.T) {
	l, err := plan(specOf(1,
		topologies.ProcessorSpec{Name: "worker", Image: "y", Instances: 2, Ports: []topologies.Port{{Name: "rpc", Number: 6122}, {Name: "data", Number: 6121}}},
		topologies.ProcessorSpec{Name: "master", Image: "y", Instances: 1, Ports: []topologies.Port{{Name: "rpc", Number: 6123}}},
		topologies.ProcessorSpec{Name: "other", Image: "z", Instances: 1}), "r1")
	if err != nil {
		t.Fatal(err)
	}
	got := map[string][]string{}
	for _, h := range l.processors {
		for _, r := range h.routes {
			if r.To != "broker-1" {
				got[h.name] = append(got[h.name], r.To+":"+r.Port+" "+r.Listen+" "+r.Upstream+" "+r.Protocol)
			}
		}
	}
	// A peer has the same address for all.
	first := []string{"worker-1:rpc 127.0.3.1:6122 worker-1.node:6122 ", "worker-1:data 127.0.3.1:6121 worker-1.node:6121 "}
	second := []string{"worker-2:rpc 127.0.3.2:6122 worker-2.node:6122 ", "worker-2:data 127.0.3.2:6121 worker-2.node:6121 "}
	master := []string{"master-1:rpc 127.0.3.3:6123 master-1.node:6123 "}
	for name, want := range map[string][]string{
		"worker-1": slices.Concat(second, master),
		"worker-2": slices.Concat(first, master),
		"master-1": slices.Concat(first, second),
		"other-1":  slices.Concat(first, second, master),
	} {
		if !slices.Equal(got[name], want) {
			t.Errorf("%s reaches\n%s\nwant\n%s", name, strings.Join(got[name], "\n"), strings.Join(want, "\n"))
		}
	}
	want := map[string]string{"broker-1": "127.0.2.1", "worker-2": "127.0.3.2", "master-1": "127.0.3.3"}
	if lo := l.processors[0].loopback; !maps.Equal(lo, want) {
		t.Errorf("worker-1 resolves %v, want %v", lo, want)
	}
}

func TestADatabaseIsBehindAProxyOfItsOwnForEveryClient(t *testing.T) {
	spec := specOf(1, topologies.ProcessorSpec{Name: "processor", Reference: "x", Instances: 2})
	spec.Database = topologies.DatabaseSpec{Kind: "postgres"}
	l, err := plan(spec, "r1")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, h := range l.hosts() {
		for _, r := range h.routes {
			if r.Port == "postgres" {
				got = append(got, h.name+": "+r.From+">"+r.To+" "+r.Listen+" "+r.Upstream+" "+r.Protocol)
			}
		}
	}
	want := []string{
		"database-1: driver>database-1 0.0.0.0:19094 database-1:5432 postgres",
		"processor-1: processor-1>database-1 127.0.4.1:5432 database-1.node:5432 postgres",
		"processor-2: processor-2>database-1 127.0.4.1:5432 database-1.node:5432 postgres",
	}
	if !slices.Equal(got, want) {
		t.Errorf("routes\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if h := l.services[0]; h.kind != topologies.DatabaseNode || h.observed() != 5432 || len(l.cluster()) != 2 {
		t.Errorf("the database is %+v", h)
	}
	if ip := l.processors[0].loopback["database-1"]; ip != "127.0.4.1" {
		t.Errorf("a processor finds the database at %q", ip)
	}
}

func TestSettingsOfADatabaseComeOverTheProvidersOwn(t *testing.T) {
	got := strings.Join(databaseCommand(map[string]string{"synchronous_commit": "off", "max_connections": "20"}), " ")
	want := "postgres -c max_connections=20 -c max_prepared_transactions=64 -c synchronous_commit=off -c wal_level=logical"
	if got != want {
		t.Errorf("%s, want %s", got, want)
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
	database := func(d topologies.DatabaseSpec) topologies.Spec {
		s := specOf(1, ok)
		s.Database = d
		return s
	}
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
		{"two ports of one name", with(func(p *topologies.ProcessorSpec) {
			p.Ports = []topologies.Port{{Name: "rpc", Number: 1}, {Name: "rpc", Number: 2}}
		}), "r", `port "rpc" (2)`},
		{"a port of the gateway's", with(func(p *topologies.ProcessorSpec) {
			p.Ports = []topologies.Port{{Name: "rpc", Number: controlPort}}
		}), "r", "8474"},
		{"two nodes of one name", specOf(1, ok, ok), "r", "p-1"},
		{"another database", database(topologies.DatabaseSpec{Kind: "oracle"}), "r", "it has postgres"},
		{"a setting of the database that the links depend on", database(topologies.DatabaseSpec{Kind: "postgres", Config: map[string]string{"port": "1"}}), "r", "port cannot be changed"},
		{"a processor named as a broker", specOf(1, topologies.ProcessorSpec{Name: "broker", Reference: "x", Instances: 1}), "r", "broker-1"},
	} {
		_, err := plan(tt.spec, tt.run)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: error %v does not say %q", tt.why, err, tt.want)
		}
	}
}
