package trace

import (
	"slices"
	"strings"

	"surety/checker"
)

// Document is what verify check --trace --json prints.
type Document struct {
	Verdict   checker.Answer    `json:"verdict"` // upheld, violated, inconclusive
	Guarantee checker.Guarantee `json:"guarantee"`
	Reasons   []checker.Reason  `json:"reasons"` // why it is not upheld, worst first
	Counts    Counts            `json:"counts"`
	NotJudged []string          `json:"not_judged,omitempty"` // names of counts that are 0 because the trace cannot tell them
	Evidence  []Evidence        `json:"evidence"`             // the first few findings of each class
}

// Counts are numbers of records, unless another unit is named.
type Counts struct {
	Lost           int64 `json:"lost"`         // ok, and no sighting: the sum of the next four
	LostWhole      int64 `json:"lost_whole"`   // the key has no sighting at all
	LostPrefix     int64 `json:"lost_prefix"`  // below the key's lowest sighted seq
	LostMiddle     int64 `json:"lost_middle"`  // between two sighted ones
	LostSuffix     int64 `json:"lost_suffix"`  // above the highest
	Duplicated     int64 `json:"duplicated"`   // sightings after the first of a record
	Reordered      int64 `json:"reordered"`    // first sightings after one of a higher seq of the key
	Phantom        int64 `json:"phantom"`      // sightings of what nobody attempted
	Corrupted      int64 `json:"corrupted"`    // observations that match no record
	Inconsistent   int64 `json:"inconsistent"` // positions seen with two contents
	FailedAppeared int64 `json:"failed_appeared"`
	Recovered      int64 `json:"recovered"`    // unknown and sighted: legal
	Absent         int64 `json:"absent"`       // unknown and not sighted: legal
	Torn           int64 `json:"torn"`         // transactions of unknown end, seen in part
	Rereads        int64 `json:"rereads"`      // observations of a position seen before with the same content: legal
	Attempts       int64 `json:"attempts"`     // lines
	Observations   int64 `json:"observations"` // lines
	AbortedRead    int64 `json:"aborted_read"` // sighted, of an aborted transaction
	Misrouted      int64 `json:"misrouted"`    // sightings of what the oracle drops
	WrongState     int64 `json:"wrong_state"`  // results, or joins, that no legal set of attempts gives
	Regressed      int64 `json:"regressed"`    // older values that replaced newer ones
	Altered        int64 `json:"altered"`      // observations with other headers than went in, where they are to be preserved
	DroppedLate    int64 `json:"dropped_late"` // attempts that came after their window had closed: legal
}

// Evidence is one finding. Times are the trace's own, in nanoseconds.
type Evidence struct {
	Class     string             `json:"class"`           // as the counts are called
	Breaks    bool               `json:"breaks"`          // the guarantee
	Place     checker.Place      `json:"place,omitempty"` // of a loss: whole, prefix, middle, suffix
	Key       string             `json:"key"`
	Seq       int64              `json:"seq"`                 // 0 where Result is told
	Result    *checker.ResultRef `json:"result,omitempty"`    // the value and its bounds
	Outcome   string             `json:"outcome,omitempty"`   // of the surest attempt: ok, failed, unknown
	Attempted *int64             `json:"attempted,omitempty"` // time of that attempt
	Sightings []Sighting         `json:"sightings,omitempty"` // in the order of their lines, at most four
	Note      string             `json:"note,omitempty"`
}

// Sighting is an observation behind a finding.
type Sighting struct {
	Partition *int32 `json:"partition,omitempty"` // where the trace tells it
	Offset    *int64 `json:"offset,omitempty"`    // where the trace tells it
	Time      int64  `json:"time"`                // nanoseconds
}

// Describe turns the verdict on a trace into its document.
func Describe(v *checker.Verdict) Document {
	d := Document{Verdict: v.Answer, Reasons: v.Reasons, Evidence: []Evidence{}}
	if d.Reasons == nil {
		d.Reasons = []checker.Reason{}
	}
	d.Counts.Attempts, d.Counts.Observations = v.Examined.Attempts, v.Examined.Observations
	for _, s := range v.Sinks {
		d.Guarantee = s.Guarantee
		d.Counts.fill(s)
		for _, c := range s.NotJudged {
			if told(c) {
				d.NotJudged = append(d.NotJudged, nameOf(c))
			}
		}
		for _, f := range s.Findings {
			d.Evidence = append(d.Evidence, evidence(f, s.Guarantee))
		}
	}
	slices.SortStableFunc(d.Evidence, func(a, b Evidence) int { // breaches first
		switch {
		case a.Breaks == b.Breaks:
			return 0
		case a.Breaks:
			return -1
		}
		return 1
	})
	return d
}

// told says whether a trace can show a class: it has no tail, and no moment at
// which everything stands still.
func told(c checker.Class) bool { return c != checker.Vanished && c != checker.Stuck }

func nameOf(c checker.Class) string {
	if c == checker.Reread {
		return "rereads"
	}
	return strings.ReplaceAll(string(c), "-", "_")
}

func (c *Counts) fill(s checker.SinkVerdict) {
	n := s.Counts
	c.Lost, c.Duplicated, c.Reordered = n[checker.Lost], n[checker.Duplicated], n[checker.Reordered]
	c.Phantom, c.Corrupted, c.Inconsistent = n[checker.Phantom], n[checker.Corrupted], n[checker.Inconsistent]
	c.FailedAppeared, c.AbortedRead = n[checker.FailedAppeared], n[checker.AbortedRead]
	c.Recovered, c.Absent = n[checker.Recovered], n[checker.Absent]
	c.Misrouted, c.WrongState, c.Regressed = n[checker.Misrouted], n[checker.WrongState], n[checker.Regressed]
	c.Altered, c.DroppedLate = n[checker.Altered], n[checker.DroppedLate]
	c.Torn, c.Rereads = n[checker.Torn], n[checker.Reread]
	if c.Lost > 0 { // else places are of what was not judged
		c.LostWhole, c.LostPrefix = s.Places[checker.Whole], s.Places[checker.Prefix]
		c.LostMiddle, c.LostSuffix = s.Places[checker.Middle], s.Places[checker.Suffix]
	}
}

func evidence(f checker.Finding, g checker.Guarantee) Evidence {
	e := Evidence{
		Class: nameOf(f.Class), Breaks: g.Breaks(f.Class), Place: f.Place, Key: f.Key, Seq: f.Seq, Result: f.Result, Note: f.Note,
	}
	if a := f.Attempt; a != nil {
		at := int64(a.At)
		e.Outcome, e.Attempted = a.Outcome, &at
	}
	for _, s := range f.Sightings {
		out := Sighting{Time: int64(s.At)}
		if s.Partition >= 0 {
			out.Partition = &s.Partition
		}
		if s.Offset >= 0 {
			out.Offset = &s.Offset
		}
		e.Sightings = append(e.Sightings, out)
	}
	return e
}
