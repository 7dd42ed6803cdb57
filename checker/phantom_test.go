package checker

import (
	"testing"

	"surety/checker/history"
)

// An input log holds records, not their outputs: what it has explains a phantom
// record, and never an output beyond those that the record has.
func TestThePhantomOfAnOutputIsNotTheDrivers(t *testing.T) {
	fanOut := SinkSpec{Oracle: "fan-out", Params: Params{Outputs: 2}}
	for _, tt := range []struct {
		why   string
		sink  SinkSpec
		seq   int64
		index int32
		log   []int64
		want  Origin
	}{
		{"a record that nobody tried, in the log", SinkSpec{}, 9, 0, []int64{1, 9}, Ingest},
		{"a record that nobody tried, not in the log", SinkSpec{}, 9, 0, []int64{1}, Processor},
		{"a second output of a record in the log", SinkSpec{}, 1, 1, []int64{1}, Processor},
		{"a second output of a record that nobody tried, in the log", SinkSpec{}, 9, 1, []int64{1, 9}, Processor},
		{"an output of a fan-out of what nobody tried, in the log", fanOut, 9, 1, []int64{1, 9}, Ingest},
		{"an output beyond those of a fan-out", fanOut, 1, 2, []int64{1}, Processor},
		{"an output before those of a fan-out", fanOut, 1, -1, []int64{1}, Processor},
	} {
		s := newStory()
		s.try(ok, "k", 1)
		s.log("k", tt.log...)
		l := s.final().see("k", 1)
		if tt.sink.Oracle != "" {
			l.output(1, 1)
		}
		l.full(history.Observation{Offset: l.next[0], Key: s.name("k"), Seq: tt.seq, Index: tt.index, Append: 9})
		l.end("")
		s.close()
		tt.sink.Name, tt.sink.Guarantee = "out", alo
		sv := judgeStory(t, s, Spec{Sinks: []SinkSpec{tt.sink}}, 2, 100).Sinks[0]
		if sv.Counts[Phantom] != 1 || sv.Origins[tt.want] != sv.Counts[Phantom]+sv.Counts[Lost] {
			t.Errorf("%s: counts %v of origins %v, want %s", tt.why, counted(sv), sv.Origins, tt.want)
		}
		for _, f := range findingsOf(sv, Phantom) {
			if f.Origin != tt.want {
				t.Errorf("%s: the finding is of %q, want %s", tt.why, f.Origin, tt.want)
			}
		}
	}
}
