package report

import (
	"time"

	"surety/checker"
	"surety/checker/history"
)

const ms = history.Nanos(time.Millisecond)

func guarantee(d checker.Delivery) checker.Guarantee {
	return checker.Guarantee{Delivery: d, Order: checker.OrderNone}
}

// verdict is a sound one with nothing found.
func verdict(a checker.Answer, g checker.Guarantee, ok int64) *checker.Verdict {
	return &checker.Verdict{
		Answer:   a,
		Examined: checker.Examined{Attempts: ok, OK: ok, Observations: ok, InputRead: true, Drained: true},
		Sinks: []checker.SinkVerdict{{
			Sink: "output", Guarantee: g, Answer: a,
			Counts: map[checker.Class]int64{checker.Lost: 0, checker.Duplicated: 0, checker.Reordered: 0},
			Breaks: map[checker.Class]int64{}, InFault: map[checker.Class]int64{}, Keys: map[checker.Class]int64{},
		}},
	}
}

func faulted(v *checker.Verdict, shown bool, labels ...string) *checker.Verdict {
	for i, l := range labels {
		f := checker.FaultResult{
			Step: i, Label: l, Targets: []string{"processor-1"}, Shown: shown, From: 3100 * ms, To: 3420 * ms, Offered: 640,
			Evidence: []history.Evidence{{Shown: shown, Text: "exit code 137"}},
		}
		if shown {
			f.Recovery = 900 * ms
		}
		v.Faults = append(v.Faults, f)
		v.Examined.InFault += f.Offered
	}
	return v
}

func upheld() Run {
	g := guarantee(checker.AtLeastOnce)
	v := faulted(verdict(checker.Upheld, g, 20000), true, "kill processor/1", "kill processor/2")
	v.Sinks[0].Counts[checker.Duplicated] = 183
	return Run{
		Scenario: "crash-at-least-once", Guarantee: g, Processor: "at-least-once", Verdict: v, Expect: "upheld", Met: true,
		Faults: []string{"kill processor/1", "kill processor/2"}, Took: 4200 * time.Millisecond,
		Dir: "results/runs/quick-7c1e04/crash-at-least-once", Again: "verify run crash-at-least-once --seed 7c1e04",
	}
}

func control() Run {
	g := guarantee(checker.ExactlyOnce)
	return Run{
		Scenario: "control-exactly-once", Guarantee: g, Processor: "exactly-once", Verdict: verdict(checker.Upheld, g, 5000),
		Expect: "upheld", Met: true, Took: 2 * time.Second,
	}
}

func violated() Run {
	g := checker.Guarantee{Delivery: checker.ExactlyOnce, Order: checker.OrderKey}
	v := faulted(verdict(checker.Violated, g, 20000), true, "kill processor/1")
	v.Reasons = []checker.Reason{
		{Text: "output: lost breaks exactly-once: 1, 0 of them in or after a fault"},
		{Text: "output: duplicated breaks exactly-once: 183, 183 of them in or after a fault"},
		{Text: "output: the final read is not sound: it did not come to its end", Try: "run again"},
	}
	s := &v.Sinks[0]
	s.Counts[checker.Duplicated], s.Breaks[checker.Duplicated], s.InFault[checker.Duplicated], s.Keys[checker.Duplicated] = 183, 183, 183, 12
	s.Counts[checker.Lost], s.Breaks[checker.Lost], s.InFault[checker.Lost], s.Keys[checker.Lost] = 1, 1, 0, 1
	s.Origins = map[checker.Origin]int64{checker.Processor: 184}
	s.Places = map[checker.Place]int64{checker.Middle: 1}
	s.Findings = []checker.Finding{
		{
			Class: checker.Lost, Place: checker.Middle, Origin: checker.Processor, Sink: "output", Key: "k3", Seq: 1,
			Attempt: &checker.AttemptRef{Outcome: "ok", At: 1010 * ms, Partition: 0, Offset: 4}, At: 1010 * ms,
		},
		{
			Class: checker.Duplicated, Origin: checker.Processor, Sink: "output", Key: "k17", Seq: 204,
			Attempt:   &checker.AttemptRef{Outcome: "ok", At: 2970 * ms, Partition: 2, Offset: 811},
			Sightings: []checker.Sighting{{Partition: 2, Offset: 1310, At: 3080 * ms}, {Partition: 2, Offset: 1352, At: 3610 * ms}},
			Faults:    []int{0}, InFault: true, Note: "partition input/2 moved to processor-2 at 3.38 s", At: 3610 * ms,
		},
	}
	return Run{
		Scenario: "offsets-outside-transaction", Guarantee: g, Processor: "offsets-outside-transaction", Verdict: v, Expect: "upheld",
		Faults: []string{"kill processor/1"}, Took: 6 * time.Second,
		Dir: "results/runs/x-7c1e04/offsets-outside-transaction", Again: "verify run offsets-outside-transaction --seed 7c1e04",
	}
}

