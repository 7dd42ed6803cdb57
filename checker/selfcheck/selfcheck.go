// Package selfcheck measures the judge. It draws histories from a seed, sound
// ones of every legal kind and ones with a known number of anomalies, has them
// judged through the real file format, and counts what was found, what was missed
// and what was flagged wrongly. It shares no code with the judge but types, not
// even the table of what breaks which guarantee.
package selfcheck

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"

	"surety/checker"
	"surety/checker/history"
)

// Judge is what is measured: checker.Judge.
type Judge func(open func() (*history.Reader, error), spec checker.Spec) (*checker.Verdict, error)

// Options say what is drawn.
type Options struct {
	Seed   string
	Trials int    // histories of each kind
	Kinds  []Kind // of the catalogue Kinds
	Judge  Judge
	// Done is called after each trial with how many of all are done, by any
	// goroutine. It may be nil.
	Done func(done, all int64)
}

// Result is how the judge did.
type Result struct {
	Seed   string
	Trials int
	Rows   []Row  // of the kinds, in their order
	Rates  []Rate // over all anomalies, from frequent to rare
}

// Row is one kind.
type Row struct {
	Kind
	Tally
}

// Rate is all anomalies that were planted in one of so many records.
type Rate struct {
	OneIn int
	Tally
}

// Passed says whether the judge found everything, counted it exactly and flagged
// nothing else. Where nothing was tried, nothing has passed.
func (r *Result) Passed() bool {
	for _, row := range r.Rows {
		if !row.passed() {
			return false
		}
	}
	return len(r.Rows) > 0
}

// rung is one size of history.
type rung struct {
	every    int // one trial of so many
	attempts int // of a history, or up to twice as many where it is small
	oneIn    int
	small    bool // judged under each guarantee; others under the strongest
}

// ladder gives small histories to nearly all trials, and rare anomalies in large
// ones to a few.
var ladder = []rung{
	{1000, 1_000_000, 1_000_000, false},
	{500, 100_000, 100_000, false},
	{50, 10_000, 10_000, false},
	{10, 1000, 1000, true},
	{3, 100, 100, true},
	{1, 30, 10, true},
}

// rare are the anomalies for which the largest histories are drawn: sound ones show
// nothing there that they do not show in the others.
const rare = 1_000_000

func rungOf(trial int, legal bool) rung {
	for _, r := range ladder {
		if trial%r.every == 0 && (r.oneIn < rare || !legal) {
			return r
		}
	}
	return ladder[len(ladder)-1]
}

// trial is one history to be drawn, and what the judge made of it.
type trial struct {
	row, no int
	rung    rung
	Tally
}

// Run draws and judges. An error means that a history could not be written or
// read, or that ctx ended; what the judge got wrong is in the result.
func Run(ctx context.Context, o Options) (*Result, error) {
	dir, err := os.MkdirTemp("", "surety-selfcheck-")
	if err != nil {
		return nil, fmt.Errorf("no directory for histories: %w", err)
	}
	r, err := run(ctx, o, dir)
	return r, errors.Join(err, os.RemoveAll(dir))
}

func run(ctx context.Context, o Options, dir string) (*Result, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	todo, did := make(chan *trial), make(chan *trial)
	go func() {
		defer close(todo)
		for no := o.Trials; no >= 1; no-- { // the large ones first
			for row, kind := range o.Kinds {
				select {
				case todo <- &trial{row: row, no: no, rung: rungOf(no, kind.Legal)}:
				case <-ctx.Done():
					return
				}
			}
		}
	}()
	var done atomic.Int64
	var workers sync.WaitGroup
	for i := range runtime.GOMAXPROCS(0) {
		own := history.Dir(filepath.Join(dir, fmt.Sprint(i)))
		workers.Go(func() {
			for t := range todo {
				if err := t.run(o, &o.Kinds[t.row], own); err != nil {
					cancel(fmt.Errorf("%s, trial %d: %w", o.Kinds[t.row].Name, t.no, err))
					return
				}
				if o.Done != nil {
					o.Done(done.Add(1), int64(o.Trials*len(o.Kinds)))
				}
				did <- t
			}
		})
	}
	go func() {
		workers.Wait()
		close(did)
	}()
	result := &Result{Seed: o.Seed, Trials: o.Trials}
	for _, k := range o.Kinds {
		result.Rows = append(result.Rows, Row{Kind: k})
	}
	rates := map[int]*Tally{}
	for t := range did {
		row := &result.Rows[t.row]
		row.Add(&t.Tally)
		if !row.Legal {
			if rates[t.rung.oneIn] == nil {
				rates[t.rung.oneIn] = &Tally{}
			}
			rates[t.rung.oneIn].Add(&t.Tally)
		}
	}
	for i := len(ladder) - 1; i >= 0; i-- {
		if sum := rates[ladder[i].oneIn]; sum != nil {
			result.Rates = append(result.Rates, Rate{ladder[i].oneIn, *sum})
		}
	}
	return result, context.Cause(ctx)
}
