package workload

import (
	"context"
	"fmt"
	"strings"
	"time"

	"surety/checker/history"
)

// pollEvery is how often conditions are looked at.
const pollEvery = 20 * time.Millisecond

// DrainConfig says when a run may stop looking.
type DrainConfig struct {
	// Quiet is how long nothing new may have come before silence counts. It must
	// be no less than the longest pause that the system under test can make and
	// still go on: session timeout + transaction timeout + abort clean-up +
	// checkpoint interval.
	Quiet time.Duration
	// Deadline ends the drain; at least twice Quiet.
	Deadline time.Duration
	// RequireLagZero is set where duplicates are forbidden: one could still
	// follow after the last record was seen, so a complete set must be
	// accompanied by lag 0.
	RequireLagZero bool
	Clock          Clock
}

// Probes are what a drain looks at. All are called from one goroutine.
type Probes struct {
	Trackers []*Tracker // of every sink
	Fences   *Fences
	// Lag gives the records between the groups' committed offsets and the end of
	// the input (a queue: ready and unacknowledged). nil = nothing lies in
	// between. It may fail while the system is not well.
	Lag func(ctx context.Context) (int64, error)
}

// Drain waits until nothing more can come, and says how it knew.
//
// Drained is either the complete expected set, at once; or all fences out, lag 0
// and no new sighting for the quiet time. Where records are in doubt, or where
// duplicates are forbidden, the complete set needs lag 0 and the fences as well:
// what is in the input without an acknowledgement must still come out.
//
// When ctx ends the drain ends as it stands. The result is not recorded here.
func Drain(ctx context.Context, cfg DrainConfig, p Probes) history.Drain {
	d := &drain{cfg: cfg, Probes: p, began: cfg.Clock.Now()}
	p.Fences.Begin()
	send := p.Fences.every(FenceEvery)
	for {
		if r, ok := d.look(ctx); ok {
			return r
		}
		if !p.Fences.Out() {
			send(ctx)
		}
		left := cfg.Deadline - time.Duration(cfg.Clock.Now()-d.began)
		if left <= 0 {
			return d.giveUp("the deadline of " + cfg.Deadline.String() + " passed")
		}
		if err := pause(ctx, min(pollEvery, left)); err != nil {
			return d.giveUp("the drain was interrupted")
		}
	}
}

type drain struct {
	Probes
	cfg     DrainConfig
	began   history.Nanos
	lag     int64 // last known; -1 unknown
	lagErr  error
	lagSeen history.Nanos // when it was asked
	asked   bool
}

// look decides whether the system has drained by now.
func (d *drain) look(ctx context.Context) (history.Drain, bool) {
	complete, doubt, missing := true, int64(0), int64(0)
	for _, t := range d.Trackers {
		complete = complete && t.Complete()
		doubt += t.InDoubt()
		missing += t.Missing()
	}
	fences := d.Fences.Out()
	if complete && doubt == 0 && !d.cfg.RequireLagZero {
		d.askLag(ctx, lagEvery)
		return d.result(history.Drain{Complete: true, Drained: true, Reason: "every expected record was seen"}), true
	}
	quiet := d.sinceNew() >= d.cfg.Quiet
	if !fences || !complete && !quiet {
		return history.Drain{}, false
	}
	// Lag counts only if it was asked after the last fence came out: the
	// fences themselves are part of it.
	if d.askLag(ctx, pollEvery); d.lag != 0 {
		return history.Drain{}, false
	}
	switch {
	case complete:
		return d.result(history.Drain{Complete: true, Drained: true, Reason: "every expected record was seen, all fences are out, lag is 0"}), true
	case quiet:
		return d.result(history.Drain{Drained: true, Reason: fmt.Sprintf(
			"all fences are out, lag is 0, nothing new for %v; %d acknowledged records were not seen", d.cfg.Quiet, missing)}), true
	}
	return history.Drain{}, false
}

const (
	lagEvery   = time.Second     // spares the brokers where lag decides nothing
	lagTimeout = 2 * time.Second // of one question; it is asked again
)

func (d *drain) askLag(ctx context.Context, every time.Duration) {
	now := d.cfg.Clock.Now()
	if d.Lag == nil {
		d.lag, d.asked = 0, true
		return
	}
	if d.asked && time.Duration(now-d.lagSeen) < every {
		return
	}
	d.asked, d.lagSeen = true, now
	ctx, cancel := context.WithTimeout(ctx, lagTimeout)
	defer cancel()
	if d.lag, d.lagErr = d.Lag(ctx); d.lagErr != nil {
		d.lag = -1
	}
}

// sinceNew is how long ago the last new sighting, or the begin of the drain, was.
func (d *drain) sinceNew() time.Duration {
	last := d.began
	for _, t := range d.Trackers {
		last = max(last, t.LastNew())
	}
	return time.Duration(d.cfg.Clock.Now() - last)
}

func (d *drain) giveUp(why string) history.Drain {
	d.askLag(context.Background(), pollEvery) // the run's context may be over; the question is bounded
	var missing int64
	for _, t := range d.Trackers {
		missing += t.Missing()
	}
	parts := []string{why, fmt.Sprintf("%d acknowledged records not seen", missing)}
	if out := d.Fences.Missing(); len(out) > 0 {
		parts = append(parts, "no fence of "+strings.Join(out, ", "))
	}
	switch {
	case d.lagErr != nil:
		parts = append(parts, "lag unknown: "+d.lagErr.Error())
	case d.lag > 0:
		parts = append(parts, fmt.Sprintf("lag %d", d.lag))
	}
	return d.result(history.Drain{Reason: strings.Join(parts, "; ")})
}

func (d *drain) result(r history.Drain) history.Drain {
	r.Moving = !r.Drained && d.movedWithinQuiet()
	r.Fences = d.Fences.Out()
	r.Lag = d.lag
	if !d.asked {
		r.Lag = -1
	}
	r.At = d.cfg.Clock.Now()
	return r
}

// movedWithinQuiet tells whether a new record was seen within the quiet time
// before now. The begin of the drain is no sighting.
func (d *drain) movedWithinQuiet() bool {
	now := d.cfg.Clock.Now()
	for _, t := range d.Trackers {
		if last := t.LastNew(); last > 0 && time.Duration(now-last) < d.cfg.Quiet {
			return true
		}
	}
	return false
}