func caught() Run {
	r := violated()
	r.Scenario, r.Expect, r.Met = "crash-offsets-outside-transaction", "violated: duplicated", true
	return r
}

func notCaught() Run {
	r := upheld()
	r.Scenario, r.Expect, r.Met = "crash-commit-without-flush", "violated: lost", false
	return r
}

func inconclusive() Run {
	g := guarantee(checker.ExactlyOnce)
	v := faulted(verdict(checker.Inconclusive, g, 19998), false, "lag 200ms processor/1 -> broker/2", "cut processor/* <-> broker/2")
	v.Faults[1].Shown = true
	v.Examined.Attempts, v.Examined.Unknown = 20000, 2
	v.Reasons = []checker.Reason{{
		Text: "the fault lag 200ms processor/1 -> broker/2 was not shown to take effect: it carried no traffic (0 bytes in 5.0 s)",
		Try:  "aim it at a target that carries traffic, or let it last longer",
	}, {
		Text: "12 records were offered while a fault held, fewer than the 50 that the scenario asks for",
		Try:  "raise the rate, or let the faults last longer",
	}}
	return Run{
		Scenario: "lag-200ms", Guarantee: g, Processor: "exactly-once", Verdict: v, Expect: "upheld",
		Faults: []string{"lag 200ms processor/1 -> broker/2", "cut processor/* <-> broker/2"}, Took: 9 * time.Second,
		Dir: "results/runs/quick-7c1e04/lag-200ms", Again: "verify run lag-200ms --seed 7c1e04",
	}
}

func unsupported() Run {
	return Run{
		Scenario: "leader-kill", Guarantee: guarantee(checker.ExactlyOnce), Processor: "exactly-once", Expect: "upheld",
		Faults: []string{"kill leader(input/0)"}, Unsupported: []string{"kill-broker"},
		Try: "verify run leader-kill --provider docker",
	}
}

func environment() Run {
	return Run{
		Scenario: "my-own", Guarantee: guarantee(checker.AtMostOnce), Processor: "python3 app.py", Expect: "upheld",
		Faults:      []string{"kill processor/1"},
		Environment: "nothing came through within 20s, before any fault: output/k0, output/k1\nprocessor-1 is exited with code 1; its log ends with\n    Traceback (most recent call last):\n    ModuleNotFoundError: No module named 'confluent_kafka'\n",
		Try:         "read the logs below results/runs/my-own-7c1e04/my-own/logs",
		Took:        21 * time.Second, Dir: "results/runs/my-own-7c1e04/my-own", Again: "verify run my-own.yaml --seed 7c1e04",
	}
}

func interrupted() Run {
	return Run{
		Scenario: "crash-exactly-once", Guarantee: guarantee(checker.ExactlyOnce), Processor: "exactly-once", Expect: "upheld",
		Faults: []string{"kill processor/1"}, Interrupted: true, Took: 1500 * time.Millisecond,
		Dir: "results/runs/quick-7c1e04/crash-exactly-once", Again: "verify run crash-exactly-once --seed 7c1e04",
	}
}

func nothing() Run {
	g := guarantee(checker.AtMostOnce)
	v := verdict(checker.Inconclusive, g, 0)
	v.Reasons = []checker.Reason{{Text: "no record was acknowledged, so nothing can be missed (0 attempts)", Try: "look at the brokers' logs and the driver's errors"}}
	return Run{Scenario: "control-at-most-once", Guarantee: g, Verdict: v, Expect: "upheld", Took: time.Second}
}

