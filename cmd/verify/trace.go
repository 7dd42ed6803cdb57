package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"surety/checker"
	"surety/checker/trace"
	"surety/topologies/names"
)

type traceFlags struct {
	file, guarantee, order string
	state, oracle          string
	with                   []string
	partitions             int32
	json                   bool
}

// spec is what the flags declare.
func (f traceFlags) spec() (checker.Spec, error) {
	g, err := f.declared()
	if err != nil {
		return checker.Spec{}, err
	}
	o, known := checker.OracleNamed(f.oracle)
	if !known {
		var all []string
		for _, o := range checker.Oracles {
			all = append(all, o.Name)
		}
		return checker.Spec{}, usage("--oracle: %s", names.Unknown("oracle", f.oracle, all))
	}
	sink := checker.SinkSpec{Oracle: o.Name, Guarantee: g}
	for _, with := range f.with {
		name, text, _ := strings.Cut(with, "=")
		if err := sink.Params.Set(name, text); err != nil {
			return checker.Spec{}, usage("--with: %s", err)
		}
	}
	if err := o.Check(sink.Params); err != nil {
		return checker.Spec{}, usage("--with: %s", err)
	}
	return checker.Spec{Sinks: []checker.SinkSpec{sink}, InputPartitions: f.partitions}, nil
}

// declared is the guarantee that the flags name.
func (f traceFlags) declared() (checker.Guarantee, error) {
	g := checker.Guarantee{Delivery: checker.Delivery(f.guarantee), Order: checker.Order(f.order), State: checker.State(f.state)}
	orders := []checker.Order{checker.OrderNone, checker.OrderKey}
	switch {
	case !slices.Contains(checker.Deliveries, g.Delivery):
		return g, usage("--guarantee: %s", names.Unknown("guarantee", f.guarantee, texts(checker.Deliveries)))
	case !slices.Contains(orders, g.Order):
		return g, usage("--order: %s", names.Unknown("order", f.order, texts(orders)))
	case f.state != "" && !slices.Contains(checker.States, g.State):
		return g, usage("--state: %s", names.Unknown("state", f.state, texts(checker.States)))
	}
	return g, nil
}

func texts[T ~string](list []T) (out []string) {
	for _, v := range list {
		out = append(out, string(v))
	}
	return out
}

// checkTrace judges what another tool told.
func checkTrace(ctx context.Context, c console, f traceFlags, stdin io.Reader) error {
	spec, err := f.spec()
	if err != nil {
		return err
	}
	v, err := judgeTrace(ctx, f.file, stdin, spec)
	switch {
	case ctx.Err() != nil:
		return coded{exitInterrupted, fmt.Errorf("interrupted while the trace was read")}
	case err != nil:
		return coded{exitUsage, err}
	}
	d := trace.Describe(v)
	if f.json {
		enc := json.NewEncoder(c.stdout)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "  ")
		err = enc.Encode(d)
	} else {
		_, err = io.WriteString(c.stdout, traceText(f.file, d, v.Examined))
	}
	if err != nil {
		return err
	}
	if code := exitOf(v.Answer, v.Answer == checker.Upheld); code != exitUpheld {
		return verdictReached(code)
	}
	return nil
}

func judgeTrace(ctx context.Context, path string, stdin io.Reader, spec checker.Spec) (v *checker.Verdict, err error) {
	f, err := trace.Open(ctx, path, stdin)
	if err != nil {
		return nil, err
	}
	defer func() {
		if e := f.Close(); err == nil {
			err = e
		}
	}()
	return trace.Judge(ctx, f, spec)
}

var traceSigns = map[checker.Answer]string{
	checker.Upheld: "✔", checker.Violated: "✘", checker.Inconclusive: "?",
}

// traceText tells the verdict to a person.
func traceText(path string, d trace.Document, x checker.Examined) string {
	var b strings.Builder
	say := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	guarantee := string(d.Guarantee.Delivery)
	if d.Guarantee.Order == checker.OrderKey {
		guarantee += " + order"
	}
	if path == "-" {
		path = "stdin"
	}
	say(" %s %s   %s   %s", traceSigns[d.Verdict], d.Verdict, guarantee, path)
	say("   %d attempts: %d ok, %d failed, %d unknown · %d observations, %d of them rereads",
		x.Attempts, x.OK, x.Failed, x.Unknown, d.Counts.Observations, d.Counts.Rereads)
	for _, r := range d.Reasons {
		say("   %s", r.Text)
		if r.Try != "" {
			say("   try  %s", r.Try)
		}
	}
	if len(d.NotJudged) > 0 {
		say("   not judged: %s", strings.Join(d.NotJudged, ", "))
	}
	told := map[string]bool{}
	for _, e := range d.Evidence {
		if told[e.Class] {
			continue
		}
		told[e.Class] = true
		say("   %s", evidenceText(e))
	}
	return b.String()
}

// evidenceText is one finding on one line.
func evidenceText(e trace.Evidence) string {
	s := e.Class
	if !e.Breaks {
		s += " (legal)"
	}
	if e.Class != "corrupted" {
		s += ": key " + names.Clip(fmt.Sprintf("%q", e.Key))
		if e.Result == nil {
			s += fmt.Sprintf(" seq %d", e.Seq)
		}
	}
	if e.Place != "" {
		s += fmt.Sprintf(", %s", e.Place)
	}
	if e.Attempted != nil {
		s += fmt.Sprintf(", attempted at %d: %s", *e.Attempted, e.Outcome)
	}
	for _, seen := range e.Sightings {
		s += ", seen"
		if seen.Partition != nil {
			s += fmt.Sprintf(" in partition %d", *seen.Partition)
		}
		if seen.Offset != nil {
			s += fmt.Sprintf(" at offset %d", *seen.Offset)
		}
		s += fmt.Sprintf(" (time %d)", seen.Time)
	}
	if e.Note != "" {
		s += ", " + e.Note
	}
	return s
}
