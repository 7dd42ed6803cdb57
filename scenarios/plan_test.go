package scenarios

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"surety/checker"
	"surety/workload"
)

var update = flag.Bool("update", false, "write the golden files anew")

const everything = `scenario: everything
about: One of each field.
topology:
  provider: docker
  cluster: own
  broker: {kind: kafka, version: 4.2.0, nodes: 5, leaders: preferred, config: {log.flush.interval.messages: "1"}, limits: {memory: 1GiB}}
  partitions: 4
  processors:
    - {name: app, image: "registry.example/app:1", instances: 2, env: {OUT: "{{.Output}}"},
       files: {/etc/app.yaml: "brokers: {{.Bootstrap}}"}, ready: {port: 8080, http: /health, within: 30s},
       stop-signal: SIGINT, state: lost, limits: {memory: 256MiB, cpus: 0.5}}
    - {name: other, reference: exactly-once}
  sinks:
    - {name: out, role: output, oracle: identity}
    - {name: audit}
workload: {records: 12000, rate: 1000/s, keys: 100, skew: hot, hot: 40%, value: 1KiB, writers: 4}
faults:
  - kill: {target: leader(out/0), at: 30%, restart: 3s}
  - pause: {target: any(app), at: 1s..5s, for: 2s}
  - lag: {from: app/*, to: any(broker), delay: 200ms, jitter: 50ms, at: 20%..40%, for: 5s}
  - stop: {target: broker/1, grace: 10s, at: 2s}
  - restart: {target: any(broker), how: kill, disk: empty, at: 3s}
  - crash-loop: {target: other/1, times: 3, up: 500ms, at: 4s}
guarantee: {delivery: exactly-once, order: key, atomicity: transaction}
floors: {records-in-fault: 200, records: 1000}
timing: {session: 6s, transaction: 10s}
expect: {violated: duplicated}
`

// scheduled is every way to say when a fault happens.
const scheduled = `scenario: scheduled
about: Faults that wait for events, and faults that the seed draws.
topology:
  provider: docker
  processors:
    - {reference: exactly-once, instances: 3}
workload: {records: 60000, rate: 1000/s, keys: 100}
faults:
  - kill: {target: broker/1, after: 20%}
  - pause: {target: any(processor), after: 10%..30%, for: 2s..3s}
  - kill: {target: processor/2, in: rebalance 3, restart: 500ms}
  - kill: {target: leader(input/0), while: followers-behind, restart: 5s}
  - draw:
      count: 8
      during: 20%..70%
      quiet: 1s
      overlap: 2
      from:
        - kill: {target: any(processor), for: 500ms..1s, weight: 3}
        - pause: {target: any(processor), for: 1s..3s}
        - cut: {between: [any(processor), broker/*], for: 2s, weight: 2}
        - stop: {target: broker/2, alone: true}
  - draw: {every: 5s, during: 45s..60s, quiet: 2s, from: [lag: {from: processor/*, to: broker/*, delay: 50ms, for: 1s..2s}]}
`

func TestPlansAreTheirGoldenFiles(t *testing.T) {
	for name, text := range map[string]string{"everything": everything, "scheduled": scheduled} {
		t.Run(name, func(t *testing.T) { golden(t, name, text) })
	}
}

func golden(t *testing.T, name, text string) {
	p, err := resolved(text, "7c1e04")
	if err != nil {
		t.Fatal(err)
	}
	got, err := p.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join("testdata", name+".plan.json")
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("the plan is another than %s (see it with -update):\n%s", file, got)
	}
	var back Plan
	if err := json.Unmarshal(got, &back); err != nil {
		t.Fatal(err)
	}
	again, err := back.Bytes()
	if err != nil || !bytes.Equal(again, got) {
		t.Errorf("the stored plan reads back as another one: %v\n%s", err, again)
	}
}

func TestPlansFollowTheSeedAlone(t *testing.T) {
	for _, text := range []string{everything, scheduled} {
		followsTheSeed(t, text)
	}
}

