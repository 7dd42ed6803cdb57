package faults

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"surety/topologies"
	"surety/topologies/protocol"
)

// messages is a link that remembers its rules and has done to them what the test says.
type messages struct {
	fakeLink
	mu    sync.Mutex
	rules map[string]topologies.Rule
	ended map[string]bool
	did   topologies.Interception
}

var _ topologies.Interceptor = (*messages)(nil)

func newMessages(from, to string) *messages {
	return &messages{fakeLink: fakeLink{link: link{from, to, "kafka"}}, rules: map[string]topologies.Rule{}, ended: map[string]bool{}}
}

func (l *messages) Intercept(_ context.Context, id string, r topologies.Rule) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.rules[id] = r
	return l.act("intercept", id)
}

func (l *messages) Intercepted(context.Context, string) (topologies.Interception, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.did, nil
}

func (l *messages) Pass(_ context.Context, id string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ended[id] = true
	return l.act("pass", id)
}

func TestEveryWindowIsRulesThatTheProtocolKnows(t *testing.T) {
	seen := map[string]bool{}
	for _, w := range Windows {
		if seen[w.Name] || w.About == "" || len(w.Rules) == 0 {
			t.Errorf("the window %q: twice, or without words or rules", w.Name)
		}
		seen[w.Name] = true
		for _, r := range w.Rules {
			if len(r.Match.API) == 0 {
				t.Errorf("%s is about every request", w.Name)
			}
		}
		f := &Intercept{Target: "processor/1", Window: w.Name}
		if err := f.Check(); err != nil {
			t.Errorf("%s: %v", w.Name, err)
		}
		if _, err := f.Draw(func(int) int { return 0 }, []Selector{"processor/1", "broker/1"}); err != nil {
			t.Errorf("%s: %v", w.Name, err)
		}
	}
}

func TestWhatAScenarioSaysGoesOverItsWindow(t *testing.T) {
	f := &Intercept{
		Target: "processor/1", Window: "lost-commit-answer",
		Match: topologies.Match{TransactionalID: "tx-*"}, Occurrence: topologies.Occurrence{Every: 3},
	}
	r := f.rules()[0]
	if r.Match.API[0] != "EndTxn" || r.Match.End != "commit" || r.Match.TransactionalID != "tx-*" || r.Occurrence != (topologies.Occurrence{Every: 3}) || r.Act.After != topologies.CutOff {
		t.Errorf("the rule is %+v", r)
	}
	if plain := (&Intercept{Target: "processor/1", Window: "lost-commit-answer"}).rules()[0]; plain.Occurrence.Nth != 1 || plain.Match.TransactionalID != "" {
		t.Errorf("without more it is %+v", plain)
	}
	if held := (&Intercept{Window: "commit-held", Act: topologies.Act{Delay: time.Second}}).rules()[0]; held.Act.Before != topologies.Delayed || held.Act.Delay != time.Second {
		t.Errorf("with a delay it is %+v", held)
	}
	for _, rules := range [][]topologies.Rule{f.rules(), {{Match: topologies.Match{API: []string{"Fetch"}}, Act: topologies.Act{Before: topologies.Drop}}}} {
		for _, r := range rules {
			if err := protocol.Kafka.Check(r); err != nil {
				t.Error(err)
			}
		}
	}
}

func TestAnInterceptIsCheckedBeforeItRuns(t *testing.T) {
	lose := topologies.Act{After: topologies.Lose}
	for _, tt := range []struct {
		why  string
		f    Intercept
		want string
	}{
		{"no target", Intercept{Window: "fetch-stall"}, "target is missing"},
		{"a window that is none", Intercept{Target: "processor/1", Window: "fetch-stal"}, `did you mean "fetch-stall"`},
		{"a window and an act", Intercept{Target: "processor/1", Window: "fetch-stall", Act: lose}, "leave api: and act: out"},
		{"a window and requests", Intercept{Target: "processor/1", Window: "fetch-stall", Match: topologies.Match{API: []string{"Produce"}}}, "leave api: and act: out"},
		{"a delay of what takes none", Intercept{Target: "processor/1", Window: "lost-commit-answer", Act: topologies.Act{Delay: 1}}, "delay: is the time"},
		{"nothing said", Intercept{Target: "processor/1"}, "exactly one of before"},
		{"a request that is none", Intercept{Target: "processor/1", Match: topologies.Match{API: []string{"Prduce"}}, Act: lose}, `did you mean "Produce"`},
	} {
		if err := tt.f.Check(); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v does not say %q", tt.why, err, tt.want)
		}
	}
}