// without is a violation with no fault to blame, in a history with no ok record.
func without() Run {
	g := guarantee(checker.AtMostOnce)
	v := verdict(checker.Violated, g, 0)
	v.Examined.Attempts, v.Examined.Failed = 5, 5
	v.Reasons = []checker.Reason{{Text: "output: phantom breaks at-most-once: 1, without any fault"}}
	s := &v.Sinks[0]
	s.Counts[checker.Phantom], s.Breaks[checker.Phantom], s.Keys[checker.Phantom] = 1, 1, 1
	s.Findings = []checker.Finding{{
		Class: checker.Phantom, Sink: "output", Key: "", Seq: -3, At: 900 * ms,
		Sightings: []checker.Sighting{{Partition: 0, Offset: 0}},
	}}
	return Run{Scenario: "control-ghost", Guarantee: g, Verdict: v, Expect: "upheld", Took: time.Second}
}

func model(exit int, runs ...Run) *Model {
	return &Model{
		Suite: "quick", About: "embedded: kafka, 3 brokers", Seed: "7c1e04", Runs: runs, Took: 7240 * time.Millisecond,
		Kept: "results/runs/quick-7c1e04", Again: "verify run --seed 7c1e04", ExitCode: exit,
	}
}

// stuck stands still, with two sinks of which one broke.
func stuck() Run {
	r := upheld()
	r.Scenario, r.Met = "outage", false
	v := r.Verdict
	v.Answer, v.Examined.Drained = checker.Violated, false
	second := v.Sinks[0]
	second.Sink, second.Answer = "audit", checker.Violated
	second.Counts = map[checker.Class]int64{checker.Stuck: 1, checker.Vanished: 7}
	second.Breaks = map[checker.Class]int64{checker.Stuck: 1, checker.Vanished: 7}
	second.InFault = map[checker.Class]int64{checker.Stuck: 1, checker.Vanished: 3}
	second.Keys = map[checker.Class]int64{checker.Vanished: 2}
	second.Findings = []checker.Finding{
		{Class: checker.Vanished, Place: checker.Suffix, Origin: checker.AtSink, Sink: "audit", Key: "two words", Seq: 9, Faults: []int{0, 1}},
		{Class: checker.Stuck, Sink: "audit", Note: "nothing came out for 8 s while 120 records were missing"},
	}
	v.Sinks = append(v.Sinks, second)
	v.Reasons = []checker.Reason{
		{Text: "audit: vanished breaks at-least-once: 7, 3 of them in or after a fault"},
		{Text: "audit: stuck breaks at-least-once: 1, 1 of them in or after a fault"},
	}
	return r
}

// logged is a broker under test that lost what it had acknowledged, behind a
// producer that had to repeat itself.
func logged() Run {
	r := violated()
	r.Scenario, r.Processor = "unclean-election", "the broker itself"
	v := r.Verdict
	zero := map[checker.Class]int64{}
	for _, c := range checker.LogClasses {
		zero[c] = 0
	}
	v.Logs = []checker.LogVerdict{{
		Log: "input", Topic: "input-1", Sinks: []string{"output"}, Counts: zero,
		Breaks: map[checker.Class]int64{checker.LostWrite: 12}, InFault: map[checker.Class]int64{checker.LostWrite: 12},
		Findings: []checker.Finding{
			{
				Class: checker.LostWrite, Sink: "input", Key: "k3", Seq: 1, At: 1010 * ms, InFault: true,
				Attempt: &checker.AttemptRef{Outcome: "ok", At: 1010 * ms, Partition: 0, Offset: 4},
				Note:    "acknowledged, and no reading of this partition returned it, though they went beyond its offset",
			},
			{
				Class: checker.OffsetRegression, Sink: "input", At: 3400 * ms, Sightings: []checker.Sighting{{Partition: 2, Offset: 80, At: 3400 * ms}},
				Note: "group group-1 had committed offset 120 and went back to 80",
			},
		},
		NotJudged: []checker.Class{checker.PrecommittedRead},
	}}
	v.Logs[0].Counts[checker.LostWrite], v.Logs[0].Counts[checker.OffsetRegression] = 12, 3
	delete(v.Logs[0].Counts, checker.PrecommittedRead)
	v.Reasons = []checker.Reason{
		v.Reasons[0], v.Reasons[1],
		{Text: "log of output: lost-write breaks what is declared: 12, 12 of them in or after a fault"},
		v.Reasons[2],
	}
	return r
}

// otherwise is violated, but not by the class that was to be caught.
func otherwise() Run {
	r := violated()
	r.Expect = "violated: reordered"
	return r
}

