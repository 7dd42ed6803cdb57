package scenarios

import (
	"cmp"
	"fmt"
	"slices"

	"surety/topologies"
)

// A chain is several processors one behind the other: each reads the input or a topic
// that another one writes, and writes a sink or a topic that another one reads. What
// went into the first is judged at the sinks; a topic in between that is to be judged
// as well is declared as a sink.

// inputTopic is what scenarios call the topic that the driver writes.
const inputTopic = "input"

// Stage is what one processor of a chain reads and writes.
type Stage struct {
	Processor string `json:"processor"`
	From      string `json:"from"` // as the scenario calls the topic
	To        string `json:"to"`
	Group     string `json:"group"` // consumer group that reads From
}

// from is what a processor reads, and to what it writes as its first output.
func (p Processor) from() string { return cmp.Or(p.From, inputTopic) }

func (s *Scenario) to(p Processor) string {
	if p.To != "" || len(s.Topology.Sinks) == 0 {
		return cmp.Or(p.To, soleSink)
	}
	return s.Topology.Sinks[0].Name
}

// chained tells whether any processor says what it reads or writes.
func (s *Scenario) chained() bool {
	return slices.ContainsFunc(s.Topology.Processors, func(p Processor) bool { return p.From != "" || p.To != "" })
}

// between lists the topics that processors hand on and that are no sinks, in the
// order of those who write them.
func (s *Scenario) between() (out []string) {
	for _, p := range s.Topology.Processors {
		to := s.to(p)
		sink := slices.ContainsFunc(s.Topology.Sinks, func(k Sink) bool { return k.Name == to })
		if !sink && to != soleSink && !slices.Contains(out, to) {
			out = append(out, to)
		}
	}
	return out
}

// completeChain checks that what is handed on is written and read.
func (s *Scenario) completeChain(Vocabulary) error {
	if !s.chained() {
		return nil
	}
	written, read := map[string]bool{inputTopic: true}, map[string]bool{}
	for i, p := range s.Topology.Processors {
		path := fmt.Sprintf("topology.processors.%d", i)
		to := s.to(p)
		switch {
		case !nameForm.MatchString(to):
			return s.wrong(path+".to", "processor %s: the name of a topic is made of letters, digits, dots and dashes; this is %q", p.Name, to)
		case to == inputTopic:
			return s.wrong(path+".to", "processor %s writes the input, which is the driver's; give what it hands on a name of its own", p.Name)
		case to == p.from():
			return s.wrong(path+".to", "processor %s writes %s, which it reads", p.Name, to)
		}
		written[to], read[p.from()] = true, true
	}
	for i, p := range s.Topology.Processors {
		if !written[p.from()] && !s.isSink(p.from()) {
			return s.wrong(fmt.Sprintf("topology.processors.%d.from", i), "processor %s reads %s, which no processor writes with to: and which is no sink", p.Name, p.from())
		}
	}
	for i, p := range s.Topology.Processors {
		if to := s.to(p); !read[to] && !s.isSink(to) {
			return s.wrong(fmt.Sprintf("topology.processors.%d.to", i), "processor %s writes %s, which no processor reads with from: and which is no sink", p.Name, to)
		}
	}
	if !read[inputTopic] {
		return s.wrong("topology.processors", "no processor reads the input: leave from: away where the chain begins")
	}
	return nil
}

func (s *Scenario) isSink(name string) bool {
	return slices.ContainsFunc(s.Topology.Sinks, func(k Sink) bool { return k.Name == name })
}

// chain settles the stages and the topics between them.
func (p *Plan) chain(s *Scenario) {
	if !s.chained() {
		return
	}
	for _, name := range s.between() {
		t := p.Input
		t.Name = name + "-" + p.Run
		p.Between = append(p.Between, Between{Name: name, Topic: t})
	}
	for _, ps := range s.Topology.Processors {
		st := Stage{Processor: ps.Name, From: ps.from(), To: s.to(ps), Group: p.Group}
		if st.From != inputTopic {
			st.Group += "-" + st.From
		}
		p.Stages = append(p.Stages, st)
	}
}

// Between is a topic that one processor writes and another one reads.
type Between struct {
	Name  string `json:"name"` // as the scenario calls it
	Topic Topic  `json:"topic"`
}

// Stage gives what a processor reads and writes; without a chain all read the input and
// write the first sink.
func (p *Plan) Stage(processor string) Stage {
	i := slices.IndexFunc(p.Stages, func(s Stage) bool { return s.Processor == processor })
	if i < 0 {
		return Stage{Processor: processor, From: inputTopic, To: p.Sinks[0].Name, Group: p.Group}
	}
	return p.Stages[i]
}

// Topics gives the real names of all topics, by what the scenario calls them. A sink
// that takes effects has none, and neither has a table.
func (p *Plan) Topics() map[string]string {
	out := map[string]string{}
	if p.Orders == nil {
		out[inputTopic] = p.Input.Name
	}
	for _, b := range p.Between {
		out[b.Name] = b.Topic.Name
	}
	for _, k := range p.Sinks {
		if k.Effects == nil && k.Rows == nil {
			out[k.Name] = k.Topic.Name
		}
	}
	return out
}

// Groups lists the consumer groups of the processors, each with the topic that it
// reads and how many instances it has from the start, in the order of the chain.
func (p *Plan) Groups() (out []Group) {
	if p.Orders != nil { // processors that take orders read no topic
		return nil
	}
	topics := p.Topics()
	for _, ps := range p.Topology.Processors {
		st := p.Stage(ps.Name)
		i := slices.IndexFunc(out, func(g Group) bool { return g.Name == st.Group })
		if i < 0 {
			i = len(out)
			out = append(out, Group{Name: st.Group, Topic: topics[st.From]})
		}
		out[i].Instances += ps.Instances
	}
	return out
}

// Group is a consumer group of processors.
type Group struct {
	Name      string
	Topic     string
	Instances int
}

// Vars is what an instance of a processor is told of its topics.
func (p *Plan) Vars(processor string, instance int) topologies.Vars {
	st, topics := p.Stage(processor), p.Topics()
	v := topologies.Vars{
		Input: topics[st.From], Output: topics[st.To], Group: st.Group, Run: p.Run, Instance: instance, Outputs: topics,
	}
	delete(v.Outputs, inputTopic)
	for _, name := range p.Topology.Effects {
		v.Outputs[name] = name // the topology knows where it is
		if st.To == name {
			v.Output = name
		}
	}
	for _, k := range p.Sinks {
		if k.Rows != nil {
			v.Outputs[k.Name] = k.Rows.Table
		}
		v.Output = cmp.Or(v.Output, k.Topic.Name) // beside a table the first topic
	}
	return v
}
