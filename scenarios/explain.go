package scenarios

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"surety/checker"
	"surety/topologies"
)

// Explain writes what a plan does, step by step, for people.
func (p *Plan) Explain(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s   seed %s\n", p.Scenario, p.Seed)
	if p.About != "" {
		fmt.Fprintf(&b, "  %s\n", p.About)
	}
	b.WriteByte('\n')
	label := func(name, format string, args ...any) {
		fmt.Fprintf(&b, "  %-10s %s\n", name, fmt.Sprintf(format, args...))
	}
	label("brings up", "%s", p.brokers())
	if p.Topology.Database.Any() {
		label("", "%s", p.database())
	}
	for _, name := range slices.Sorted(maps.Keys(p.Input.Config)) {
		label("", "its topics have %s=%s", name, p.Input.Config[name])
	}
	for _, ps := range p.Topology.Processors {
		label("", "%d × %s, called %s, %s", ps.Instances, program(ps), ps.Name, p.wiring(ps.Name))
	}
	if len(p.Topology.Processors) == 0 {
		label("", "no processor: the brokers and the driver's client are under test")
	}
	label("offers", "%s", p.load())
	if p.Orders != nil {
		label("", "%s; the truth is %s", p.Orders, p.Orders.Truth)
	}
	if c := p.Client.String(); c != "" {
		label("", "the client is set to %s", c)
	}
	for _, k := range p.Sinks {
		switch {
		case k.Subscriber != nil:
			label("reads", "%s: %s", k.Name, k.Subscriber)
		case k.Rows != nil:
			label("reads", "%s: %s", k.Name, k.Rows)
		}
		if k.Effects != nil && k.Effects.Idempotent {
			label("takes", "%s: effects over HTTP, those of one idempotency key once", k.Name)
		} else if k.Effects != nil {
			label("takes", "%s: effects over HTTP, each as often as it is posted", k.Name)
		}
	}
	if len(p.Steps) == 0 {
		label("breaks", "nothing: this is a control")
	}
	for i, st := range p.Steps {
		name := "breaks"
		if i > 0 {
			name = ""
		}
		label(name, "%s, %s", when(st), st.Label)
	}
	label("waits", "until nothing has come out for %s, at most %s", p.Timing.Quiet, p.Timing.Deadline)
	for i, k := range p.Judge.Sinks {
		name := "judges"
		if i > 0 {
			name = ""
		}
		label(name, "%s: %s; oracle %s", k.Name, promise(k.Guarantee), k.Oracle)
	}
	if f := p.Judge.Floors; f.RecordsInFault > 0 {
		label("needs", "%d records offered while faults hold, else the run is inconclusive", f.RecordsInFault)
	}
	label("expects", "%s", p.Expect)
	_, err := io.WriteString(w, b.String())
	return err
}

// wiring says what a processor reads and writes, where that is not the input and the
// first sink.
func (p *Plan) wiring(processor string) string {
	st := p.Stage(processor)
	s := "in group " + st.Group
	if len(p.Stages) > 0 {
		s = fmt.Sprintf("reads %s, writes %s, %s", st.From, st.To, s)
	}
	return s
}

func (p *Plan) brokers() string {
	br := p.Topology.Broker
	s := fmt.Sprintf("%d brokers (%s", br.Nodes, br.Kind)
	if br.Version != "" {
		s += " " + br.Version
	}
	return s + "), " + p.Topology.Provider + fmt.Sprintf("; input %s with %d partitions, each on %d", p.Input.Name, p.Input.Partitions, p.Input.Replication)
}

func (p *Plan) database() string {
	d := p.Topology.Database
	s := "a database (" + strings.TrimSpace(d.Kind+" "+d.Version) + "), database/1"
	for _, name := range slices.Sorted(maps.Keys(d.Config)) {
		s += ", " + name + "=" + d.Config[name]
	}
	return s
}

func (p *Plan) load() string {
	l := p.Load
	of := fmt.Sprintf("of %d bytes", l.Size)
	if l.Template != "" {
		of = "as its template has them"
	}
	if l.Poison > 0 {
		of += fmt.Sprintf(", one of %d poisoned,", l.Poison)
	}
	s := fmt.Sprintf("%d records %s over %d keys (%s) by %d writers", l.Records, of, l.Keys, l.Skew, l.Writers)
	if l.Rate > 0 {
		return s + fmt.Sprintf(", %g a second: %s", l.Rate, seconds(time.Duration(float64(l.Records)/l.Rate*float64(time.Second))))
	}
	return s + ", as fast as the client takes them"
}