func followsTheSeed(t *testing.T, text string) {
	t.Helper()
	plan := func(seed Seed) string {
		p, err := resolved(text, seed)
		if err != nil {
			t.Fatal(err)
		}
		b, err := p.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	seen := map[string]bool{}
	for i := range 30 {
		seed := Seed(fmt.Sprintf("%x", i))
		a := plan(seed)
		if a != plan(seed) {
			t.Fatalf("seed %s: two plans", seed)
		}
		a = strings.ReplaceAll(a, `"seed": "`+string(seed)+`"`, "")
		if seen[a] {
			t.Errorf("seed %s draws what another seed drew", seed)
		}
		seen[a] = true
	}
}

// Every draw of a seed lies where the scenario allows it.
func TestDrawsLieWithinTheirBounds(t *testing.T) {
	nodes := []string{"app/1", "app/2"}
	targets := map[string]int{}
	rapid.Check(t, func(t *rapid.T) {
		seed := Seed(rapid.StringMatching(`[0-9a-f]{1,16}`).Draw(t, "seed"))
		p, err := resolved(everything, seed)
		if err != nil {
			t.Fatal(err)
		}
		kill, pause, lag := p.Steps[0], p.Steps[1], p.Steps[2]
		if kill.At != 3600*time.Millisecond || kill.For != 3*time.Second {
			t.Fatalf("a moment that is not drawn is %s for %s", kill.At, kill.For)
		}
		if pause.At < time.Second || pause.At > 5*time.Second {
			t.Fatalf("1s..5s is drawn as %s", pause.At)
		}
		if lag.At < 2400*time.Millisecond || lag.At > 4800*time.Millisecond {
			t.Fatalf("20%%..40%% of 12 s is drawn as %s", lag.At)
		}
		var with struct{ Target string }
		if err := json.Unmarshal(pause.With, &with); err != nil || !slices.Contains(nodes, with.Target) {
			t.Fatalf("any(app) is drawn as %s, %v", pause.With, err)
		}
		targets[with.Target]++
	})
	if len(targets) != len(nodes) {
		t.Errorf("any(app) was never one of its nodes: %v", targets)
	}
}

func TestFallbacks(t *testing.T) {
	p, err := resolved("scenario: least\ntopology: {processors: [{reference: exactly-once}]}\n", "1")
	if err != nil {
		t.Fatal(err)
	}
	if p.Topology.Provider != "embedded" || p.Topology.Broker.Nodes != 3 || p.Input.Partitions != 6 || p.Input.Replication != 3 {
		t.Errorf("topology %+v, input %+v", p.Topology, p.Input)
	}
	if l := p.Load; l.Records != 5000 || l.Rate != 2000 || l.Keys != 50 || l.Skew != "uniform" || l.Size != 100 || l.Writers != 2 || l.Hot != 0 {
		t.Errorf("load %+v", l)
	}
	if g := p.Judge.Sinks[0].Guarantee; g != (checker.Guarantee{Delivery: checker.ExactlyOnce, Order: checker.OrderKey}) {
		t.Errorf("the guarantee of the processor is %+v", g)
	}
	if p.Expect.Answer != checker.Upheld {
		t.Errorf("expects %s", p.Expect)
	}
	if p.Judge.Floors != (checker.Floors{Records: 1}) {
		t.Errorf("a run with no fault has the floors %+v", p.Judge.Floors)
	}
	want := PlanTiming{Session: 1500 * time.Millisecond, Transaction: 5 * time.Second, Quiet: 8 * time.Second, Deadline: 20 * time.Second, Warm: 20 * time.Second}
	if p.Timing != want {
		t.Errorf("timing %+v, want %+v", p.Timing, want)
	}
}

func TestWrittenValuesStand(t *testing.T) {
	for _, tt := range []struct {
		reason, text string
		holds        func(p *Plan) bool
	}{
		{"a floor of zero is meant", p + "faults: [{kill: {target: processor/1, at: 1s}}]\nfloors: {records-in-fault: 0, records: 0}\n",
			func(p *Plan) bool { return p.Judge.Floors == checker.Floors{} }},
		{"a transaction timeout of zero is none", "guarantee: {delivery: exactly-once}\ntiming: {transaction: 0s}\ntopology: {processors: [{command: [app]}]}\n",
			func(p *Plan) bool { return p.Timing.Transaction == 0 && p.Timing.Quiet == 2*time.Second }},
		{"a declared guarantee stands before the processor's", p + "guarantee: {delivery: exactly-once, order: key, atomicity: transaction}\n",
			func(p *Plan) bool {
				return p.Judge.Sinks[0].Guarantee == checker.Guarantee{Delivery: checker.ExactlyOnce, Order: checker.OrderKey, Atomicity: true}
			}},
		{"as fast as the client goes", p + "workload: {rate: max}\n", func(p *Plan) bool { return p.Load.Rate == 0 }},
		{"half of the records are hot where nothing is said", p + "workload: {skew: hot}\n", func(p *Plan) bool { return p.Load.Hot == 0.5 }},
		{"a fault of a second where nothing is said", p + "faults: [{kill: {target: processor/1, at: 1s}}]\n",
			func(p *Plan) bool { return p.Steps[0].For == time.Second }},
		{"a fault that ends when it has shown", p + "faults: [{kill: {target: processor/1, at: 1s, restart: 0s}}]\n",
			func(p *Plan) bool { return p.Steps[0].For == 0 }},
		{"an alias stands for what it names", "about: &at 1s\n" + p + "faults: [{kill: {target: processor/1, at: *at}}]\n",
			func(p *Plan) bool { return p.Steps[0].At == time.Second }},
		{"two brokers hold two replicas", "topology: {broker: {nodes: 2}, processors: [{reference: at-least-once}]}\n",
			func(p *Plan) bool { return p.Input.Replication == 2 && p.Sinks[0].Topic.Replication == 2 }},
		{"with no processor the sink is the input log", "guarantee: {delivery: exactly-once}\n",
			func(p *Plan) bool { return p.Sinks[0].Topic.Name == p.Input.Name }},
		{"a client of whom nothing is said is safe", p, func(p *Plan) bool { return p.Client == workload.Client{} }},
		{"a client that asks the leader alone is not idempotent", p + "workload: {client: {acks: 1}}\n",
			func(p *Plan) bool { return p.Client == workload.Client{Acks: "1", NotIdempotent: true} }},
		{"transactions that are waited for", "guarantee: {delivery: exactly-once}\nworkload: {client: {transactional: {records: 750, aborts: 10%, timeout: 20s}}}\n",
			func(p *Plan) bool {
				want := workload.Transactions{Records: 750, Aborts: 0.1, Timeout: 20 * time.Second}
				return p.Client == workload.Client{Transactions: want} && p.Timing.Transaction == 20*time.Second && p.Timing.Quiet > 20*time.Second
			}},
		{"a consumer under test has a group of its own and is safe", "guarantee: {delivery: exactly-once}\ntopology: {sinks: [{name: out, reader: {}}]}\n",
			func(p *Plan) bool {
				k := p.Sinks[0]
				return k.Role == "subscription" && *k.Subscriber == workload.Subscriber{Group: "out-" + p.Run} && k.Topic.Name == p.Input.Name
			}},
		{"a consumer under test has what is said", "guarantee: {delivery: exactly-once}\ntopology: {sinks: [{name: out, role: output, reader: {group: g, isolation: read_uncommitted, auto-offset-reset: latest, starts: 1s}}]}\n",
			func(p *Plan) bool {
				k := p.Sinks[0]
				return k.Role == "output" && *k.Subscriber == workload.Subscriber{Group: "g-" + p.Run, Uncommitted: true, Latest: true, Starts: time.Second}
			}},
		{"topics have what is said of them", "guarantee: {delivery: exactly-once}\ntopology: {topics: {replication: 2, config: {min.insync.replicas: 1}}}\n",
			func(p *Plan) bool {
				return p.Input.Replication == 2 && p.Sinks[0].Topic.Config["min.insync.replicas"] == "1" && p.Input.Config["min.insync.replicas"] == "1"
			}},
		{"nothing but a null is nothing", p + "workload:\nfaults:\nexpect:\n", func(p *Plan) bool { return p.Load.Records == 5000 }},
	} {
		p, err := resolved("scenario: x\n"+tt.text, "1")
		if err != nil {
			t.Errorf("%s: %v", tt.reason, err)
		} else if !tt.holds(p) {
			b, _ := p.Bytes()
			t.Errorf("%s: %s", tt.reason, b)
		}
	}
}

func TestPlansKnowTheirFaults(t *testing.T) {
	plan, err := resolved(everything, "7c1e04")
	if err != nil {
		t.Fatal(err)
	}
	v := words()
	for _, st := range plan.Steps {
		f, err := st.Fault(v)
		if err != nil || f.Label() != st.Label || f.Check() != nil {
			t.Errorf("%s is read back as %v, %v", st.Label, f, err)
		}
	}
	need, err := plan.Needs(v)
	if err != nil || len(need) == 0 {
		t.Errorf("needs %v, %v", need, err)
	}
	plan.Steps[0].Name = "kil"
	if _, err := plan.Needs(v); err == nil || !strings.Contains(err.Error(), `did you mean "kill"?`) {
		t.Errorf("a plan of another version's fault: %v", err)
	}
	plan.Steps[0].Name, plan.Steps[0].With = "kill", json.RawMessage(`{"target": 5}`)
	if _, err := plan.Needs(v); err == nil || !strings.Contains(err.Error(), plan.Steps[0].Label) {
		t.Errorf("a plan that was edited: %v", err)
	}
}

func TestExpectationsAreMetByTheirOwnVerdictOnly(t *testing.T) {
	verdict := func(a checker.Answer, breaks, inFault int64) *checker.Verdict {
		return &checker.Verdict{Answer: a, Sinks: []checker.SinkVerdict{{
			Breaks:  map[checker.Class]int64{checker.Lost: breaks},
			InFault: map[checker.Class]int64{checker.Lost: inFault},
		}}}
	}
	lost := PlanExpect{checker.Violated, checker.Lost}
	for _, tt := range []struct {
		reason  string
		expect  PlanExpect
		verdict *checker.Verdict
		faulted bool
		met     bool
	}{
		{"upheld as expected", PlanExpect{Answer: checker.Upheld}, verdict(checker.Upheld, 0, 0), true, true},
		{"violated where it should hold", PlanExpect{Answer: checker.Upheld}, verdict(checker.Violated, 1, 1), true, false},
		{"inconclusive is never as upheld", PlanExpect{Answer: checker.Upheld}, verdict(checker.Inconclusive, 0, 0), true, false},
		{"inconclusive as expected", PlanExpect{Answer: checker.Inconclusive}, verdict(checker.Inconclusive, 0, 0), true, true},
		{"lost in the fault", lost, verdict(checker.Violated, 2, 1), true, true},
		{"lost before any fault", lost, verdict(checker.Violated, 2, 0), true, false},
		{"lost with no fault planned", lost, verdict(checker.Violated, 2, 0), false, true},
		{"violated by another class", PlanExpect{checker.Violated, checker.Duplicated}, verdict(checker.Violated, 2, 2), true, false},
		{"the planted mistake was not caught", lost, verdict(checker.Upheld, 0, 0), true, false},
		{"no verdict at all", PlanExpect{Answer: checker.Upheld}, nil, true, false},
	} {
		if got := tt.expect.Met(tt.verdict, tt.faulted); got != tt.met {
			t.Errorf("%s: met is %t", tt.reason, got)
		}
	}
}

func TestSeeds(t *testing.T) {
	for _, tt := range []struct {
		reason string
		seed   Seed
		ok     bool
	}{
		{"six digits", "7c1e04", true}, {"one digit", "0", true}, {"sixteen", "0123456789abcdef", true},
		{"none", "", false}, {"seventeen", "0123456789abcdef0", false}, {"capitals", "7C1E04", false},
		{"a word", "seed", false}, {"a path", "../../x", false}, {"a line", "7c\n", false},
	} {
		if err := tt.seed.Check(); (err == nil) != tt.ok {
			t.Errorf("%s: %v", tt.reason, err)
		}
	}
	seen := map[Seed]bool{}
	for range 20 {
		s := NewSeed()
		if err := s.Check(); err != nil {
			t.Error(err)
		}
		seen[s] = true
	}
	if len(seen) < 15 {
		t.Errorf("20 new seeds are %d different ones", len(seen))
	}
	trials := map[Seed]bool{}
	for n := range 1000 {
		s := Seed("1").Trial(n + 1)
		if err := s.Check(); err != nil {
			t.Error(err)
		}
		trials[s] = true
	}
	if len(trials) != 1000 || !trials["1"] || Seed("1").Trial(7) == Seed("2").Trial(7) {
		t.Errorf("1000 trials have %d seeds", len(trials))
	}
	a, b := Seed("1").Stream("plan"), Seed("1").Stream("load")
	if a.Uint64() == b.Uint64() {
		t.Error("two purposes draw the same numbers")
	}
}
