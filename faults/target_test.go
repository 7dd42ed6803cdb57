package faults

import (
	"context"
	"slices"
	"strings"
	"testing"

	"surety/checker/history"
	"surety/topologies"
)

type node string

func (n node) ID() string { return string(n) }
func (n node) Kind() topologies.NodeKind {
	kind, _, _ := strings.Cut(string(n), "-")
	return topologies.NodeKind(kind)
}

type link struct{ from, to, port string }

func (l link) From() string { return l.from }
func (l link) To() string   { return l.to }
func (l link) Port() string { return l.port }

type fixedRoles map[string]node

func (f fixedRoles) Resolve(_ context.Context, role string) ([]topologies.Node, history.Evidence, error) {
	return []topologies.Node{f[role]}, history.Evidence{Shown: true, Text: role + " is " + string(f[role])}, nil
}

// threeBrokers is the shape of the docker provider: every broker to every other,
// both processors to every broker, the driver to every broker.
func threeBrokers() System {
	sys := System{Roles: fixedRoles{"leader(input/0)": "broker-2", "controller": "broker-3", "owner(input/0)": "processor-2"}}
	brokers := []string{"broker-1", "broker-2", "broker-3"}
	for _, b := range brokers {
		sys.Nodes = append(sys.Nodes, node(b))
		sys.Links = append(sys.Links, link{"driver", b, "kafka"})
		for _, p := range brokers {
			if p != b {
				sys.Links = append(sys.Links, link{b, p, "kafka"}, link{b, p, "controller"})
			}
		}
		for _, p := range []string{"processor-1", "processor-2"} {
			sys.Links = append(sys.Links, link{p, b, "kafka"})
		}
	}
	sys.Nodes = append(sys.Nodes, node("processor-1"), node("processor-2"))
	return sys
}

// withDatabase has a database that both processors and the driver reach.
func withDatabase() System {
	sys := threeBrokers()
	sys.Nodes = append(sys.Nodes, node("database-1"))
	for _, from := range []string{"driver", "processor-1", "processor-2"} {
		sys.Links = append(sys.Links, link{from, "database-1", "postgres"})
	}
	return sys
}

func TestADatabaseIsATargetAsOthersAre(t *testing.T) {
	sys := withDatabase()
	asked := 0
	sys.Whole = func(context.Context) (history.Evidence, error) {
		asked++
		return history.Evidence{Shown: true}, nil
	}
	for _, s := range []Selector{"database", "database/1", "any(database)", "all(database)"} {
		drawn, err := s.Draw(func(int) int { return 0 }, selectorsOf(sys.Nodes))
		if err != nil || drawn != "database/1" && drawn != "all(database/*)" {
			t.Errorf("%s is drawn as %s, %v", s, drawn, err)
		}
		target, err := (&Kill{Target: drawn}).Resolve(t.Context(), sys)
		if err != nil || len(target.Nodes) != 1 || target.Nodes[0].ID() != "database-1" || target.Whole == nil || target.Group != nil {
			t.Errorf("%s: %v, %v", s, target.Names(), err)
		}
	}
	for want, f := range map[string]Fault{
		"processor-1<=>database-1:postgres": &Cut{Between: []Selector{"processor/1", "database"}},
		"driver<=>database-1:postgres processor-1<=>database-1:postgres processor-2<=>database-1:postgres": &Isolate{Target: "database"},
	} {
		target, err := f.Resolve(t.Context(), sys)
		if got := strings.Join(slices.Sorted(slices.Values(target.Names())), " "); err != nil || got != want {
			t.Errorf("%s: %q, %v; want %q", f.Label(), got, err, want)
		}
	}
	if need := (&Kill{Target: "database"}).Needs(); len(need) != 0 {
		t.Errorf("to kill a database takes %v beyond having one", need)
	}
	if !Selector("database").Means("database") || Selector("database").Means("processor") || Selector("processor/1").Means("database") {
		t.Error("a database is taken for another node")
	}
}

