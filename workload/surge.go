package workload

import (
	"fmt"
	"math"
	"time"
)

// Surge is a time in which more records a second are offered than usual. What it adds
// comes on top: the load lasts as long as without it.
type Surge struct {
	From  time.Duration `json:"from_ns"` // after the start of the load
	For   time.Duration `json:"for_ns"`
	Times float64       `json:"times"` // of the usual rate, above 1
}

// extra is how many records the surge adds at a rate.
func (s Surge) extra(rate float64) float64 { return (s.Times - 1) * rate * s.For.Seconds() }

// checkSurges tells whether the surges are some, one after another, within the load.
func (l Load) checkSurges() error {
	end, usual := time.Duration(0), float64(l.Records)
	for _, s := range l.Surges {
		switch {
		case l.Rate <= 0:
			return fmt.Errorf("a load without a rate cannot surge to %g times of it", s.Times)
		case !(s.Times > 1) || math.IsInf(s.Times, 0) || s.For <= 0:
			return fmt.Errorf("a surge of %g times the rate for %s is none", s.Times, s.For)
		case s.From < end:
			return fmt.Errorf("the surge at %s begins before the one before it is over, at %s", s.From, end)
		}
		end = s.From + s.For
		usual -= s.extra(l.Rate)
	}
	if len(l.Surges) == 0 {
		return nil
	}
	if length := (Schedule{Rate: l.Rate}).after(usual); end > length {
		return fmt.Errorf("the surge that ends at %s outlasts the load, which is over after %s", end, length.Round(time.Millisecond))
	}
	return nil
}

// Surging gives the load with a further surge, its records added.
func (l Load) Surging(s Surge) Load {
	l.Surges = append(l.Surges[:len(l.Surges):len(l.Surges)], s)
	l.Records += int64(s.extra(l.Rate))
	return l
}

// Length is how long the load is offered; 0 where it goes as fast as it can.
func (l Load) Length() time.Duration {
	if l.Rate <= 0 {
		return 0
	}
	return Schedule{Rate: l.Rate, Surges: l.Surges}.after(float64(l.Records))
}

// after is when so many records have been due.
func (s Schedule) after(n float64) time.Duration {
	seconds, due := 0.0, 0.0
	for _, u := range s.Surges {
		until := (u.From.Seconds() - seconds) * s.Rate
		if due+until >= n {
			break
		}
		due, seconds = due+until, u.From.Seconds()
		fast := s.Rate * u.Times
		if due+u.For.Seconds()*fast >= n {
			return time.Duration((seconds + (n-due)/fast) * float64(time.Second))
		}
		due, seconds = due+u.For.Seconds()*fast, seconds+u.For.Seconds()
	}
	return time.Duration((seconds + (n-due)/s.Rate) * float64(time.Second))
}