// Each client's requests are counted by themselves, over all of its links.
func TestEachClientIsCountedByItself(t *testing.T) {
	var all []*messages
	var target Target
	for _, from := range []string{"processor-1", "processor-2"} {
		for _, to := range []string{"broker-1", "broker-2"} {
			m := newMessages(from, to)
			all = append(all, m)
			target.Links = append(target.Links, LinkStream{m, topologies.Both})
		}
	}
	target.Called = map[string]string{"output": "output-7"}
	f := &Intercept{Target: "processor/*", Window: "join-storm", Match: topologies.Match{Topic: "output"}}
	in, err := f.Inject(t.Context(), target)
	if err != nil {
		t.Fatal(err)
	}
	ids := func(m *messages) (out []string) {
		for id, r := range m.rules {
			out = append(out, id)
			if r.Match.Topic != "output-7" {
				t.Errorf("the rule is about the topic %q", r.Match.Topic)
			}
		}
		slices.Sort(out)
		return out
	}
	if len(ids(all[0])) != 2 || !slices.Equal(ids(all[0]), ids(all[1])) || slices.Equal(ids(all[0]), ids(all[2])) {
		t.Errorf("ids %v, %v, %v", ids(all[0]), ids(all[1]), ids(all[2]))
	}

	if ev, err := in.InEffect(t.Context()); err != nil || ev.Shown || !strings.Contains(ev.Text, "none was acted on") {
		t.Errorf("before anything matched: %+v, %v", ev, err)
	}
	all[3].did = topologies.Interception{Requests: 9, Matched: 4, Acted: 1, Holding: 1, Unread: "it speaks TLS", Frames: []topologies.Frame{
		{API: "Heartbeat", Version: 4, Nth: 2, Link: "processor-2->broker-2:kafka", Correlation: 17, Epoch: -1, Did: "request held"},
	}}
	ev, err := in.InEffect(t.Context())
	if err != nil || !ev.Shown {
		t.Fatalf("%+v, %v", ev, err)
	}
	for _, part := range []string{"Heartbeat v4 #2 on processor-2->broker-2:kafka (correlation 17): request held", "TLS"} {
		if !strings.Contains(ev.Text, part) {
			t.Errorf("%q does not say %q", ev.Text, part)
		}
	}
	if err := in.Heal(t.Context()); err != nil {
		t.Fatal(err)
	}
	for i, m := range all {
		if len(m.ended) != 2 {
			t.Errorf("link %d has %d rules of 2 taken away", i, len(m.ended))
		}
	}
	for i, tt := range []struct {
		holding, bytes int64
		want           bool
	}{{1, 0, false}, {1, 10, false}, {0, 10, true}} {
		all[3].did.Holding = tt.holding
		all[3].carry(func(tr *topologies.Traffic) { tr.Forward = tt.bytes })
		if ev, err := in.Healed(t.Context()); err != nil || ev.Shown != tt.want {
			t.Errorf("%d: healed %t, %v; want %t", i, ev.Shown, err, tt.want)
		}
	}
}

func TestAnInterceptIsForTheLinksThatItsTargetOpens(t *testing.T) {
	own, foreign := newMessages("processor-1", "broker-1"), newMessages("broker-1", "processor-1")
	controller := &messages{fakeLink: fakeLink{link: link{"processor-1", "broker-1", "controller"}}}
	sys := System{
		Nodes: []topologies.Node{node("processor-1"), node("broker-1")},
		Links: []topologies.Link{own, foreign, controller},
	}
	target, err := (&Intercept{Target: "processor/1", Window: "fetch-stall"}).Resolve(t.Context(), sys)
	if err != nil || len(target.Links) != 1 || target.Links[0].Link != topologies.Link(own) {
		t.Errorf("%v, %v", target.Names(), err)
	}
	sys.Links = []topologies.Link{link{"processor-1", "broker-1", "kafka"}}
	if _, err := (&Intercept{Target: "processor/1", Window: "fetch-stall"}).Resolve(t.Context(), sys); err == nil || !strings.Contains(err.Error(), "whose messages can be read") {
		t.Errorf("links that carry only bytes: %v", err)
	}
}

func TestStatementsAreInterceptedOnTheWayToTheDatabase(t *testing.T) {
	statements := newMessages("processor-1", "database-1")
	statements.port = "postgres"
	sys := System{
		Nodes: []topologies.Node{node("processor-1"), node("broker-1"), node("database-1")},
		Links: []topologies.Link{newMessages("processor-1", "broker-1"), statements},
	}
	for _, f := range []*Intercept{
		{Target: "processor/1", Window: "lost-database-commit"},
		{Target: "processor/1", Match: topologies.Match{API: []string{"Commit Prepared"}}, Act: topologies.Act{Before: topologies.Late}},
		{Target: "processor/1", To: "database", Act: topologies.Act{After: topologies.Lose}},
	} {
		if err := f.Check(); err != nil {
			t.Errorf("%s: %v", f.Label(), err)
		}
		target, err := f.Resolve(t.Context(), sys)
		if err != nil || len(target.Links) != 1 || target.Links[0].Link != topologies.Link(statements) {
			t.Errorf("%s: %v, %v", f.Label(), target.Names(), err)
		}
	}
	text := told(topologies.Frame{API: "COMMIT", Version: 3, Nth: 1, Epoch: -1, Link: "processor-1->database-1:postgres", Did: "answer lost", Answer: "COMMIT"})
	if want := "COMMIT v3 #1 on processor-1->database-1:postgres (correlation 0): answer lost, the database answered COMMIT"; text != want {
		t.Errorf("%q, want %q", text, want)
	}
}

func TestAnInterceptIsNamedByWhatItDoes(t *testing.T) {
	for want, f := range map[string]*Intercept{
		"intercept lost-commit-answer #1 of processor/1": {Target: "processor/1", Window: "lost-commit-answer"},
		"intercept fetch-stall of driver":                {Target: "driver", Window: "fetch-stall"},
		"intercept Produce, Fetch #4 of processor/2": {
			Target: "processor/2", Match: topologies.Match{API: []string{"Produce", "Fetch"}}, Occurrence: topologies.Occurrence{Nth: 4}, Act: topologies.Act{After: topologies.Lose},
		},
	} {
		if got := f.Label(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
		if need := fmt.Sprint(f.Needs()); !strings.Contains(need, string(topologies.Intercept)) {
			t.Errorf("%s asks for %s", want, need)
		}
	}
}
