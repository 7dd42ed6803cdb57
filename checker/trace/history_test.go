package trace

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"surety/checker"
	"surety/checker/history"

	"pgregory.net/rapid"
)

// twin tells the same facts as a stored history and as a trace.
type twin struct {
	w     *history.Writer
	trace strings.Builder
	now   history.Nanos
	n     uint64
	seen  int64
}

var classes = map[string]history.OutcomeClass{"ok": history.OK, "failed": history.Failed, "unknown": history.Unknown}

func (w *twin) tick() history.Nanos {
	w.now += 1000
	return w.now
}

func (w *twin) try(key string, seq int64, outcome string, no uint64) {
	at := w.tick()
	w.n++
	w.w.Intent(history.Intent{Attempt: w.n, Key: w.w.Name(key), Seq: seq, Tx: no, At: at})
	w.w.Outcome(history.Outcome{Attempt: w.n, Class: classes[outcome], Partition: -1, Offset: -1, At: at})
	more := []string{fmt.Sprintf(`"time":%d`, at)}
	if no > 0 {
		more = append(more, fmt.Sprintf(`"tx":"t%d"`, no))
	}
	fmt.Fprintln(&w.trace, try(key, seq, outcome, more...))
}

// finish ends a transaction; in the trace the word stands on one more attempt of
// it, which failed and says nothing else.
func (w *twin) finish(no uint64, class history.OutcomeClass) {
	at := w.tick()
	w.n++
	w.w.Intent(history.Intent{Attempt: w.n, Key: w.w.Name("z"), Seq: -1, Tx: no, At: at})
	w.w.Outcome(history.Outcome{Attempt: w.n, Class: history.Failed, Partition: -1, Offset: -1, At: at})
	w.w.Append(history.KindTxEnd, history.TxEnd{Tx: no, Class: class, At: at})
	fmt.Fprintln(&w.trace, try("z", -1, "failed", fmt.Sprintf(`"time":%d`, at), tx(fmt.Sprint("t", no), txEnds[class])))
}

func (w *twin) see(key string, seq int64, part int32, offset int64, corrupt bool) {
	at := w.tick()
	w.seen++
	o := history.Observation{
		Session: 1, Partition: part, Offset: offset, Key: w.w.Name(key), Seq: seq, Corrupt: corrupt, Append: w.seen, At: at,
	}
	w.w.Observation(o)
	more := []string{fmt.Sprintf(`"time":%d`, at), fmt.Sprintf(`"corrupt":%v`, corrupt)}
	if part >= 0 {
		more = append(more, fmt.Sprintf(`"partition":%d`, part))
	}
	if offset >= 0 {
		more = append(more, fmt.Sprintf(`"offset":%d`, offset))
	}
	fmt.Fprintln(&w.trace, see(key, seq, more...))
}

// tell draws a small world. Offsets rise with the lines, so that both have one
// order of the sink.
func (w *twin) tell(t *rapid.T) {
	chance := func(what string, percent int) bool { return rapid.IntRange(0, 99).Draw(t, what) < percent }
	keys := rapid.SampledFrom([]string{"", "a", "ü"})
	queue := chance("queue", 20)
	next := map[int32]int64{}
	seq := int64(0)
	type record struct {
		key string
		seq int64
	}
	var sent []record
	for range rapid.IntRange(0, 25).Draw(t, "steps") {
		switch r := (record{keys.Draw(t, "key"), seq}); {
		case len(sent) == 0 || chance("try", 45):
			if chance("again", 15) && len(sent) > 0 {
				r = rapid.SampledFrom(sent).Draw(t, "record")
			} else {
				seq++
			}
			no := uint64(0)
			if chance("in a transaction", 25) {
				no = rapid.Uint64Range(1, 3).Draw(t, "tx")
			}
			w.try(r.key, r.seq, rapid.SampledFrom([]string{"ok", "ok", "ok", "unknown", "failed"}).Draw(t, "outcome"), no)
			sent = append(sent, r)
		default:
			r = rapid.SampledFrom(sent).Draw(t, "record")
			if chance("strange", 5) {
				r.seq = 1 << 62
			}
			part := rapid.Int32Range(0, 1).Draw(t, "partition")
			offset := next[part]
			switch {
			case queue:
				part, offset = -1, -1
			case offset > 0 && chance("position again", 10):
				offset--
			default:
				next[part]++
			}
			w.see(r.key, r.seq, part, offset, chance("corrupt", 3))
		}
	}
	for no := uint64(1); no <= 3; no++ {
		if chance("finish", 60) {
			w.finish(no, rapid.SampledFrom([]history.OutcomeClass{history.OK, history.Failed, history.Unknown}).Draw(t, "end"))
		}
	}
	drain := history.Drain{Drained: true, At: w.now}
	if chance("not drained", 15) {
		drain = history.Drain{Moving: true, At: w.now}
		fmt.Fprintln(&w.trace, `{"kind":"end","drained":false}`)
	}
	w.w.Append(history.KindSessionEnd, history.SessionEnd{Session: 1, At: w.now})
	w.w.Append(history.KindDrain, drain)
	w.w.Append(history.KindEnd, history.End{At: w.now})
}

func TestATraceAndAHistoryOfTheSameFactsGetOneVerdict(t *testing.T) {
	root := t.TempDir()
	runs := 0
	rapid.Check(t, func(t *rapid.T) {
		runs++
		dir, err := history.MakeDir(filepath.Join(root, fmt.Sprint(runs)))
		if err != nil {
			t.Fatal(err)
		}
		w, err := history.Create(dir, history.Header{Run: "r1"})
		if err != nil {
			t.Fatal(err)
		}
		both := &twin{w: w}
		w.Append(history.KindSession, history.Session{Session: 1, Sink: Sink, View: history.Committed, Purpose: history.Final})
		both.tell(t)
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(string(dir), "trace.jsonl")
		if err := os.WriteFile(path, []byte(both.trace.String()), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, g := range declared {
			spec := checker.Spec{Sinks: []checker.SinkSpec{{Name: Sink, Guarantee: g}}}
			want, err := checker.Judge(func() (*history.Reader, error) { return history.Open(string(dir)) }, spec)
			if err != nil {
				t.Fatal(err)
			}
			f, err := Open(t.Context(), path, nil)
			if err != nil {
				t.Fatal(err)
			}
			got, err := Judge(t.Context(), f, identity(g))
			if err != nil {
				t.Fatal(err)
			}
			if err := f.Close(); err != nil {
				t.Fatal(err)
			}
			// A history is judged as a log as well, which a trace need not be.
			if got.Sinks[0].Answer != want.Sinks[0].Answer || got.Answer != got.Sinks[0].Answer {
				t.Fatalf("%v: the trace is %s (%v), the history %s (%v)", g, got.Answer, got.Reasons, want.Sinks[0].Answer, want.Reasons)
			}
			if a, b := bare(got), bare(want); !reflect.DeepEqual(a, b) {
				t.Fatalf("%v: the trace shows\n%+v, the history\n%+v", g, a, b)
			}
		}
	})
}

// bare is a verdict without what only the file knows: the texts of its reasons and
// the names of its transactions.
func bare(v *checker.Verdict) Document {
	d := Describe(v)
	d.Verdict, d.Reasons = "", nil
	for i := range d.Evidence {
		if d.Evidence[i].Class == string(checker.Torn) {
			d.Evidence[i].Note = ""
		}
	}
	return d
}
