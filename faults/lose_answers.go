package faults

import (
	"context"
	"errors"
	"fmt"

	"surety/checker/history"
	"surety/topologies"
)

// LoseAnswers makes a sink that takes effects apply them and hang up without an answer,
// one of so many. The client cannot know whether its effect was applied.
type LoseAnswers struct {
	Sink  string `yaml:"sink" json:"sink"`   // by its name in the scenario
	Every int64  `yaml:"every" json:"every"` // the answer to one of so many effects is lost
}

// Answerer is a sink whose answers can be lost.
type Answerer interface {
	// LoseAnswers loses the answer to one of so many effects from now on; 0 = to none.
	LoseAnswers(every int64)
	// Answers counts the effects that were applied without an answer, and the requests
	// that were answered, since the sink exists.
	Answers() (lost, answered int64)
}

// Name implements Fault.
func (*LoseAnswers) Name() string { return "lose-answers" }

// Label implements Fault.
func (f *LoseAnswers) Label() string {
	return fmt.Sprintf("lose the answer to one of %d effects of %s", f.Every, f.Sink)
}

// Check implements Fault.
func (f *LoseAnswers) Check() error {
	if f.Sink == "" {
		return errors.New("sink is missing: the name of a sink with role: effects")
	}
	if f.Every < 1 || f.Every > 1_000_000 {
		return fmt.Errorf("every: %d loses no answer: 1 for each, up to 1000000", f.Every)
	}
	return nil
}

// Draw implements Fault.
func (f *LoseAnswers) Draw(func(int) int, []Selector) (Fault, error) { return f, nil }

// Needs implements Fault.
func (*LoseAnswers) Needs() []topologies.Capability {
	return []topologies.Capability{topologies.TakeEffects}
}

// Resolve implements Fault.
func (f *LoseAnswers) Resolve(_ context.Context, sys System) (Target, error) {
	a := sys.Effects[f.Sink]
	if a == nil {
		return Target{}, fmt.Errorf("%q is no sink that takes effects", f.Sink)
	}
	return Target{Answers: a}, nil
}

// losing is one in effect.
type losing struct {
	sink           Answerer
	lost, answered int64 // before it, and once it is healed before that
}

// Inject implements Fault.
func (f *LoseAnswers) Inject(_ context.Context, t Target) (Injection, error) {
	in := &losing{sink: t.Answers}
	in.lost, in.answered = t.Answers.Answers()
	t.Answers.LoseAnswers(f.Every)
	return in, nil
}

// InEffect reads how many effects the sink applied without an answer.
func (in *losing) InEffect(context.Context) (history.Evidence, error) {
	lost, answered := in.sink.Answers()
	return history.Evidence{
		Shown: lost > in.lost,
		Text:  fmt.Sprintf("the sink applied %d effects and hung up before the answer, %d requests were answered", lost-in.lost, answered-in.answered),
		Facts: map[string]any{"answers_lost": lost - in.lost, "answers_given": answered - in.answered},
	}, nil
}

// Heal implements Injection.
func (in *losing) Heal(context.Context) error {
	in.sink.LoseAnswers(0)
	in.lost, in.answered = in.sink.Answers()
	return nil
}

// Healed wants no answer to be lost any more.
func (in *losing) Healed(context.Context) (history.Evidence, error) {
	lost, answered := in.sink.Answers()
	return history.Evidence{
		Shown: lost == in.lost,
		Text:  fmt.Sprintf("since then the sink answered %d requests and lost the answers of %d", answered-in.answered, lost-in.lost),
	}, nil
}
