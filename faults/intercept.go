package faults

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"

	"surety/topologies"
	"surety/topologies/names"
	"surety/topologies/protocol"
)

// Intercept does something to single messages between Target and To: those of a
// named Window, or those that Match and Occurrence pick, to which Act is done.
// Messages are counted for each client apart, from the injection on.
type Intercept struct {
	Target     Selector              `yaml:"target" json:"target"`
	To         Selector              `yaml:"to" json:"to,omitempty"` // broker/* unless said, or database/* for what is sent to one
	Window     string                `yaml:"window" json:"window,omitempty"`
	Match      topologies.Match      `yaml:"match" json:"match,omitzero"`
	Occurrence topologies.Occurrence `yaml:"occurrence" json:"occurrence,omitzero"`
	Act        topologies.Act        `yaml:"act" json:"act,omitzero"`
}

// Name implements Fault.
func (*Intercept) Name() string { return "intercept" }

// Label implements Fault.
func (f *Intercept) Label() string {
	what := cmp.Or(f.Window, strings.Join(f.Match.API, ", "), "requests")
	if o := f.occurrence(); o.Nth > 0 {
		what += fmt.Sprintf(" #%d", o.Nth)
	}
	return fmt.Sprintf("intercept %s of %s", what, f.Target)
}

func (f *Intercept) occurrence() topologies.Occurrence {
	if w, ok := window(f.Window); ok && f.Occurrence == (topologies.Occurrence{}) {
		return w.Rules[0].Occurrence
	}
	return f.Occurrence
}

func (f *Intercept) to() Selector {
	all := topologies.BrokerNode
	if f.protocol().Name == protocol.Postgres.Name {
		all = topologies.DatabaseNode
	}
	return cmp.Or(f.To, Selector(all)+"/*")
}

// protocol is that of the messages: of the database where To says so, or what is named
// of them.
func (f *Intercept) protocol() protocol.Protocol {
	if f.To != "" && f.To.means(topologies.DatabaseNode) {
		return protocol.Postgres
	}
	for _, r := range f.rules() {
		for _, name := range r.Match.API {
			if _, statement := protocol.Postgres.Request(name); statement {
				return protocol.Postgres
			}
		}
	}
	return protocol.Kafka
}

// rules are what the fields say.
func (f *Intercept) rules() []topologies.Rule {
	w, ok := window(f.Window)
	if !ok {
		return []topologies.Rule{{Match: f.Match, Occurrence: f.Occurrence, Act: f.Act}}
	}
	var out []topologies.Rule
	for _, r := range w.Rules {
		api, end := r.Match.API, r.Match.End
		r.Match = f.Match
		r.Match.API, r.Match.End = api, cmp.Or(f.Match.End, end)
		r.Occurrence = f.occurrence()
		r.Act.Delay = f.Act.Delay
		out = append(out, r)
	}
	return out
}

// Check implements Fault.
func (f *Intercept) Check() error {
	if f.To != "" {
		if err := f.To.Check(); err != nil {
			return err
		}
	}
	if err := f.Target.Check(); err != nil {
		return err
	}
	if f.Window != "" {
		if _, ok := window(f.Window); !ok {
			return errors.New(names.Unknown("window", f.Window, windowNames()))
		}
		if len(f.Match.API) > 0 || f.Act.Before != "" || f.Act.After != "" || f.Act.Corrupt != "" || f.Act.Code != "" {
			return fmt.Errorf("the window %s says which requests and what is done to them; leave api: and act: out, but for act: {delay: ...}", f.Window)
		}
	}
	for _, r := range f.rules() {
		if err := f.protocol().Check(r); err != nil {
			return err
		}
	}
	return nil
}

// Draw implements Fault.
func (f *Intercept) Draw(pick func(int) int, nodes []Selector) (Fault, error) {
	out := *f
	var err error
	if out.Target, err = f.Target.Draw(pick, nodes); err != nil {
		return nil, err
	}
	if f.To != "" {
		out.To, err = f.To.Draw(pick, nodes)
	}
	return &out, err
}

// Needs implements Fault.
func (f *Intercept) Needs() []topologies.Capability {
	return append(linkNeeds(f.Target, f.to()), topologies.Intercept)
}

// Resolve implements Fault: the links that the target opens.
func (f *Intercept) Resolve(ctx context.Context, sys System) (Target, error) {
	t, err := resolveLinks(ctx, sys, f.Target, f.to())
	t.Called = sys.Names
	own := t.Links[:0]
	for _, l := range t.Links {
		if _, can := l.Link.(topologies.Interceptor); can && l.Stream == topologies.Forward && l.Link.Port() == f.protocol().Name {
			own = append(own, LinkStream{l.Link, topologies.Both})
		}
	}
	t.Links = own
	if err == nil && len(own) == 0 {
		err = fmt.Errorf("no link from %q to %q whose messages can be read", string(f.Target), string(f.to()))
	}
	return t, err
}

// injections tells the rules of one injection from those of another.
var injections atomic.Uint64

// Inject implements Fault.
func (f *Intercept) Inject(ctx context.Context, t Target) (Injection, error) {
	in := &intercepted{t: t, rules: f.rules(), id: injections.Add(1)}
	for i, r := range in.rules {
		if topic, ok := t.Called[r.Match.Topic]; ok {
			in.rules[i].Match.Topic = topic
		}
	}
	return in, in.each(ctx, func(ctx context.Context, i topologies.Interceptor, id string, r topologies.Rule) error {
		return i.Intercept(ctx, id, r)
	})
}