func when(st PlanStep) string {
	if st.On != nil {
		return fmt.Sprintf("once %s for %s", st.On, seconds(st.For))
	}
	return fmt.Sprintf("at %s for %s", seconds(st.At), seconds(st.For))
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.2f s", d.Seconds()) }

func program(ps topologies.ProcessorSpec) string {
	switch {
	case ps.Reference != "":
		return "the reference processor " + ps.Reference
	case ps.Engine != nil:
		return "the engine " + ps.Engine.String()
	case ps.Image != "":
		return "the image " + ps.Image
	}
	return "the command " + strings.Join(ps.Command, " ")
}

func promise(g checker.Guarantee) string {
	s := string(g.Delivery)
	if g.Order == checker.OrderKey {
		s += ", order per key"
	}
	if g.Atomicity {
		s += ", atomicity of transactions"
	}
	if g.State != "" {
		s += ", state " + string(g.State)
	}
	if g.Recovery > 0 {
		s += ", recovery within " + g.Recovery.String()
	}
	if g.Accepted > 0 {
		s += fmt.Sprintf(", %.4g%% of the records acknowledged", 100*g.Accepted)
	}
	return s
}

// Mermaid draws the plan's nodes, topics and faults as a flow chart of Mermaid.
func (p *Plan) Mermaid(w io.Writer) error {
	var b strings.Builder
	b.WriteString("flowchart LR\n  driver([driver]) --> input\n")
	fmt.Fprintf(&b, "  subgraph cluster [\"%s, %s\"]\n    input[(\"input × %d\")]\n", quoted(p.Topology.Broker.Kind), p.Topology.Provider, p.Input.Partitions)
	if len(p.Topology.Processors) > 0 {
		for _, k := range p.Sinks {
			if k.Effects != nil {
				fmt.Fprintf(&b, "    %s[/\"%s\"/]\n", id("sink", k.Name), quoted(k.Name))
				continue
			}
			if k.Rows == nil {
				fmt.Fprintf(&b, "    %s[(\"%s × %d\")]\n", id("sink", k.Name), quoted(k.Name), k.Topic.Partitions)
			}
		}
		for _, t := range p.Between {
			fmt.Fprintf(&b, "    %s[(\"%s × %d\")]\n", id("sink", t.Name), quoted(t.Name), t.Topic.Partitions)
		}
	}
	for i := range p.Topology.Broker.Nodes {
		fmt.Fprintf(&b, "    %s[broker/%d]\n", id("node", fmt.Sprintf("broker/%d", i+1)), i+1)
	}
	b.WriteString("  end\n")
	if p.Topology.Database.Any() {
		node := string(topologies.DatabaseNode) + "/1"
		fmt.Fprintf(&b, "  %s[(\"%s, %s\")]\n", id("node", node), node, quoted(p.Topology.Database.Kind))
		for _, k := range p.Sinks {
			if k.Rows != nil {
				fmt.Fprintf(&b, "  %s[(\"table %s\")] --- %s\n", id("sink", k.Name), quoted(k.Rows.Table), id("node", node))
			}
		}
	}
	for _, ps := range p.Topology.Processors {
		for i := range ps.Instances {
			node := fmt.Sprintf("%s/%d", ps.Name, i+1)
			st, from := p.Stage(ps.Name), inputTopic
			if st.From != inputTopic {
				from = id("sink", st.From)
			}
			fmt.Fprintf(&b, "  %s --> %s[\"%s\"]\n", from, id("node", node), quoted(node))
			if p.Topology.Database.Any() {
				fmt.Fprintf(&b, "  %s --> %s\n", id("node", node), id("node", string(topologies.DatabaseNode)+"/1"))
			}
			if len(p.Stages) > 0 {
				fmt.Fprintf(&b, "  %s --> %s\n", id("node", node), id("sink", st.To))
				continue
			}
			for _, k := range p.Sinks {
				fmt.Fprintf(&b, "  %s --> %s\n", id("node", node), id("sink", k.Name))
			}
		}
	}
	for i, st := range p.Steps {
		fmt.Fprintf(&b, "  fault%d{{\"%s<br>%s\"}}\n", i+1, quoted(st.Label), when(st))
		for _, node := range p.namedIn(st) {
			fmt.Fprintf(&b, "  fault%d -.-> %s\n", i+1, id("node", node))
		}
	}
	b.WriteString("  classDef fault fill:#f3c96b,stroke:#7d4e00,color:#1b1f24\n")
	for i := range p.Steps {
		fmt.Fprintf(&b, "  class fault%d fault\n", i+1)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// namedIn lists the nodes that a fault's label names; a role is settled only when
// the fault is injected, and is not drawn.
func (p *Plan) namedIn(st PlanStep) (found []string) {
	words := strings.FieldsFunc(st.Label, func(r rune) bool { return r == ' ' || r == ',' || r == '(' || r == ')' })
	all := func(family string, n int) {
		for i := range n {
			node := fmt.Sprintf("%s/%d", family, i+1)
			for _, word := range words {
				if word == node || word == family+"/*" {
					found = append(found, node)
					break
				}
			}
		}
	}
	all(string(topologies.BrokerNode), p.Topology.Broker.Nodes)
	if p.Topology.Database.Any() {
		all(string(topologies.DatabaseNode), 1)
	}
	for _, ps := range p.Topology.Processors {
		all(ps.Name, ps.Instances)
	}
	return found
}

// id makes a name that Mermaid takes for a node.
func id(kind, name string) string {
	return kind + "_" + strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return '_'
	}, name)
}

func quoted(s string) string { return strings.ReplaceAll(s, `"`, "#quot;") }
