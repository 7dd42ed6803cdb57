package workload

import (
	"math"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"surety/checker/history"
)

// A surge adds records and moves none of the others: the load lasts as long as without
// it, and is offered at the usual rate before and after.
func TestASurgeComesOnTopOfTheLoad(t *testing.T) {
	base := Load{Records: 6000, Rate: 1000, Keys: 1, Writers: 1}
	l := base.Surging(Surge{From: 2 * time.Second, For: time.Second, Times: 5})
	if err := l.Check(); err != nil {
		t.Fatal(err)
	}
	if l.Records != 10_000 || l.Length() != base.Length() || len(base.Surges) != 0 {
		t.Fatalf("%d records in %s, %d surges in the load without", l.Records, l.Length(), len(base.Surges))
	}
	s := Schedule{Begin: 500, Rate: l.Rate, Surges: l.Surges}
	for _, c := range []struct {
		n    int64
		want time.Duration
	}{
		{0, 0}, {1999, 1999 * time.Millisecond}, {2000, 2 * time.Second},
		{2005, 2001 * time.Millisecond}, {4500, 2500 * time.Millisecond}, {7000, 3 * time.Second},
		{7001, 3001 * time.Millisecond}, {10_000, 6 * time.Second},
	} {
		if got := s.Due(c.n, 0); math.Abs(float64(got-500-history.Nanos(c.want))) > 1000 {
			t.Errorf("record %d is due at %s, want %s", c.n, time.Duration(got-500), c.want)
		}
	}
}

// However a load surges, records are due one after another, as many in each stretch as
// its rate says, and all by the end.
func TestASurgingScheduleIsDueInOrderAndInTime(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rate := float64(rapid.IntRange(10, 5000).Draw(t, "rate"))
		l := Load{Records: int64(rate * 20), Rate: rate, Keys: 1, Writers: 1}
		length, at := l.Length(), time.Duration(0)
		for range rapid.IntRange(1, 3).Draw(t, "surges") {
			from := at + time.Duration(rapid.IntRange(0, 2000).Draw(t, "gap"))*time.Millisecond
			long := time.Duration(rapid.IntRange(1, 3000).Draw(t, "long")) * time.Millisecond
			l = l.Surging(Surge{From: from, For: long, Times: 1 + float64(rapid.IntRange(1, 90).Draw(t, "tenths"))/10})
			at = from + long
		}
		if err := l.Check(); err != nil {
			t.Fatal(err)
		}
		if d := l.Length() - length; d.Abs() > time.Duration(float64(4*time.Second)/rate)+time.Millisecond { // parts of records are cut off
			t.Fatalf("the load lasts %s, without surges %s", l.Length(), length)
		}
		s, last := Schedule{Rate: rate, Surges: l.Surges}, history.Nanos(-1)
		for n := int64(0); n < l.Records; n += max(1, l.Records/997) {
			due := s.Due(n, 0)
			if due <= last || time.Duration(due) > l.Length() {
				t.Fatalf("record %d is due at %s, the one before at %s, the end is %s", n, time.Duration(due), time.Duration(last), l.Length())
			}
			last = due
		}
	})
}

func TestSurgesThatCannotBeAreRefused(t *testing.T) {
	for _, c := range []struct {
		why  string
		load Load
		says string
	}{
		{"without a rate", Load{Records: 10, Keys: 1, Writers: 1, Surges: []Surge{{For: 1, Times: 2}}}, "without a rate"},
		{"not faster", Load{Records: 10, Rate: 1, Keys: 1, Writers: 1, Surges: []Surge{{For: time.Second, Times: 1}}}, "is none"},
		{"no time", Load{Records: 10, Rate: 1, Keys: 1, Writers: 1, Surges: []Surge{{Times: 2}}}, "is none"},
		{"two at once", Load{Records: 100, Rate: 1, Keys: 1, Writers: 1, Surges: []Surge{{For: 2 * time.Second, Times: 2}, {From: time.Second, For: time.Second, Times: 2}}}, "begins before"},
		{"beyond the end", Load{Records: 10, Rate: 1, Keys: 1, Writers: 1}.Surging(Surge{From: 9 * time.Second, For: 2 * time.Second, Times: 2}), "outlasts the load"},
	} {
		if err := c.load.Check(); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want %q", c.why, err, c.says)
		}
	}
}
