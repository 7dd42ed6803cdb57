package workload

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"surety/checker/history"
)

// world is a system under test that drains as told, in virtual time from the
// begin of the drain.
type world struct {
	records    int64         // acknowledged
	everySight time.Duration // one new sighting this often
	sights     int64         // how many there will be
	unanswered int64
	fencesAt   time.Duration // from when on a fence that is sent comes out; 0 = never
	lagUntil   time.Duration // lag is 5 before
	lagErr     error
	noLag      bool
}

func TestDrain(t *testing.T) {
	const quiet, deadline = 2 * time.Second, 10 * time.Second
	for _, row := range []struct {
		reason         string
		world          world
		requireLagZero bool
		want           history.Drain
		took           time.Duration
		text           string // part of the reason
	}{
		{
			reason: "the expected set is complete: stop at once, whatever lag says",
			world:  world{records: 10, sights: 10, everySight: 100 * time.Millisecond, lagUntil: time.Hour},
			want:   history.Drain{Complete: true, Drained: true, Lag: 5},
			took:   time.Second, text: "every expected record",
		},
		{
			reason: "duplicates are forbidden: complete needs lag 0 and the fences too",
			world: world{
				records: 10, sights: 10, everySight: 100 * time.Millisecond,
				lagUntil: 3 * time.Second, fencesAt: time.Second,
			},
			requireLagZero: true,
			want:           history.Drain{Complete: true, Drained: true, Fences: true},
			took:           3 * time.Second, text: "lag is 0",
		},
		{
			reason: "a record is in doubt: it may be in the input and must then come out",
			world: world{
				records: 10, sights: 10, everySight: 100 * time.Millisecond, unanswered: 1,
				lagUntil: 4 * time.Second, fencesAt: time.Second,
			},
			want: history.Drain{Complete: true, Drained: true, Fences: true},
			took: 4 * time.Second, text: "lag is 0",
		},
		{
			reason: "records are lost: fences out, lag 0 and quiet",
			world:  world{records: 10, sights: 8, everySight: 100 * time.Millisecond, fencesAt: time.Millisecond},
			want:   history.Drain{Drained: true, Fences: true},
			took:   800*time.Millisecond + quiet, text: "2 acknowledged records were not seen",
		},
		{
			reason: "lost, and there is no group in between",
			world:  world{records: 10, sights: 8, everySight: 100 * time.Millisecond, fencesAt: time.Millisecond, noLag: true},
			want:   history.Drain{Drained: true, Fences: true},
			took:   800*time.Millisecond + quiet, text: "nothing new",
		},
		{
			reason: "quiet and lag 0, but no fence comes out: stuck",
			world:  world{records: 10, sights: 8, everySight: 100 * time.Millisecond},
			want:   history.Drain{},
			took:   deadline, text: "no fence of input partition 0 at out",
		},
		{
			reason: "quiet with fences out, but lag stays: not drained",
			world:  world{records: 10, sights: 8, everySight: 100 * time.Millisecond, fencesAt: time.Millisecond, lagUntil: time.Hour},
			want:   history.Drain{Fences: true, Lag: 5},
			took:   deadline, text: "lag 5",
		},
		{
			reason: "lag cannot be asked: not drained, and it says why",
			world: world{
				records: 10, sights: 8, everySight: 100 * time.Millisecond, fencesAt: time.Millisecond,
				lagErr: errors.New("coordinator is away"),
			},
			want: history.Drain{Fences: true, Lag: -1},
			took: deadline, text: "coordinator is away",
		},
		{
			reason: "still moving at the deadline",
			world:  world{records: 100, sights: 100, everySight: 500 * time.Millisecond, fencesAt: time.Millisecond},
			want:   history.Drain{Moving: true, Fences: true},
			took:   deadline, text: "acknowledged records not seen",
		},
		{
			reason: "the system was stuck until shortly before the deadline: fences still count",
			world:  world{records: 10, sights: 8, everySight: 100 * time.Millisecond, fencesAt: 8 * time.Second},
			want:   history.Drain{Drained: true, Fences: true},
			took:   8 * time.Second, text: "all fences are out",
		},
	} {
		t.Run(row.reason, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				got := row.world.drain(t, DrainConfig{
					Quiet: quiet, Deadline: deadline, RequireLagZero: row.requireLagZero, Clock: history.NewClock(),
				})
				took := time.Duration(got.At)
				if took < row.took || took > row.took+100*time.Millisecond {
					t.Errorf("took %v, want %v and a little", took, row.took)
				}
				if !strings.Contains(got.Reason, row.text) {
					t.Errorf("the reason is %q, want it to say %q", got.Reason, row.text)
				}
				row.want.At, row.want.Reason = got.At, got.Reason
				if got != row.want {
					t.Errorf("got %+v, want %+v", got, row.want)
				}
			})
		})
	}
}

func (w world) drain(t *testing.T, cfg DrainConfig) history.Drain {
	tracker := NewTracker(w.records + w.unanswered)
	for seq := range w.records {
		answer(tracker, history.OK, []byte("k"), seq)
	}
	tracker.Close(w.unanswered)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	go func() {
		for seq := range w.sights {
			if pause(ctx, w.everySight) != nil {
				return
			}
			saw(tracker, []byte("k"), seq, cfg.Clock.Now())
		}
	}()
	var f *Fences
	f = newFences(t, &memory{}, cfg.Clock, sourceFunc(func(_ context.Context, r *Record, done func(*Record, Answer)) {
		if w.fencesAt > 0 && time.Duration(cfg.Clock.Now()) >= w.fencesAt {
			f.Seen("out", r.Key, r.Seq, cfg.Clock.Now())
		} else if w.fencesAt > 0 && w.fencesAt < FenceEvery {
			time.AfterFunc(w.fencesAt, func() { f.Seen("out", r.Key, r.Seq, cfg.Clock.Now()) })
		}
		ok(r, done)
	}), "out")
	probes := Probes{Trackers: []*Tracker{tracker}, Fences: f}
	if !w.noLag {
		probes.Lag = func(context.Context) (int64, error) {
			if w.lagErr != nil {
				return 0, w.lagErr
			}
			if time.Duration(cfg.Clock.Now()) < w.lagUntil {
				return 5, nil
			}
			return 0, nil
		}
	}
	return Drain(ctx, cfg, probes)
}

func TestDrainEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		clock := history.NewClock()
		tracker := NewTracker(1)
		answer(tracker, history.OK, []byte("k"), 0)
		tracker.Close(0)
		f := newFences(t, &memory{}, clock, sourceFunc(func(_ context.Context, r *Record, done func(*Record, Answer)) { ok(r, done) }), "out")
		got := Drain(ctx, DrainConfig{Quiet: time.Minute, Deadline: time.Hour, Clock: clock}, Probes{
			Trackers: []*Tracker{tracker}, Fences: f,
			Lag: func(ctx context.Context) (int64, error) { return 3, ctx.Err() },
		})
		if got.Drained || !strings.Contains(got.Reason, "interrupted") || got.Lag != 3 || time.Duration(got.At) > 2*time.Second {
			t.Errorf("got %+v", got)
		}
	})
}
