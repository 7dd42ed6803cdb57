package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"surety/topologies/docker/engine"
	"surety/topologies/docker/reaper"
	"surety/topologies/images"
)

// cleanWithin bounds the removing, on an engine under load.
const cleanWithin = 5 * time.Minute

func newClean(c console) *cobra.Command {
	var all bool
	cmd := &cobra.Command{
		Use:   "clean",
		Short: "Remove containers, networks and old images that runs left behind",
		Long: `verify clean removes the containers, networks and volumes of runs that are not alive
any more, and old images of verify that no container uses. It touches nothing that
verify did not make, and no run that is alive.`,
		Args: exactly(0, "no argument"),
		RunE: func(cmd *cobra.Command, _ []string) error { return clean(cmd.Context(), c, all) },
	}
	cmd.Flags().BoolVar(&all, "all", false, "also what belongs to runs that are alive, and the archives of classes (surety/classes), which the next run makes again")
	return cmd
}

func clean(ctx context.Context, c console, all bool) error {
	ctx, cancel := context.WithTimeout(ctx, cleanWithin)
	defer cancel()
	e, err := engine.Open(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = e.Close() }()
	runs, removed, err := reaper.Clean(ctx, e.API, reaper.Cleaning{All: all})
	if all {
		classes, classesErr := images.RemoveClasses(ctx, e)
		removed, err = append(removed, classes...), errors.Join(err, classesErr)
	}
	nothing := true
	for _, r := range runs {
		if r.Kept != "" {
			fmt.Fprintf(c.stdout, "kept     run %s: %s\n", r.Run, r.Kept)
		}
		for _, name := range r.Removed {
			fmt.Fprintf(c.stdout, "removed  run %s: %s\n", r.Run, name)
			nothing = false
		}
	}
	for _, name := range removed {
		fmt.Fprintf(c.stdout, "removed  image %s\n", name)
		nothing = false
	}
	if nothing && err == nil {
		_, err = fmt.Fprintln(c.stdout, "there is nothing to remove")
	}
	if errors.Is(err, context.Canceled) {
		return coded{exitInterrupted, errors.New("interrupted; run it again to remove the rest")}
	}
	return err
}