func TestTargetsAreTheLinksThatTheFaultMeans(t *testing.T) {
	for _, c := range []struct {
		name  string
		fault Fault
		want  []string
		why   string
	}{
		{
			"one-way cut", &Cut{From: "broker/1", To: "broker/2"},
			[]string{
				"broker-1=>broker-2:controller", "broker-1=>broker-2:kafka",
				"broker-2<=broker-1:controller", "broker-2<=broker-1:kafka",
			},
			"what broker-1 sends is the forward stream of its own connections and the answers on those that broker-2 opened",
		},
		{
			"pair", &Cut{Between: []Selector{"processor/1", "broker/3"}},
			[]string{"processor-1<=>broker-3:kafka"},
			"both directions of the one link",
		},
		{
			"role", &Cut{From: "processor/*", To: "leader(input/0)"},
			[]string{"processor-1=>broker-2:kafka", "processor-2=>broker-2:kafka"},
			"the role is resolved when the fault is injected",
		},
		{
			"one-way from one broker to all", &Cut{From: "broker/1", To: "broker/*"},
			[]string{
				"broker-1=>broker-2:controller", "broker-1=>broker-2:kafka", "broker-1=>broker-3:controller", "broker-1=>broker-3:kafka",
				"broker-2<=broker-1:controller", "broker-2<=broker-1:kafka", "broker-3<=broker-1:controller", "broker-3<=broker-1:kafka",
			},
			"nothing between broker-2 and broker-3",
		},
		{
			"isolate", &Isolate{Target: "controller"},
			[]string{
				"broker-1<=>broker-3:controller", "broker-1<=>broker-3:kafka", "broker-2<=>broker-3:controller", "broker-2<=>broker-3:kafka",
				"broker-3<=>broker-1:controller", "broker-3<=>broker-1:kafka", "broker-3<=>broker-2:controller", "broker-3<=>broker-2:kafka",
				"driver<=>broker-3:kafka", "processor-1<=>broker-3:kafka", "processor-2<=>broker-3:kafka",
			},
			"all links from and to it, the driver's too",
		},
		{
			"halves of the brokers", &Isolate{Target: "broker/1", From: "broker/*"},
			[]string{
				"broker-1<=>broker-2:controller", "broker-1<=>broker-2:kafka", "broker-1<=>broker-3:controller", "broker-1<=>broker-3:kafka",
				"broker-2<=>broker-1:controller", "broker-2<=>broker-1:kafka", "broker-3<=>broker-1:controller", "broker-3<=>broker-1:kafka",
			},
			"clients still reach all of them",
		},
		{
			"halves with their clients", &Isolate{Target: "broker/1+processor/1"},
			[]string{
				"broker-1<=>broker-2:controller", "broker-1<=>broker-2:kafka", "broker-1<=>broker-3:controller", "broker-1<=>broker-3:kafka",
				"broker-2<=>broker-1:controller", "broker-2<=>broker-1:kafka", "broker-3<=>broker-1:controller", "broker-3<=>broker-1:kafka",
				"driver<=>broker-1:kafka", "processor-1<=>broker-2:kafka", "processor-1<=>broker-3:kafka", "processor-2<=>broker-1:kafka",
			},
			"processor-1 keeps broker-1, the others keep the rest",
		},
		{
			"clients only", &Isolate{Target: "leader(input/0)", From: "driver+processor/*"},
			[]string{"driver<=>broker-2:kafka", "processor-1<=>broker-2:kafka", "processor-2<=>broker-2:kafka"},
			"its peers still reach it",
		},
		{
			"all clients from all brokers", &Cut{Between: []Selector{"driver + processor/*", "broker/*"}},
			[]string{
				"driver<=>broker-1:kafka", "driver<=>broker-2:kafka", "driver<=>broker-3:kafka",
				"processor-1<=>broker-1:kafka", "processor-1<=>broker-2:kafka", "processor-1<=>broker-3:kafka",
				"processor-2<=>broker-1:kafka", "processor-2<=>broker-2:kafka", "processor-2<=>broker-3:kafka",
			},
			"nothing between brokers",
		},
		{
			"peers only", &Cut{Between: []Selector{"not(controller)", "controller"}},
			[]string{
				"broker-1<=>broker-3:controller", "broker-1<=>broker-3:kafka", "broker-2<=>broker-3:controller", "broker-2<=>broker-3:kafka",
				"broker-3<=>broker-1:controller", "broker-3<=>broker-1:kafka", "broker-3<=>broker-2:controller", "broker-3<=>broker-2:kafka",
			},
			"clients still reach all of them",
		},
		{
			"the same instance as owns a partition", &Cut{From: "broker/*", To: "owner(input/0)"},
			[]string{"processor-2<=broker-1:kafka", "processor-2<=broker-2:kafka", "processor-2<=broker-3:kafka"},
			"only what brokers answer it is lost",
		},
		{
			"isolate both processors", &Isolate{Target: "processor/*"},
			[]string{
				"processor-1<=>broker-1:kafka", "processor-1<=>broker-2:kafka", "processor-1<=>broker-3:kafka",
				"processor-2<=>broker-1:kafka", "processor-2<=>broker-2:kafka", "processor-2<=>broker-3:kafka",
			},
			"links inside of the isolated set stay",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			target, err := c.fault.Resolve(t.Context(), threeBrokers())
			if err != nil {
				t.Fatal(err)
			}
			got := target.Names()
			slices.Sort(got)
			if !slices.Equal(got, c.want) {
				t.Errorf("%s\n got %v\nwant %v", c.why, got, c.want)
			}
		})
	}
}

