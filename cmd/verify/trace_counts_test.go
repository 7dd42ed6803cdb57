package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

// countNames are the counts of a trace's document, each of them always there.
var countNames = strings.Fields(`lost lost_whole lost_prefix lost_middle lost_suffix duplicated reordered phantom corrupted
	inconsistent failed_appeared recovered absent torn rereads attempts observations`)

// The lines of a trace in short: a for an attempt, o for an observation.
func a(key string, seq int64, outcome string, more ...string) string {
	return fmt.Sprintf(`{"kind":"attempt","key":%q,"seq":%d,"outcome":%q%s}`, key, seq, outcome, fields(more))
}

func o(key string, seq int64, more ...string) string {
	return fmt.Sprintf(`{"kind":"observation","key":%q,"seq":%d%s}`, key, seq, fields(more))
}

func fields(more []string) (s string) {
	for _, m := range more {
		s += "," + m
	}
	return s
}

func pos(partition, offset int) string {
	return fmt.Sprintf(`"partition":%d,"offset":%d`, partition, offset)
}

// The counts are worked out by hand from the definitions, and the verdicts from the
// guarantee: at-most-once, at-least-once, exactly-once, and exactly-once with order
// per key, as u, v or i.
func TestTracesAreCountedByTheDefinitions(t *testing.T) {
	const open, closed = `{"kind":"end","drained":false}`, `{"kind":"end","drained":true}`
	const corrupt = `{"kind":"observation","corrupt":true}`
	type counts = map[string]int64
	for _, tt := range []struct {
		reason   string
		lines    []string
		verdicts string
		want     counts // what is not named is 0; attempts and observations are counted here
	}{
		{"one record that came out", []string{a("k", 1, "ok"), o("k", 1), closed}, "uuuu", nil},
		{"no end line is a drained end", []string{a("k", 1, "ok"), a("k", 2, "ok"), o("k", 2)}, "uvvv", counts{"lost": 1, "lost_prefix": 1}},
		{"not drained: what is missing may be on its way", []string{a("k", 1, "ok"), a("k", 2, "ok"), o("k", 2), open}, "iiii", nil},
		{"not drained: what was seen twice was seen twice", []string{a("k", 1, "ok"), o("k", 1), o("k", 1), open}, "vivv", counts{"duplicated": 1}},
		{"the end stands in the middle", []string{a("k", 1, "ok"), closed, o("k", 1)}, "uuuu", nil},
		{"attempts and observations interleave", []string{a("k", 1, "ok"), o("k", 1), a("k", 2, "ok"), a("l", 1, "ok"), o("l", 1), o("k", 2)}, "uuuu", nil},
		{"an observation stands before its attempt", []string{o("k", 2), a("k", 1, "ok"), a("k", 2, "ok")}, "uvvv", counts{"lost": 1, "lost_prefix": 1}},
		{"all observations first, and one was never tried", []string{o("k", 1), o("k", 3), a("k", 1, "ok")}, "vvvv", counts{"phantom": 1}},

		{"whole: no record of the key came out", []string{a("k", 1, "ok"), a("k", 2, "ok"), a("l", 1, "ok"), o("l", 1)}, "uvvv", counts{"lost": 2, "lost_whole": 2}},
		{"prefix, middle and suffix of one key", []string{
			a("k", 1, "ok"), a("k", 2, "ok"), a("k", 3, "ok"), a("k", 4, "ok"), a("k", 5, "ok"), o("k", 2), o("k", 4),
		}, "uvvv", counts{"lost": 3, "lost_prefix": 1, "lost_middle": 1, "lost_suffix": 1}},
		{"a phantom is no bound of the places", []string{a("k", 1, "ok"), a("k", 2, "ok"), o("k", 1), o("k", 7)}, "vvvv", counts{"lost": 1, "lost_suffix": 1, "phantom": 1}},
		{"a corrupted record is no sighting", []string{a("k", 1, "ok"), a("k", 2, "ok"), o("k", 1), corrupt}, "vvvv", counts{"lost": 1, "lost_suffix": 1, "corrupted": 1}},
		{"an unknown one that came out bounds the places", []string{a("k", 1, "unknown"), a("k", 2, "ok"), a("k", 3, "ok"), o("k", 1), o("k", 3)}, "uvvv", counts{"recovered": 1, "lost": 1, "lost_middle": 1}},
		{"a failed one may be missing", []string{a("k", 1, "ok"), a("k", 2, "failed"), o("k", 1)}, "uuuu", nil},

		{"several attempts, one of them ok: one record", []string{a("k", 1, "unknown"), a("k", 1, "failed"), a("k", 1, "ok"), a("k", 2, "ok"), o("k", 2)}, "uvvv", counts{"lost": 1, "lost_prefix": 1}},
		{"several attempts, none ok and one unknown", []string{a("k", 1, "failed"), a("k", 1, "unknown"), a("k", 2, "ok"), o("k", 2)}, "uuuu", counts{"absent": 1}},
		{"the same, and it came out", []string{a("k", 1, "unknown"), a("k", 1, "failed"), a("k", 2, "ok"), o("k", 1), o("k", 2)}, "uuuu", counts{"recovered": 1}},
		{"two attempts that are ok are one record that came out twice", []string{a("k", 1, "ok"), a("k", 1, "ok"), o("k", 1), o("k", 1)}, "vuvv", counts{"duplicated": 1}},
		{"all attempts failed, and it is there twice", []string{a("k", 1, "ok"), o("k", 1), a("k", 2, "failed"), a("k", 2, "failed"), o("k", 2), o("k", 2)}, "vvvv", counts{"failed_appeared": 1, "duplicated": 1}},

		{"four sightings are three duplicates", []string{a("k", 1, "ok"), o("k", 1), o("k", 1), o("k", 1), o("k", 1)}, "vuvv", counts{"duplicated": 3}},
		{"an unknown one twice", []string{a("k", 0, "ok"), o("k", 0), a("k", 1, "unknown"), o("k", 1), o("k", 1)}, "vuvv", counts{"duplicated": 1, "recovered": 1}},
		{"the same position read again, and again", []string{a("k", 1, "ok"), o("k", 1, pos(0, 4)), o("k", 1, pos(0, 4)), o("k", 1, pos(0, 4))}, "uuuu", counts{"rereads": 2}},
		{"a reread among new positions", []string{a("k", 1, "ok"), a("k", 2, "ok"), o("k", 1, pos(0, 4)), o("k", 2, pos(0, 5)), o("k", 1, pos(0, 4)), o("k", 2, pos(0, 6))}, "vuvv", counts{"rereads": 1, "duplicated": 1}},
		{"the same offset of another partition", []string{a("k", 1, "ok"), o("k", 1, pos(0, 4)), o("k", 1, pos(1, 4))}, "vuvv", counts{"duplicated": 1}},
		{"a corrupted record read again is a reread", []string{a("k", 1, "ok"), o("k", 1), `{"kind":"observation","corrupt":true,` + pos(0, 3) + `}`, `{"kind":"observation","corrupt":true,` + pos(0, 3) + `}`}, "vvvv", counts{"corrupted": 1, "rereads": 1}},
		{"one position with three contents counts once, and shows the first only", []string{
			a("k", 1, "ok"), a("k", 2, "ok"), a("k", 3, "ok"), o("k", 1, pos(0, 4)), o("k", 2, pos(0, 4)), o("k", 3, pos(0, 4)),
		}, "vvvv", counts{"inconsistent": 1, "lost": 2, "lost_suffix": 2}},
		{"the first content again is a reread", []string{a("k", 1, "ok"), a("k", 2, "ok"), o("k", 1, pos(0, 4)), o("k", 2, pos(0, 4)), o("k", 1, pos(0, 4)), o("k", 2, pos(0, 5))}, "vvvv", counts{"inconsistent": 1, "rereads": 1}},

		{"3 2 1: two first sightings below one seen before", []string{a("k", 1, "ok"), a("k", 2, "ok"), a("k", 3, "ok"), o("k", 3), o("k", 2), o("k", 1)}, "uuuv", counts{"reordered": 2}},
		{"a duplicate is never reordered", []string{a("k", 1, "ok"), a("k", 2, "ok"), o("k", 1), o("k", 2), o("k", 1)}, "vuvv", counts{"duplicated": 1}},
		{"a loss reorders nothing", []string{a("k", 1, "ok"), a("k", 2, "ok"), a("k", 3, "ok"), o("k", 1), o("k", 3)}, "uvvv", counts{"lost": 1, "lost_middle": 1}},
		{"keys have no order among each other", []string{a("k", 1, "ok"), a("l", 2, "ok"), o("l", 2), o("k", 1)}, "uuuu", nil},
		{"a phantom orders nothing", []string{a("k", 1, "ok"), o("k", 9), o("k", 1)}, "vvvv", counts{"phantom": 1}},

		{"an aborted transaction that is not there", []string{a("k", 1, "ok"), o("k", 1), a("k", 2, "ok", `"tx":"t"`, `"tx_outcome":"aborted"`)}, "uuuu", nil},
		{"a record of an aborted transaction that is: no failed one as well", []string{a("k", 1, "ok"), o("k", 1), a("k", 2, "ok", `"tx":"t"`, `"tx_outcome":"aborted"`), o("k", 2)}, "uuvv", counts{"aborted_read": 1}},
		{"the abort is told by another attempt, after the sighting", []string{a("k", 1, "ok"), o("k", 1), a("k", 2, "ok", `"tx":"t"`), o("k", 2), a("k", 3, "ok", `"tx":"t"`, `"tx_outcome":"aborted"`)}, "uuvv", counts{"aborted_read": 1}},
		{"a committed transaction with a hole is a loss", []string{a("k", 1, "ok", `"tx":1`, `"tx_outcome":"committed"`), a("k", 2, "ok", `"tx":1`), o("k", 2)}, "uvvv", counts{"lost": 1, "lost_prefix": 1}},
		{"torn: of unknown end, one there and one not", []string{a("k", 1, "ok"), o("k", 1), a("k", 2, "ok", `"tx":1`), a("k", 3, "ok", `"tx":1`), o("k", 2)}, "uuvv", counts{"torn": 1, "recovered": 1, "absent": 1}},
		{"of unknown end and all there", []string{a("k", 1, "ok"), o("k", 1), a("k", 2, "ok", `"tx":1`), a("k", 3, "ok", `"tx":1`, `"tx_outcome":"unknown"`), o("k", 2), o("k", 3)}, "uuuu", counts{"recovered": 2}},
		{"of unknown end and nothing there", []string{a("k", 1, "ok"), o("k", 1), a("k", 2, "ok", `"tx":1`), a("k", 3, "ok", `"tx":1`)}, "uuuu", counts{"absent": 2}},

		{"the highest sequence number", []string{a("k", 1<<63-1, "ok"), a("k", 1<<63-2, "ok"), o("k", 1<<63-1)}, "uvvv", counts{"lost": 1, "lost_prefix": 1}},
		{"the lowest and the highest in order", []string{a("k", -1<<63, "ok"), a("k", 0, "ok"), a("k", 1<<63-1, "ok"), o("k", -1<<63), o("k", 0), o("k", 1<<63-1)}, "uuuu", nil},
		{"negative sequence numbers order as numbers do", []string{a("k", -2, "ok"), a("k", -1, "ok"), o("k", -1), o("k", -2)}, "uuuv", counts{"reordered": 1}},
		{"neighbours that a float takes for one", []string{a("k", 9007199254740993, "ok"), o("k", 9007199254740992)}, "vvvv", counts{"lost": 1, "lost_whole": 1, "phantom": 1}},
		{"the empty key is a key", []string{a("", 1, "ok"), a("", 2, "ok"), o("", 1)}, "uvvv", counts{"lost": 1, "lost_suffix": 1}},
		{"a key in escapes is the same key", []string{a("ü", 1, "ok"), `{"kind":"observation","key":"\u00fc","seq":1}`}, "uuuu", nil},
		{"topics have positions of their own", []string{a("k", 1, "ok"), a("k", 2, "ok"), o("k", 1, pos(0, 4), `"topic":"x"`), o("k", 2, pos(0, 4), `"topic":"y"`)}, "uuuu", nil},
		{"nothing came out", []string{a("k", 1, "ok"), a("k", 2, "ok")}, "ivvv", counts{"lost": 2, "lost_whole": 2}},
		{"nothing ok went in", []string{a("k", 1, "failed"), a("k", 2, "unknown"), o("k", 2)}, "iiii", counts{"recovered": 1}},
	} {
		t.Run(tt.reason, func(t *testing.T) {
			file := written(t, "trace.jsonl", strings.Join(tt.lines, "\n")+"\n")
			want := maps.Clone(tt.want)
			if want == nil {
				want = counts{}
			}
			for _, line := range tt.lines {
				switch {
				case strings.Contains(line, `"attempt"`):
					want["attempts"]++
				case strings.Contains(line, `"observation"`):
					want["observations"]++
				}
			}
			for i, flags := range [][]string{
				{"--guarantee", "at-most-once"}, {"--guarantee", "at-least-once"}, {"--guarantee", "exactly-once"}, {"--order", "key"},
			} {
				got := verify(t, append([]string{"check", "--trace", file, "--json"}, flags...)...)
				answer := map[byte]string{'u': "upheld", 'v': "violated", 'i': "inconclusive"}[tt.verdicts[i]]
				code := map[byte]int{'u': exitUpheld, 'v': exitViolated, 'i': exitInconclusive}[tt.verdicts[i]]
				var d struct {
					Verdict  string
					Reasons  []any
					Counts   map[string]int64
					Evidence []any
				}
				if err := json.Unmarshal([]byte(got.stdout), &d); err != nil {
					t.Fatalf("%v in %s%s", err, got.stdout, got.stderr)
				}
				if d.Verdict != answer || got.code != code || (len(d.Reasons) > 0) != (answer != "upheld") {
					t.Errorf("%v: %s with code %d because of %v, want %s with %d", flags, d.Verdict, got.code, d.Reasons, answer, code)
				}
				if d.Reasons == nil || d.Evidence == nil {
					t.Errorf("%v: a list is null", flags)
				}
				for _, name := range slices.Concat(countNames, []string{"aborted_read"}) {
					n, there := d.Counts[name]
					if !there || n != want[name] {
						t.Errorf("%v: %s is %d (there: %v), want %d", flags, name, n, there, want[name])
					}
				}
			}
		})
	}
}
