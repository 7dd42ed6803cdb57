package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"surety/topologies/doctor"
	"surety/topologies/names"
)

// console is all that a command touches of the outside, gathered for tests.
type console struct {
	stdin          io.Reader // the process's own where it is nil
	stdout, stderr io.Writer
	getenv         func(string) string
}

// run is the whole program: arguments in, exit code out.
func run(ctx context.Context, args []string, c console) int {
	root := newRoot(c)
	root.SetArgs(args)
	root.SetIn(c.stdin)
	root.SetOut(c.stdout)
	root.SetErr(c.stderr)
	err := root.ExecuteContext(ctx)
	var reached verdictReached
	if err != nil && !errors.As(err, &reached) {
		fmt.Fprintf(c.stderr, "verify: %s\n", err)
	}
	return codeOf(err)
}

func newRoot(c console) *cobra.Command {
	root := &cobra.Command{
		Use:   "verify",
		Short: "Does your stream keep its promise?",
		Long: `verify brings up an event-streaming topology, breaks it on purpose, and decides
from recorded evidence whether the guarantee that you declared was kept.

Exit codes: 0 upheld or as expected, 1 violated, 2 inconclusive, 3 environment,
4 usage, 130 interrupted; over many runs 4 > 1 > 3 > 2 > 0.`,
		SilenceUsage:  true,
		SilenceErrors: true,
		// Cobra reports unknown commands itself only where a root takes no arguments.
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usage("%s (see verify --help)", names.Unknown("command", args[0], commands(cmd)))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.CompletionOptions.HiddenDefaultCmd = true
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		typed, ok := strings.CutPrefix(err.Error(), "unknown flag: --")
		if !ok {
			return usage("%s (see %s --help)", err, cmd.CommandPath())
		}
		var known []string
		cmd.Flags().VisitAll(func(f *pflag.Flag) { known = append(known, "--"+f.Name) })
		return usage("%s (see %s --help)", names.Unknown("flag", "--"+typed, known), cmd.CommandPath())
	})
	root.AddCommand(
		newRun(c), newList(c), newCheck(c), newExplain(c), newInit(c), newSchema(c), newReport(c), newReplay(c), newShrink(c), newCompare(c), newDetection(c), newEngines(c), newExport(c), newVersion(c), newImages(c),
		newDoctor(c, doctor.Machine), newSelfCheck(c), newClean(c), newProcessor(c), newGateway(c), newReaper(c), newBroker(c), newBench(c),
	)
	return root
}

// commands lists what a person may call.
func commands(cmd *cobra.Command) []string {
	var list []string
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() && c.Name() != "help" && c.Name() != "completion" {
			list = append(list, c.Name())
		}
	}
	return list
}

// exactly wants n arguments and says which.
func exactly(n int, what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) != n {
			return usage("%s wants %s; it got %q", cmd.CommandPath(), what, strings.Join(args, " "))
		}
		return nil
	}
}
