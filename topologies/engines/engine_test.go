package engines

import (
	"slices"
	"strings"
	"testing"
	"time"

	"surety/checker"
	"surety/topologies"
	"surety/topologies/images"
)

func TestEveryEngineSaysWhatAScenarioMayAskOfIt(t *testing.T) {
	var seen []string
	for _, e := range All {
		if e.Name() == "" || e.About() == "" || slices.Contains(seen, e.Name()) {
			t.Errorf("the engine %q is about %q", e.Name(), e.About())
		}
		seen = append(seen, e.Name())
		if len(e.Versions()) == 0 || len(e.Jobs()) == 0 || len(e.Guarantees()) == 0 {
			t.Errorf("%s has %d versions, %d jobs and %d guarantees", e.Name(), len(e.Versions()), len(e.Jobs()), len(e.Guarantees()))
		}
		for _, j := range e.Jobs() {
			if _, known := checker.OracleNamed(j.Oracle); !known || j.Oracle == "" || j.About == "" {
				t.Errorf("%s: the job %s has the oracle %q and is about %q", e.Name(), j.Name, j.Oracle, j.About)
			}
		}
		for _, g := range e.Guarantees() {
			if !slices.Contains(checker.Deliveries, checker.Delivery(g.Delivery)) {
				t.Errorf("%s: the guarantee %s declares %q", e.Name(), g.Name, g.Delivery)
			}
		}
	}
}

// spec is a use of an engine with all that a scenario can leave to it.
func spec(e Engine, j Job, g Guarantee) topologies.ProcessorSpec {
	return topologies.ProcessorSpec{
		Name: "processor", Instances: 2, State: topologies.StateLost,
		Env:    map[string]string{"SURETY_SESSION_TIMEOUT": "3s", "SURETY_TRANSACTION_TIMEOUT": "5s"},
		Engine: &topologies.EngineSpec{Kind: e.Name(), Version: e.Versions()[0], Job: j.Name, Guarantee: g.Name, Settings: map[string]string{"a.b": "c"}},
	}
}

// What an engine runs as is a program of a recipe that there is, told by templates
// that can be filled in, and belongs to the engine that the plan names.
func TestEveryUseOfAnEngineCanRun(t *testing.T) {
	for _, e := range All {
		for _, j := range e.Jobs() {
			for _, g := range e.Guarantees() {
				in := spec(e, j, g)
				out := e.Processors(in)
				if len(out) == 0 {
					t.Fatalf("%s runs as nothing", e.Name())
				}
				for _, p := range out {
					if _, _, err := images.Parse(p.Recipe); err != nil {
						t.Errorf("%s: %v", p.Name, err)
					}
					if p.Engine == nil || p.Name == "" || p.Instances < 1 || len(p.Command) == 0 {
						t.Errorf("%s, %s, %s runs as %+v", e.Name(), j.Name, g.Name, p)
					}
					if _, err := topologies.Expand(p, topologies.Vars{}); err != nil {
						t.Error(err)
					}
				}
				if in.Recipe != "" || len(in.Files) > 0 {
					t.Errorf("%s changed what it was given: %+v", e.Name(), in)
				}
			}
		}
	}
}

func TestStreamsTellsOfItself(t *testing.T) {
	at := time.Date(2026, 11, 21, 12, 0, 1, 123e6, time.UTC)
	const stamp = "2026-11-21T12:00:01.123Z "
	for _, tt := range []struct {
		reason, line string
		want         Signal
	}{
		{"a change of state", stamp + "[main] INFO org.apache.kafka.streams.KafkaStreams - stream-client [processor-1] State transition from REBALANCING to RUNNING", Signal{"state", "RUNNING", at}},
		{"a rebalance that ended", stamp + "[processor-1-StreamThread-1] INFO org.apache.kafka.clients.consumer.internals.ConsumerCoordinator - [Consumer clientId=processor-1-StreamThread-1-consumer, groupId=group-1] Successfully joined group with generation Generation{generationId=7, memberId='m', protocol='stream'}", Signal{"rebalance", "7", at}},
		{"a thread that was fenced", stamp + "[t] WARN o.a.k.s.p.i.StreamThread - stream-thread [processor-1-StreamThread-1] Detected that the thread is being fenced. This implies that this thread missed a rebalance and dropped out of the consumer group.", Signal{"fenced", "This implies that this thread missed a rebalance", at}},
		{"an exception", stamp + "surety: uncaught TimeoutException: no answer\n", Signal{"exception", "TimeoutException: no answer", at}},
		{"a thread in the place of another", stamp + "[t] WARN o.a.k.s.KafkaStreams - Replacing thread in the streams uncaught exception handler", Signal{"thread-replaced", "Replacing thread", at}},
		{"an abort", stamp + "[t] INFO org.apache.kafka.clients.producer.KafkaProducer - [Producer clientId=c, transactionalId=x] Aborting incomplete transaction", Signal{"abort", "Aborting incomplete transaction", at}},
		{"an abort by an error", stamp + "[t] INFO org.apache.kafka.clients.producer.internals.TransactionManager - [Producer clientId=c] Transiting to abortable error state due to org.apache.kafka.common.errors.TimeoutException: x", Signal{"abort", "TimeoutException", at}},
		{"a line without a time", "surety: uncaught X: y", Signal{"exception", "X: y", time.Time{}}},
		{"the state of a thread is not that of the instance", stamp + "[t] INFO o.a.k.s.p.i.StreamThread - stream-thread [processor-1-StreamThread-1] State transition from STARTING to RUNNING", Signal{}},
		{"anything else", "SLF4J: something", Signal{}},
	} {
		got, ok := streams{}.Signal(tt.line)
		if got != tt.want || ok != (tt.want.Name != "") {
			t.Errorf("%s: %+v, %t; want %+v", tt.reason, got, ok, tt.want)
		}
	}
}

func TestSettingsThatCannotBe(t *testing.T) {
	for _, tt := range []struct {
		reason, name, value, want string
	}{
		{"an ordinary one", "commit.interval.ms", "100", ""},
		{"one of the harness's own", "state.dir", "/tmp", "the setting state.dir is the harness's own"},
		{"a name with a blank", "commit interval", "1", `"commit interval" cannot be the name of a setting, or its value is more than one line`},
		{"a value of two lines", "a", "b\nc=d", `"a" cannot be the name of a setting, or its value is more than one line`},
	} {
		err := CheckSettings(streams{}, map[string]string{tt.name: tt.value})
		if got := errorText(err); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.reason, got, tt.want)
		}
	}
	if _, err := Find("stream"); err == nil || !strings.Contains(err.Error(), `unknown engine "stream" (did you mean "streams"?)`) {
		t.Errorf("an unknown engine says %v", err)
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
