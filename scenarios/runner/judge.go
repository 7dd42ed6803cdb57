package runner

import (
	"encoding/json"
	"fmt"
	"os"
	"time"

	"surety/checker"
	"surety/checker/history"
	"surety/scenarios"
)

// judge judges the stored history and stores the verdict.
func (e *execution) judge() (*checker.Verdict, error) {
	v, err := judgeDir(e.dir, e.plan)
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
	return checker.Judge(func() (*history.Reader, error) { return history.Open(dir.History()) }, p.Judge)
}

// Rejudge judges a stored run again, from its plan and history alone.
func Rejudge(path string) (Result, error) {
	began := time.Now()
	dir := history.Dir(path)
	data, err := os.ReadFile(dir.Plan())
	if err != nil {
		return Result{}, err
	}
	var p scenarios.Plan
	if err := json.Unmarshal(data, &p); err != nil {
		return Result{}, fmt.Errorf("its plan cannot be read: %w", err)
	}
	if p.Format != scenarios.PlanFormat {
		return Result{}, fmt.Errorf("its plan has format %d, this binary reads %d", p.Format, scenarios.PlanFormat)
	}
	v, err := judgeDir(dir, &p)
	if err != nil {
		return Result{}, err
	}
	return Result{Plan: &p, Dir: path, Verdict: v, Took: time.Since(began)}, nil
}