// TestOneLinkForAllProcessors is the shape of a provider without a view for each.
func TestOneLinkForAllProcessors(t *testing.T) {
	sys := System{
		Nodes: []topologies.Node{node("broker-1"), node("processor-1"), node("processor-2")},
		Links: []topologies.Link{link{"processors", "broker-1", "kafka"}, link{"driver", "broker-1", "kafka"}},
	}
	target, err := (&Cut{Between: []Selector{"processor/*", "broker/*"}}).Resolve(t.Context(), sys)
	if err != nil || !slices.Equal(target.Names(), []string{"processors<=>broker-1:kafka"}) {
		t.Fatalf("all processors: %v, %v", target.Names(), err)
	}
	if _, err = (&Cut{Between: []Selector{"processor/1", "broker/*"}}).Resolve(t.Context(), sys); err == nil {
		t.Fatal("one processor alone cannot be cut off there: an error is wanted, not silence")
	}
	need := (&Cut{Between: []Selector{"processor/1", "broker/*"}}).Needs()
	if !slices.Contains(need, topologies.CutOneProcessor) {
		t.Fatalf("needs %v: the capability must be asked for before anything starts", need)
	}
}

func TestSelectorsThatAreWrongSaySo(t *testing.T) {
	nodes := []Selector{"broker/1", "broker/2", "processor/1"}
	first := func(int) int { return 0 }
	for _, c := range []struct {
		in   Selector
		want Selector
		err  string
	}{
		{"processor/1", "processor/1", ""},
		{"processor/*", "processor/*", ""},
		{"any(broker)", "broker/1", ""},
		{"driver", "driver", ""},
		{"leader(input/0)", "leader(input/0)", ""},
		{"broker/1 + processor/*", "broker/1+processor/*", ""},
		{"not( controller )", "not(controller)", ""},
		{"any(follower(input/0))", "any(follower(input/0), 0)", ""},
		{"majority(broker)", "broker/1+broker/2", ""},
		{"all(any(broker)+processor/1)", "all(broker/1+processor/1)", ""},
		{"any(not(controller)) + driver", "any(not(controller), 0)+driver", ""},
		{"processor/2", "", `target "processor/2": the topology has no processor/2; it has broker/1, broker/2, processor/1`},
		{"any(sink)", "", `target "any(sink)": the topology has no sink`},
		{"minority(broker)", "", "there is no minority of 2 nodes"},
		{"procesor/1", "", `the topology has no procesor/1`},
		{"", "", "target is missing"},
		{"leader", "", `unknown target "leader": leader wants what it is of: leader(input/0); known:`},
		{"processor/0", "", `unknown target "processor/0"`},
		{"broker", "", `"broker" alone means nobody`},
		{"any()", "", `a name is missing before ")"`},
		{"any(broker", "", `")" is missing`},
		{"broker/1 broker/2", "", `what is "broker/2" for?`},
		{"broker/1+", "", "a name is missing"},
		{"leader(a(b))", "", "leader wants what it is of"},
		{"same-as(first)", "", `"first" is no number between 1 and`},
		{"any(broker, many)", "", "the number that was drawn"},
		{"not(not(not(not(not(not(not(not(not(controller)))))))))", "", "nested more than 8 deep"},
	} {
		got, err := c.in.Draw(first, nodes)
		switch {
		case c.err == "" && (err != nil || got != c.want):
			t.Errorf("%q: %q, %v", c.in, got, err)
		case c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)):
			t.Errorf("%q: error %v, want %q", c.in, err, c.err)
		}
	}
}