// models are the situations that people meet, each with the file of its golden
// outputs.
// shared is three runs on one cluster, and one that needed another after it.
func shared() []Run {
	first, second, third := control(), upheld(), control()
	first.Cluster = &Cluster{Ready: 9400 * time.Millisecond, TearDown: 400 * time.Millisecond}
	second.Cluster = &Cluster{Reused: true, Ready: 1300 * time.Millisecond, TearDown: 2 * time.Second, Tainted: "partition input-1/0 has 2 of 3 replicas in sync, for 10s at the end of the scenario"}
	third.Scenario = "third"
	third.Cluster = &Cluster{Ready: 8 * time.Second, TearDown: 2 * time.Second}
	return []Run{first, second, third}
}

// random has faults that the seed drew, of which one did not act.
func random() Run {
	r := upheld()
	r.Faults = []string{"kill processor/1", "kill processor/2", "pause processor/1"}
	v := faulted(verdict(checker.Upheld, r.Guarantee, 20000), true, r.Faults...)
	for i := range v.Faults {
		v.Faults[i].Drawn = true
	}
	v.Faults[1].Shown, v.Faults[1].Recovery = false, 0
	r.Scenario, r.Verdict = "random-at-least-once", v
	return r
}

// tried are trials of two scenarios: one of them violated twice, one with a trial
// that was not judged.
func tried(t Trials) *Model {
	m := model(1)
	m.Trials = &t
	for i, r := range []Run{violated(), upheld(), upheld(), violated()} {
		r.Scenario, r.Trial, r.Guarantee, r.Expect, r.Met = "crash", i+1, guarantee(checker.ExactlyOnce), "upheld", r.Outcome() == "upheld"
		m.Runs = append(m.Runs, r)
	}
	for i, r := range []Run{upheld(), inconclusive(), upheld(), upheld()} {
		r.Scenario, r.Trial, r.Guarantee = "lag", i+1, guarantee(checker.AtLeastOnce)
		m.Runs = append(m.Runs, r)
	}
	return m
}

// ended are trials that a violation, an interruption and the budget ended.
func ended() *Model {
	m := tried(Trials{Asked: 20, UntilViolated: true, Budget: 10 * time.Minute})
	m.Runs = append(m.Runs[:1], m.Runs[4:]...)
	last := interrupted()
	last.Scenario, last.Trial, last.Guarantee = "lag", 5, guarantee(checker.AtLeastOnce)
	m.Runs, m.ExitCode = append(m.Runs, last), 130
	return m
}

// replayed is a plan that was run again twice, once with another leader.
func replayed() *Model {
	m := model(1)
	m.Trials = &Trials{Asked: 2}
	for i, r := range []Run{violated(), upheld()} {
		r.Scenario, r.Trial, r.Guarantee = "leader-kill", i+1, guarantee(checker.ExactlyOnce)
		m.Runs = append(m.Runs, r)
	}
	hit := func(target string, at time.Duration) Hit { return Hit{[]string{target}, at, true, true} }
	m.Replay = &Replay{Of: "results/runs/x/leader-kill", Outcome: "violated", Steps: []ReplayStep{
		{
			Label: "kill leader(input/0)", Planned: "1.20 s", Then: hit("broker-1", 1201*time.Millisecond),
			Now: []Hit{hit("broker-1", 1202*time.Millisecond), hit("broker-3", 1251*time.Millisecond)},
		},
		{Label: "pause processor/1", Planned: "rebalance 3 begins", Then: hit("processor-1", 4*time.Second), Now: []Hit{{}, {}}},
	}}
	return m
}

func models() map[string]*Model {
	return map[string]*Model{
		"upheld":       model(0, control(), upheld()),
		"violated":     model(1, violated()),
		"as-expected":  model(0, caught(), upheld()),
		"not-caught":   model(1, notCaught(), caught()),
		"inconclusive": model(2, inconclusive()),
		"unsupported":  model(3, unsupported()),
		"environment":  model(3, environment()),
		"interrupted":  model(130, upheld(), interrupted()),
		"stuck":        model(1, stuck()),
		"logs":         model(1, logged()),
		"otherwise":    model(1, otherwise(), control()),
		"nothing":      model(2, nothing()),
		"without":      model(1, without()),
		"mixed":        model(130, control(), upheld(), violated(), caught(), inconclusive(), unsupported(), environment(), interrupted()),
		"shared":       model(0, shared()...),
		"drawn":        model(0, random()),
		"replayed":     replayed(),
		"trials":       tried(Trials{Asked: 4}),
		"trials-ended": ended(),
		"no-runs":      {Seed: "7c1e04", Took: 10 * time.Millisecond},
	}
}
