package scenarios

import (
	"errors"
	"strings"
	"testing"

	"surety/checker"
)

const counting = `scenario: counting
topology:
  provider: docker
  processors:
    - engine: {kind: streams, job: count, settings: {commit.interval.ms: 100}}
      name: counter
      instances: 2
      state: lost
timing: {session: 3s, transaction: 5s}
`

func TestAnEngineImpliesOracleAndDelivery(t *testing.T) {
	for _, tt := range []struct {
		reason, text string
		oracle       string
		delivery     checker.Delivery
	}{
		{"what is not said is the engine's default", "scenario: x\ntopology: {processors: [{engine: {kind: streams}}]}\n", "identity", checker.ExactlyOnce},
		{"the job has an oracle", counting, "count", checker.ExactlyOnce},
		{"the engine's guarantee declares", "scenario: x\ntopology: {processors: [{engine: {kind: streams, guarantee: at_least_once}}]}\n", "identity", checker.AtLeastOnce},
		{"what is declared is meant", "scenario: x\nguarantee: {delivery: exactly-once}\ntopology: {processors: [{engine: {kind: streams, guarantee: at_least_once}}]}\n", "identity", checker.ExactlyOnce},
	} {
		p, err := resolved(tt.text, "1")
		if err != nil {
			t.Errorf("%s: %v", tt.reason, err)
			continue
		}
		if sink := p.Judge.Sinks[0]; sink.Oracle != tt.oracle || sink.Guarantee.Delivery != tt.delivery {
			t.Errorf("%s: %s, %s; want %s, %s", tt.reason, sink.Oracle, sink.Guarantee.Delivery, tt.oracle, tt.delivery)
		}
	}
}

func TestThePlanHoldsWhatAnEngineRunsAs(t *testing.T) {
	p, err := resolved(counting, "1")
	if err != nil {
		t.Fatal(err)
	}
	ps := p.Topology.Processors[0]
	if ps.Name != "counter" || ps.Instances != 2 || ps.State != "lost" || ps.Recipe != "streams=4.2.0" || ps.Engine.Job != "count" || ps.Engine.Guarantee != "exactly_once_v2" {
		t.Errorf("the processor is %+v of %+v", ps, ps.Engine)
	}
	file := ps.Files["/etc/surety/streams.properties"]
	for _, line := range []string{
		"application.id={{.Group}}", "processing.guarantee=exactly_once_v2", "session.timeout.ms=3000",
		"producer.transaction.timeout.ms=5000", "commit.interval.ms=100",
	} {
		if !strings.Contains(file, line+"\n") {
			t.Errorf("the settings lack %s:\n%s", line, file)
		}
	}
	var text strings.Builder
	if err := p.Explain(&text); err != nil || !strings.Contains(text.String(), "2 × the engine streams 4.2.0, job count, exactly_once_v2, called counter") {
		t.Errorf("it is explained as\n%s%v", text.String(), err)
	}
}

func TestASuiteVariesEngineAndGuarantee(t *testing.T) {
	v := words()
	base, err := Parse("counting.yaml", []byte(counting), v)
	if err != nil {
		t.Fatal(err)
	}
	suite, err := ParseSuite("mine.yaml", []byte(`suite: mine
scenarios:
  - {scenario: counting}
  - {scenario: counting, name: over-counting, engine: {guarantee: at_least_once, settings: {num.standby.replicas: 1}}, guarantee: {delivery: exactly-once}, expect: {violated: wrong-state}}
`), v)
	if err != nil {
		t.Fatal(err)
	}
	list, err := suite.Scenarios(func(string) (*Scenario, error) { return base, nil })
	if err != nil || len(list) != 2 {
		t.Fatalf("%d scenarios, %v", len(list), err)
	}
	for _, s := range list {
		if err := s.Complete(v); err != nil {
			t.Fatal(err)
		}
	}
	first, second := list[0].Topology.Processors[0].Engine, list[1].Topology.Processors[0].Engine
	if first.Guarantee != "exactly_once_v2" || len(first.Settings) != 1 {
		t.Errorf("the entry behind it has changed the first one to %+v", first)
	}
	if second.Guarantee != "at_least_once" || second.Job != "count" || second.Settings["num.standby.replicas"] != "1" || second.Settings["commit.interval.ms"] != "100" {
		t.Errorf("the second one is %+v", second)
	}
	if d := list[1].Guarantee.Delivery; d != checker.ExactlyOnce {
		t.Errorf("it declares %s", d)
	}
}

func TestWhatASuiteSaysWronglyOfEnginesIsRefused(t *testing.T) {
	v := words()
	plain, err := Parse("plain.yaml", []byte("scenario: plain\n"+p), v)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ reason, entry, want string }{
		{"an engine where there is none", "{scenario: plain, engine: {job: count}}", "mine.yaml:2: the scenario plain runs no engine that could be another"},
		{"a guarantee that there is not", "{scenario: plain, guarantee: {delivery: twice}}", `mine.yaml:2: unknown delivery "twice"; known: at-most-once, at-least-once, exactly-once`},
	} {
		suite, err := ParseSuite("mine.yaml", []byte("suite: mine\nscenarios: ["+tt.entry+"]\n"), v)
		if err == nil {
			_, err = suite.Scenarios(func(string) (*Scenario, error) { return plain, nil })
		}
		var fe *FileError
		if !errors.As(err, &fe) || err.Error() != tt.want {
			t.Errorf("%s: %v, want %s", tt.reason, err, tt.want)
		}
	}
}
