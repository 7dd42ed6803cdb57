package main

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"surety/checker"
	"surety/checker/selfcheck"
	"surety/report"
	"surety/scenarios"
	"surety/topologies/names"
)

func newSelfCheck(c console) *cobra.Command {
	var (
		seed   string
		trials int
		only   string
		asJSON bool
	)
	cmd := &cobra.Command{
		Use:   "selfcheck",
		Short: "Measure the judge: planted anomalies found, sound histories upheld",
		Long: `Measure the judge. Draws histories from a seed, writes them to disk, has them
judged, and compares every count with what was planted: sound histories of every
legal kind, and anomalies of every class at rates from 1 in 10 to 1 in a million
records. Of every thousand histories of a kind of anomaly one has a million records.

The answer is 0 only if every anomaly was found, every count was exact and no
sound history was flagged; else 1.`,
		Example: `  verify selfcheck --seed 1 --trials 1000
  verify selfcheck --class lost --trials 100 --json`,
		Args: exactly(0, "no argument"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := scenarios.Seed(seed).Check(); err != nil {
				return usage("--seed: %s", err)
			}
			if trials < 1 {
				return usage("--trials is %d: at least one history of each kind must be judged", trials)
			}
			kinds, err := kindsOf(only)
			if err != nil {
				return err
			}
			began := time.Now()
			r, err := selfcheck.Run(cmd.Context(), selfcheck.Options{
				Seed: seed, Trials: trials, Kinds: kinds, Judge: checker.Judge, Done: saying(c),
			})
			switch {
			case cmd.Context().Err() != nil:
				return coded{exitInterrupted, errors.New("interrupted before all histories were judged")}
			case err != nil:
				return coded{exitEnvironment, err}
			}
			result := report.SelfCheck{Result: r, Took: time.Since(began), Again: fmt.Sprintf("verify selfcheck --seed %s --trials %d", seed, trials)}
			if only != "" {
				result.Again += " --class " + only
			}
			write := result.Text
			if asJSON {
				write = result.JSON
			}
			if err := write(c.stdout); err != nil {
				return err
			}
			if !r.Passed() {
				return verdictReached(exitViolated)
			}
			return nil
		},
	}
	fl := cmd.Flags()
	fl.StringVar(&seed, "seed", "1", "what the histories are drawn from, 1 to 16 hexadecimal digits")
	fl.IntVar(&trials, "trials", 100, "histories of each kind")
	fl.StringVar(&only, "class", "", "only this class of findings, or this kind")
	fl.BoolVar(&asJSON, "json", false, "print one JSON document")
	return cmd
}

// kindsOf lists the kinds of a class, or the one kind of that name.
func kindsOf(name string) ([]selfcheck.Kind, error) {
	if name == "" {
		return selfcheck.Kinds, nil
	}
	var known []string
	var kinds []selfcheck.Kind
	for _, k := range selfcheck.Kinds {
		if string(k.Class) == name || k.Name == name {
			kinds = append(kinds, k)
		}
		for _, n := range []string{string(k.Class), k.Name} {
			if n != "" && !slices.Contains(known, n) {
				known = append(known, n)
			}
		}
	}
	if kinds == nil {
		return nil, usage("--class: %s", names.Unknown("class or kind", name, known))
	}
	return kinds, nil
}

// saying tells on stderr how far it is, in tenths.
func saying(c console) func(done, all int64) {
	var mu sync.Mutex
	said := int64(0)
	return func(done, all int64) {
		mu.Lock()
		defer mu.Unlock()
		if tenth := 10 * done / all; tenth > said {
			said = tenth
			fmt.Fprintf(c.stderr, "selfcheck: %d of %d histories\n", done, all)
		}
	}
}
