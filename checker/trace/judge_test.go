package trace

import (
	"strings"
	"testing"

	"surety/checker"
)

const (
	yes  = checker.Upheld
	no   = checker.Violated
	open = checker.Inconclusive
)

// legs is the answer per guarantee: at-most-once, at-least-once, exactly-once, and
// exactly-once with order per key.
type legs [4]checker.Answer

func TestTracesAreJudgedByTheirGuarantee(t *testing.T) {
	const drainedNot = `{"kind":"end","drained":false}`
	for _, tt := range []struct {
		reason string
		lines  []string
		want   legs
		counts Counts // attempts and observations are counted by the test
	}{
		{"all came out once", []string{try("a", 1, "ok"), see("a", 1), try("a", 2, "ok"), see("a", 2)}, legs{yes, yes, yes, yes}, Counts{}},
		{"the end says what its absence says", []string{try("a", 1, "ok"), see("a", 1), `{"kind":"end"}`}, legs{yes, yes, yes, yes}, Counts{}},
		{"an observation may stand before its attempt", []string{see("a", 1), see("a", 2), try("a", 2, "ok"), try("a", 1, "ok")}, legs{yes, yes, yes, yes}, Counts{}},
		{"the end may stand first", []string{`{"kind":"end","drained":true,"time":9}`, try("a", 1, "ok"), see("a", 1)}, legs{yes, yes, yes, yes}, Counts{}},
		{"keys differ in case and the empty one is a key", []string{try("", 1, "ok"), see("", 1), try("A", 1, "ok"), try("a", 2, "ok"), see("A", 1), see("a", 2)}, legs{yes, yes, yes, yes}, Counts{}},
		{"the ends of the integers are exact", []string{
			try("a", -1<<63, "ok"), try("a", 1<<63-2, "ok"), try("a", 1<<63-1, "ok"), see("a", -1<<63), see("a", 1<<63-2), see("a", 1<<63-1),
		}, legs{yes, yes, yes, yes}, Counts{}},
		{"a neighbour of the highest integer is another record", []string{try("a", 1, "ok"), see("a", 1), try("a", 1<<63-1, "ok"), see("a", 1<<63-2)}, legs{no, no, no, no}, Counts{Lost: 1, LostSuffix: 1, Phantom: 1}},

		{"a key that never came out", []string{try("a", 1, "ok"), try("b", 1, "ok"), try("b", 2, "ok"), see("a", 1)}, legs{yes, no, no, no}, Counts{Lost: 2, LostWhole: 2}},
		{"the first, one between and the last of a key are lost", []string{
			try("a", 1, "ok"), try("a", 2, "ok"), try("a", 3, "ok"), try("a", 4, "ok"), try("a", 5, "ok"), see("a", 2), see("a", 4),
		}, legs{yes, no, no, no}, Counts{Lost: 3, LostPrefix: 1, LostMiddle: 1, LostSuffix: 1}},
		{"one ok attempt of several makes the record ok", []string{try("a", 1, "unknown"), try("a", 1, "failed"), try("a", 1, "ok"), try("a", 2, "ok"), see("a", 2)}, legs{yes, no, no, no}, Counts{Lost: 1, LostPrefix: 1}},
		{"a retried record that came out once", []string{try("a", 1, "unknown"), try("a", 1, "ok"), see("a", 1)}, legs{yes, yes, yes, yes}, Counts{}},

		{"four sightings are three duplicates", []string{try("a", 1, "ok"), see("a", 1), see("a", 1), see("a", 1), see("a", 1)}, legs{no, yes, no, no}, Counts{Duplicated: 3}},
		{"two positions are a duplicate", []string{try("a", 1, "ok"), see("a", 1, at(0, 1)), see("a", 1, at(0, 2))}, legs{no, yes, no, no}, Counts{Duplicated: 1}},
		{"one position twice is a reread", []string{try("a", 1, "ok"), see("a", 1, at(0, 1)), see("a", 1, at(0, 1))}, legs{yes, yes, yes, yes}, Counts{Rereads: 1}},
		{"the same offset of another topic is a duplicate", []string{try("a", 1, "ok"), see("a", 1, at(0, 1), `"topic":"x"`), see("a", 1, at(0, 1), `"topic":"y"`)}, legs{no, yes, no, no}, Counts{Duplicated: 1}},
		{"an offset without a partition is a position", []string{try("a", 1, "ok"), see("a", 1, `"offset":1`), see("a", 1, `"offset":1`)}, legs{yes, yes, yes, yes}, Counts{Rereads: 1}},
		{"a partition without an offset is none", []string{try("a", 1, "ok"), see("a", 1, `"partition":1`), see("a", 1, `"partition":1`)}, legs{no, yes, no, no}, Counts{Duplicated: 1}},

		{"a lower seq after a higher one", []string{try("a", 1, "ok"), try("a", 2, "ok"), see("a", 2), see("a", 1)}, legs{yes, yes, yes, no}, Counts{Reordered: 1}},
		{"the order of lines counts, not that of offsets", []string{try("a", 1, "ok"), try("a", 2, "ok"), see("a", 2, at(0, 9)), see("a", 1, at(0, 8))}, legs{yes, yes, yes, no}, Counts{Reordered: 1}},
		{"offsets that go back reorder nothing", []string{try("a", 1, "ok"), try("a", 2, "ok"), see("a", 1, at(0, 9)), see("a", 2, at(0, 8))}, legs{yes, yes, yes, yes}, Counts{}},
		{"the order of lines counts across partitions", []string{try("a", 1, "ok"), try("a", 2, "ok"), see("a", 2, at(1, 0)), see("a", 1, at(0, 0))}, legs{yes, yes, yes, no}, Counts{Reordered: 1}},
		{"times order nothing", []string{try("a", 1, "ok"), try("a", 2, "ok"), see("a", 1, `"time":9`), see("a", 2, `"time":8`)}, legs{yes, yes, yes, yes}, Counts{}},
		{"a replayed tail is duplicated and not reordered", []string{try("a", 1, "ok"), try("a", 2, "ok"), see("a", 1), see("a", 2), see("a", 1), see("a", 2)}, legs{no, yes, no, no}, Counts{Duplicated: 2}},

		{"nobody attempted it", []string{try("a", 1, "ok"), see("a", 1), see("b", 1)}, legs{no, no, no, no}, Counts{Phantom: 1}},
		{"it certainly failed, and is there", []string{try("a", 1, "ok"), see("a", 1), try("a", 2, "failed"), see("a", 2)}, legs{no, no, no, no}, Counts{FailedAppeared: 1}},
		{"a corrupted record has no identity", []string{try("a", 1, "ok"), see("a", 1), `{"kind":"observation","corrupt":true}`, see("a", 1, `"corrupt":true`)}, legs{no, no, no, no}, Counts{Corrupted: 2}},
		{"corrupt: false is none", []string{try("a", 1, "ok"), see("a", 1, `"corrupt":false`)}, legs{yes, yes, yes, yes}, Counts{}},
		{"a position with two contents is counted once", []string{
			try("a", 1, "ok"), try("a", 2, "ok"), see("a", 1, at(0, 1)), see("a", 2, at(0, 1)), see("a", 2, at(0, 1)), see("a", 2, at(0, 2)),
		}, legs{no, no, no, no}, Counts{Inconsistent: 1}},

		{"unknown may appear or not", []string{try("a", 1, "ok"), see("a", 1), try("a", 2, "unknown"), see("a", 2), try("a", 3, "unknown")}, legs{yes, yes, yes, yes}, Counts{Recovered: 1, Absent: 1}},
		{"unknown may not appear twice", []string{try("a", 1, "ok"), see("a", 1), try("a", 2, "unknown"), see("a", 2), see("a", 2)}, legs{no, yes, no, no}, Counts{Recovered: 1, Duplicated: 1}},

		{"a committed transaction with a hole is a loss", []string{try("a", 1, "ok", tx("t", "committed")), try("a", 2, "ok", tx("t", "")), see("a", 1)}, legs{yes, no, no, no}, Counts{Lost: 1, LostSuffix: 1}},
		{"the commit may be told before and after", []string{try("a", 1, "ok", tx("t", "")), try("a", 2, "ok", tx("t", "committed")), try("a", 3, "ok", `"tx":"t"`), see("a", 1), see("a", 2), see("a", 3)}, legs{yes, yes, yes, yes}, Counts{}},
		{"an aborted transaction that nobody saw", []string{try("a", 1, "ok"), see("a", 1), try("a", 2, "ok", tx("t", "aborted"))}, legs{yes, yes, yes, yes}, Counts{}},
		{"an aborted read is one, and no failed one that appeared", []string{try("a", 1, "ok"), see("a", 1), try("a", 2, "ok", tx("t", "aborted")), see("a", 2)}, legs{yes, yes, no, no}, Counts{AbortedRead: 1}},
		{"ok in a transaction of unknown end is unknown", []string{try("a", 1, "ok"), see("a", 1), try("a", 2, "ok", tx("t", "unknown")), try("a", 3, "ok", `"tx":7`)}, legs{yes, yes, yes, yes}, Counts{Absent: 2}},
		{"a transaction of unknown end, seen in part", []string{try("a", 1, "ok"), see("a", 1), try("a", 2, "ok", tx("t", "")), try("a", 3, "ok", tx("t", "")), see("a", 3)}, legs{yes, yes, no, no}, Counts{Recovered: 1, Absent: 1, Torn: 1}},
		{"a number is the transaction of its digits", []string{try("a", 1, "ok", `"tx":7`), try("a", 2, "ok", tx("7", "committed")), see("a", 1), see("a", 2)}, legs{yes, yes, yes, yes}, Counts{}},

		{"not drained: what is missing may come", []string{try("a", 1, "ok"), try("a", 2, "ok"), see("a", 1), drainedNot}, legs{open, open, open, open}, Counts{}},
		{"not drained: what is there is judged", []string{try("a", 1, "ok"), see("a", 1), see("a", 1), see("b", 1), drainedNot}, legs{no, no, no, no}, Counts{Duplicated: 1, Phantom: 1}},
		{"nothing at all", nil, legs{open, open, open, open}, Counts{}},
		{"nothing ok went in", []string{try("a", 1, "unknown"), see("a", 1)}, legs{open, open, open, open}, Counts{Recovered: 1}},
		{"nothing came out, and nothing had to", []string{try("a", 1, "failed")}, legs{open, open, open, open}, Counts{}},
		{"nothing came out, and all is lost", []string{try("a", 1, "ok")}, legs{open, no, no, no}, Counts{Lost: 1, LostWhole: 1}},
	} {
		t.Run(tt.reason, func(t *testing.T) {
			text := strings.Join(tt.lines, "\n")
			tt.counts.Attempts = int64(strings.Count(text, `"attempt"`))
			tt.counts.Observations = int64(strings.Count(text, `"observation"`))
			for i, name := range []string{"most", "least", "once", "order"} {
				d, err := judgeText(t, text, declared[name])
				if err != nil {
					t.Fatal(err)
				}
				if d.Verdict != tt.want[i] {
					t.Errorf("%v: %s, want %s: %v", declared[name], d.Verdict, tt.want[i], d.Reasons)
				}
				if d.Counts != tt.counts {
					t.Errorf("counts\n%+v, want\n%+v", d.Counts, tt.counts)
				}
				if (d.Verdict == yes) != (len(d.Reasons) == 0) {
					t.Errorf("%s with the reasons %v", d.Verdict, d.Reasons)
				}
			}
		})
	}
}

func TestWhatWasNotDrainedIsNamedAsNotJudged(t *testing.T) {
	d, err := judgeText(t, try("a", 1, "ok")+"\n"+see("a", 1)+"\n"+`{"kind":"end","drained":false}`, declared["once"])
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(d.NotJudged, " "); got != "lost absent torn" {
		t.Errorf("not judged: %s", got)
	}
}
