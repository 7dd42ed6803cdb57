// Package doctor says what this machine has of what containers need, and for each
// thing that it lacks the command that gets it.
package doctor

import (
	"context"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"

	"surety/topologies/images"
)

// Status is how a finding counts.
type Status string

// What a finding can be. Only Missing keeps scenarios in containers from running.
const (
	OK      Status = "ok"
	Warn    Status = "warn"
	Missing Status = "missing"
)

// Finding is one line of the examination.
type Finding struct {
	What   string `json:"what"` // engine, memory, image kafka, ...
	Status Status `json:"status"`
	Found  string `json:"found"`         // one sentence
	Fix    string `json:"fix,omitempty"` // a command, where something is to be done
}

// Ready tells whether nothing is missing.
func Ready(all []Finding) bool {
	return !slices.ContainsFunc(all, func(f Finding) bool { return f.Status == Missing })
}

// Write prints the findings as a table for people, each fix below its finding.
func Write(w io.Writer, all []Finding) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, f := range all {
		_, _ = fmt.Fprintf(t, "%s\t%s\t%s\n", f.Status, f.What, f.Found) // Flush reports the error
		if f.Fix != "" {
			_, _ = fmt.Fprintf(t, "\t\ttry  %s\n", f.Fix)
		}
	}
	if !Ready(all) {
		_, _ = fmt.Fprintf(t, "\nScenarios in containers cannot run here yet; 'verify run quick' needs no container.\n")
	}
	return t.Flush()
}

// Examine looks at everything. Each probe is asked once; ctx bounds them all.
func Examine(ctx context.Context, p Probes) []Finding {
	facts, err := p.Engine(ctx)
	if err != nil {
		return []Finding{withoutEngine(p, err), memory(p.Memory()), cores(p.Cores()), ports(p.Ports())}
	}
	all := []Finding{
		engineFinding(facts),
		api(facts),
		cgroups(facts),
		kernel(facts),
		reaping(facts),
		memory(facts.Memory),
		cores(facts.Cores),
		binary(p.Binary(ctx, facts.Arch)),
	}
	for _, name := range images.OfficialNames() {
		if r, err := images.Find(name); err == nil {
			all = append(all, image(ctx, p, facts, r))
		}
	}
	return append(all, ports(p.Ports()), disk(p, facts))
}
