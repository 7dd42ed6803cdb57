package runner

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"sync/atomic"
	"time"

	"surety/checker"
	"surety/checker/history"
	"surety/scenarios"
)

// along judges a history while it is written, so that the verdict stands when the
// run ends, or little later where the history must be read again.
type along struct {
	verdict  *checker.Verdict
	err      error
	unwanted atomic.Bool
	done     chan struct{}
}

var errUnwanted = errors.New("the verdict is not wanted any more")

func judgeAlong(w *history.Writer, dir history.Dir, p *scenarios.Plan) *along {
	a := &along{done: make(chan struct{})}
	followed := false
	go func() {
		defer close(a.done)
		a.verdict, a.err = checker.Judge(func() (*history.Reader, error) {
			switch {
			case !followed:
				followed = true
				return w.Follow()
			case a.unwanted.Load():
				return nil, errUnwanted
			}
			return history.Open(dir.History())
		}, p.Judge)
	}()
	return a
}

// drop ends the judging of a history whose writer is closed.
func (a *along) drop() {
	a.unwanted.Store(true)
	<-a.done
}

// judge waits for the verdict on the history, which is closed, and stores it.
func (e *execution) judge(a *along) (*checker.Verdict, error) {
	<-a.done
	v, err := a.verdict, a.err
	if err != nil {
		return nil, err
	}
	b, err := json.MarshalIndent(v, "", "  ")
	if err == nil {
		err = os.WriteFile(e.dir.Verdict(), append(b, '\n'), 0o644)
	}
	if err != nil {
		return nil, fmt.Errorf("the verdict cannot be stored: %w", err)
	}
	return v, nil
}

func judgeDir(dir history.Dir, p *scenarios.Plan) (*checker.Verdict, error) {
	return checker.Judge(opener(dir), p.Judge)
}

func opener(dir history.Dir) func() (*history.Reader, error) {
	return func() (*history.Reader, error) { return history.Open(dir.History()) }
}

// StoredPlan reads the plan of a stored run.
func StoredPlan(path string) (*scenarios.Plan, error) {
	data, err := os.ReadFile(history.Dir(path).Plan())
	if err != nil {
		return nil, err
	}
	var p scenarios.Plan
	if err := json.Unmarshal(data, &p); err != nil {
		return nil, fmt.Errorf("its plan cannot be read: %w", err)
	}
	if p.Format != scenarios.PlanFormat {
		return nil, fmt.Errorf("its plan has format %d, this binary reads %d", p.Format, scenarios.PlanFormat)
	}
	// Runs of earlier versions have none.
	if p.Source, err = os.ReadFile(history.Dir(path).Scenario()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	return &p, nil
}

// Rejudge judges a stored run again, from its plan and history alone.
func Rejudge(path string) (Result, error) {
	return rejudge(path, func(p *scenarios.Plan) (*checker.Verdict, error) { return judgeDir(history.Dir(path), p) })
}

// RejudgeBeside judges a stored run again and holds what came out of it to what came
// out of another, which had the same input.
func RejudgeBeside(path, other string) (Result, error) {
	return rejudge(path, func(p *scenarios.Plan) (*checker.Verdict, error) {
		o, err := StoredPlan(other)
		if err != nil {
			return nil, fmt.Errorf("%s is not a run: %w", other, err)
		}
		for _, k := range p.Judge.Sinks {
			if !slices.ContainsFunc(o.Judge.Sinks, func(s checker.SinkSpec) bool { return s.Name == k.Name }) {
				return nil, fmt.Errorf("the run %s has no sink %s to compare with", other, k.Name)
			}
		}
		return checker.Replayed(opener(history.Dir(path)), opener(history.Dir(other)), p.Judge)
	})
}

func rejudge(path string, judge func(*scenarios.Plan) (*checker.Verdict, error)) (Result, error) {
	began := time.Now()
	p, err := StoredPlan(path)
	if err != nil {
		return Result{}, err
	}
	v, err := judge(p)
	if err != nil {
		return Result{}, err
	}
	return Result{Job: Job{Plan: p}, Dir: path, Verdict: v, Took: time.Since(began)}, nil
}
