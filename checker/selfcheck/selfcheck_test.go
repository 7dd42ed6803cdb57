package selfcheck

import (
	"context"
	"errors"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"surety/checker"
	"surety/checker/history"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func judged(t *testing.T, o Options) *Result {
	t.Helper()
	if o.Judge == nil {
		o.Judge = checker.Judge
	}
	r, err := Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func named(t *testing.T, names ...string) (out []Kind) {
	t.Helper()
	for _, k := range Kinds {
		if slices.Contains(names, k.Name) {
			out = append(out, k)
		}
	}
	if len(out) != len(names) {
		t.Fatalf("%d kinds of %v", len(out), names)
	}
	return out
}

func TestJudgeFindsWhatWasPlantedAndNothingElse(t *testing.T) {
	r := judged(t, Options{Seed: "1", Trials: 10, Kinds: Kinds})
	for _, row := range r.Rows {
		if !row.passed() {
			t.Errorf("%s: %+v", row.Name, row.Tally)
		}
		if row.Trials != 10 || row.Due+row.Sound < 10 {
			t.Errorf("%s: not every trial was judged: %+v", row.Name, row.Tally)
		}
	}
	if !r.Passed() {
		t.Error("all rows passed, and the whole did not")
	}
}

func TestEqualSeedsGiveEqualResults(t *testing.T) {
	o := Options{Seed: "5eed", Trials: 5, Kinds: named(t, "torn", "rewound", "simultaneous")}
	a, b := judged(t, o), judged(t, o)
	o.Seed = "5eee"
	c := judged(t, o)
	strip := func(r *Result) (out []Tally) {
		for _, row := range r.Rows {
			out = append(out, row.Tally)
		}
		return out
	}
	if !reflect.DeepEqual(strip(a), strip(b)) {
		t.Errorf("once %+v\nagain %+v", strip(a), strip(b))
	}
	if reflect.DeepEqual(strip(a), strip(c)) {
		t.Errorf("another seed gives the same: %+v", strip(a))
	}
}

// A judge that makes one kind of mistake must fail its row.
func TestWrongJudgesAreFoundOut(t *testing.T) {
	edit := func(change func(*checker.Verdict)) Judge {
		return func(open func() (*history.Reader, error), spec checker.Spec) (*checker.Verdict, error) {
			v, err := checker.Judge(open, spec)
			if err == nil {
				change(v)
			}
			return v, err
		}
	}
	uphold := func(v *checker.Verdict) {
		v.Answer = checker.Upheld
		for i := range v.Sinks {
			v.Sinks[i].Answer = checker.Upheld
		}
	}
	for _, tt := range []struct {
		why   string
		kind  string
		judge Judge
		shows func(Tally) bool
	}{
		{"it does not find a class", "duplicated", edit(func(v *checker.Verdict) {
			delete(v.Sinks[0].Counts, checker.Duplicated)
			delete(v.Sinks[0].Breaks, checker.Duplicated)
			uphold(v)
		}), func(r Tally) bool { return r.Found == 0 && r.Missed == r.Due && r.Exact == 0 }},
		{"it finds one too few", "lost-middle", edit(func(v *checker.Verdict) {
			v.Sinks[0].Counts[checker.Lost]--
		}), func(r Tally) bool { return r.Found < r.Planted && r.Missed == 0 && r.Exact == 0 }},
		{"it finds one too many", "lost-middle", edit(func(v *checker.Verdict) {
			v.Sinks[0].Counts[checker.Lost]++
		}), func(r Tally) bool { return r.Found == r.Planted && r.Exact == 0 }},
		{"it takes one class for another", "reordered", edit(func(v *checker.Verdict) {
			v.Sinks[0].Counts[checker.Phantom] += v.Sinks[0].Counts[checker.Reordered]
			delete(v.Sinks[0].Counts, checker.Reordered)
		}), func(r Tally) bool { return r.Found == 0 && r.Others == r.Planted }},
		{"it places a loss elsewhere", "lost-prefix", edit(func(v *checker.Verdict) {
			v.Sinks[0].Places = map[checker.Place]int64{checker.Suffix: v.Sinks[0].Counts[checker.Lost]}
		}), func(r Tally) bool { return r.Found == r.Planted && r.Exact == 0 }},
		{"it names nobody", "vanished", edit(func(v *checker.Verdict) {
			clear(v.Sinks[0].Origins)
		}), func(r Tally) bool { return r.Found == r.Planted && r.Exact == 0 }},
		{"it upholds what it found broken", "torn", edit(uphold), func(r Tally) bool { return r.Missed > 0 && r.FalseAlarms == 0 }},
		{"it calls everything violated", "ordinary", edit(func(v *checker.Verdict) {
			v.Answer, v.Sinks[0].Answer = checker.Violated, checker.Violated
		}), func(r Tally) bool { return r.FalseAlarms == r.Sound && r.Due == 0 }},
		{"it decides nothing", "recovered", edit(func(v *checker.Verdict) {
			v.Answer, v.Sinks[0].Answer = checker.Inconclusive, checker.Inconclusive
		}), func(r Tally) bool { return r.FalseAlarms == r.Sound }},
		{"it flags a legal reread", "reread", edit(func(v *checker.Verdict) {
			v.Sinks[0].Counts[checker.Duplicated]++
		}), func(r Tally) bool { return r.Others >= r.Trials && r.Exact == 0 }},
		{"it forgets a sink", "two-sinks", edit(func(v *checker.Verdict) {
			v.Sinks = v.Sinks[:1]
		}), func(r Tally) bool { return r.Exact == 0 }},
	} {
		r := judged(t, Options{Seed: "1", Trials: 3, Kinds: named(t, tt.kind), Judge: tt.judge})
		row := r.Rows[0]
		if r.Passed() || row.Problem == "" || !tt.shows(row.Tally) {
			t.Errorf("%s: passed %v with %+v", tt.why, r.Passed(), row.Tally)
		}
	}
}

func TestNothingTriedIsNotPassed(t *testing.T) {
	if judged(t, Options{Seed: "1", Trials: 3}).Passed() {
		t.Error("no kinds, and passed")
	}
	if judged(t, Options{Seed: "1", Trials: 0, Kinds: Kinds}).Passed() {
		t.Error("no trials, and passed")
	}
}

func TestAnUnreadableHistoryEndsTheRun(t *testing.T) {
	broken := errors.New("the disk is gone")
	_, err := Run(t.Context(), Options{Seed: "1", Trials: 20, Kinds: Kinds, Judge: func(func() (*history.Reader, error), checker.Spec) (*checker.Verdict, error) {
		return nil, broken
	}})
	if !errors.Is(err, broken) || !strings.Contains(err.Error(), "trial ") {
		t.Errorf("error %v", err)
	}
}

func TestAnEndedContextEndsTheRunAndLeavesNoFiles(t *testing.T) {
	tmp := t.TempDir()
	t.Setenv("TMPDIR", tmp)
	ctx, cancel := context.WithCancel(t.Context())
	_, err := Run(ctx, Options{Seed: "1", Trials: 1000, Kinds: named(t, "fences"), Judge: checker.Judge, Done: func(int64, int64) { cancel() }})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	if left, _ := os.ReadDir(tmp); len(left) > 0 {
		t.Errorf("it left %v", left)
	}
}

// What can be told of a class is planted, or there is a reason why not.
func TestEveryClassIsPlanted(t *testing.T) {
	legal := []checker.Class{checker.Recovered, checker.Absent, checker.Reread, checker.Split, checker.DeadLettered, checker.DroppedLate}
	planted := map[checker.Class]bool{}
	for _, k := range Kinds {
		planted[k.Class] = true
		if k.Class != "" && !k.Legal && breaking[k.Class] == "" {
			t.Errorf("%s plants %s, of which nothing says what it breaks", k.Name, k.Class)
		}
	}
	for _, c := range append(legal, checker.Judged...) {
		if why := Unplanted[c]; planted[c] == (why != "") {
			t.Errorf("%s: planted %v, reason %q", c, planted[c], why)
		}
	}
}

func TestKindsHaveNamesOfTheirOwnAndAWordAboutThem(t *testing.T) {
	seen := map[string]bool{}
	for _, k := range Kinds {
		if seen[k.Name] || k.Name == "" || k.About == "" {
			t.Errorf("%q: %q", k.Name, k.About)
		}
		seen[k.Name] = true
	}
}

// A thousand trials of an anomaly reach from one in ten to one in a million, and
// nearly all of them are small.
func TestLadderReachesFromFrequentToRare(t *testing.T) {
	rates, attempts := map[int]int{}, 0
	for no := 1; no <= 1000; no++ {
		r := rungOf(no, false)
		rates[r.oneIn]++
		attempts += r.attempts
		if rungOf(no, true).oneIn >= rare {
			t.Errorf("trial %d of a legal kind is one of the largest", no)
		}
	}
	for _, oneIn := range []int{10, 100, 1000, 10_000, 100_000, 1_000_000} {
		if rates[oneIn] == 0 {
			t.Errorf("no trial with one in %d", oneIn)
		}
	}
	if rates[10] < 500 || attempts > 2_000_000 {
		t.Errorf("rates %v, %d attempts in all", rates, attempts)
	}
}

// The history is told in several passes: what is attempted, logged and seen must
// be of one piece, whatever the draw.
func TestHistoriesAreOfOnePiece(t *testing.T) {
	for seed := range uint64(8) {
		for i := range Kinds {
			w := newWorld(&Kinds[i], seed*1000+uint64(i), 60, 10)
			dir := history.Dir(t.TempDir())
			out, err := history.Create(dir, history.Header{})
			if err != nil {
				t.Fatal(err)
			}
			w.tell(out)
			if err := out.Close(); err != nil {
				t.Fatalf("%s: %v", Kinds[i].Name, err)
			}
			checkWorld(t, w, dir)
		}
	}
}

func checkWorld(t *testing.T, w *world, dir history.Dir) {
	t.Helper()
	type at struct {
		sink string
		part int32
		off  int64
	}
	r, err := history.Open(string(dir))
	if err != nil {
		t.Fatal(err)
	}
	sessions, answered := map[uint32]history.Session{}, map[uint64]bool{}
	appended, last := map[at]int64{}, map[at]int64{}
	var intents, answers uint64
	var rec history.Record
	for err = r.Next(&rec); err == nil; err = r.Next(&rec) {
		switch rec.Kind {
		case history.KindIntent:
			if intents++; rec.Intent.Attempt != intents {
				t.Errorf("attempt %d is the %dth", rec.Intent.Attempt, intents)
			}
		case history.KindOutcome:
			answers++
			if a := rec.Outcome.Attempt; a == 0 || a > intents || answered[a] {
				t.Errorf("an answer to attempt %d of %d, answered %v", a, intents, answered[a])
			}
			answered[rec.Outcome.Attempt] = true
		case history.KindSession:
			var s history.Session
			if err := rec.As(&s); err != nil {
				t.Fatal(err)
			}
			sessions[s.Session] = s
		case history.KindObservation:
			o := rec.Observation
			s := sessions[o.Session]
			if s.Session == 0 || o.Partition < 0 || o.Partition >= w.partitions {
				t.Fatalf("%+v in session %+v", o, s)
			}
			if o.Offset < 0 || s.View == history.Uncommitted {
				continue
			}
			p := at{s.Sink, o.Partition, o.Offset}
			if known, again := appended[p]; again && known != o.Append {
				t.Errorf("%+v was appended at %d and at %d", p, known, o.Append)
			}
			appended[p] = o.Append
			last[at{s.Sink, o.Partition, 0}] = max(last[at{s.Sink, o.Partition, 0}], o.Offset)
		}
	}
	if err := r.Close(); err != nil || r.CutOff() || intents != w.attempts {
		t.Errorf("%d attempts of %d, cut off %v, error %v", intents, w.attempts, r.CutOff(), err)
	}
	// Append times never go back within a partition.
	for _, p := range slices.Collect(maps.Keys(last)) {
		before := int64(0)
		for off := range last[p] + 1 {
			now, there := appended[at{p.sink, p.part, off}]
			if there && now < before {
				t.Errorf("%s %d: offset %d was appended at %d, before its neighbour", p.sink, p.part, off, now)
			}
			before = max(before, now)
		}
	}
	if w.planted() == 0 {
		t.Errorf("%s: nothing was planted", w.kind.Name)
	}
}
