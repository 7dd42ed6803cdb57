package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"surety/checker"
	"surety/report"
	"surety/scenarios/runner"
)

func newCheck(c console) *cobra.Command {
	var (
		f      traceFlags
		files  outputs
		beside string
	)
	cmd := &cobra.Command{
		Use:   "check RUN | check --trace FILE",
		Short: "Judge a stored run again, or what any other tool saw",
		Long: `Judge a stored run again, with nothing running.

With --equals, the run must also have given the same output as another run with the
same input, as a replay of it: the same records of each key, as often, in any order;
of a sink with one state for each key, the same last state. Where the input of the
two was not the same, or a sink has windows by the clock, that is inconclusive.

With --trace, judge what any other tool saw of a stream: JSON Lines, plain or
compressed with Zstandard, "-" for stdin. Sink order is the order of the lines.

  {"kind":"attempt","key":"k1","seq":1,"outcome":"ok","time":1000}
  {"kind":"observation","key":"k1","seq":1,"partition":0,"offset":12,"time":2000}
  {"kind":"end","drained":true}

  key         any string, the empty one included
  seq         signed 64-bit integer: identifies the record in its key, rises in send order
  outcome     ok, failed (certainly not written) or unknown
  time        nanoseconds on one clock; optional, evidence only
  topic, partition, offset
              optional; an observation without an offset is never a reread
  corrupt     true: an observation whose checksum or identity does not match
  event_time  of an attempt, in milliseconds since the epoch, for windows
  value       of an attempt what it adds to a sum; of an observation its count or sum
  window      of an observation: where its window begins, in milliseconds
  altered     true: other headers than went in
  tx          name or number of an attempt's transaction
  tx_outcome  committed, aborted or unknown, on any attempt of the transaction
  drained     false: more was to come, so that absence proves nothing

The end is optional: without it the trace is complete and drained. Other fields
are errors.`,
		Example: `  verify check results/runs/quick-7c1e04/crash-exactly-once
  verify check results/runs/replay-crash-7c1e04/crash-1 --equals results/runs/crash-7c1e04/crash
  verify check --trace seen.jsonl --guarantee at-least-once --order key
  verify check --trace counts.jsonl --oracle window --with size=1m --partitions 4
  zcat seen.jsonl.gz | verify check --trace - --json`,
		Args: func(cmd *cobra.Command, args []string) error {
			if cmd.Flags().Changed("trace") {
				if beside != "" {
					return usage("--equals goes with a stored run, not with --trace")
				}
				for _, out := range files.files {
					if out.path != "" {
						return usage("--%s goes with a stored run, not with --trace", out.format.Name())
					}
				}
				if len(args) > 0 {
					return usage("%s --trace wants no run beside the trace; it got %q", cmd.CommandPath(), strings.Join(args, " "))
				}
				return nil
			}
			for _, name := range []string{"guarantee", "order", "state", "oracle", "with", "partitions"} {
				if cmd.Flags().Changed(name) {
					return usage("--%s goes with --trace: a stored run has its own", name)
				}
			}
			return exactly(1, "the directory of one run")(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if cmd.Flags().Changed("trace") {
				return checkTrace(cmd.Context(), c, f, cmd.InOrStdin())
			}
			if err := files.check(); err != nil {
				return err
			}
			again := "verify check " + args[0]
			judge := runner.Rejudge
			if beside != "" {
				again += " --equals " + beside
				judge = func(path string) (runner.Result, error) { return runner.RejudgeBeside(path, beside) }
			}
			r, err := judge(args[0])
			if err != nil {
				return coded{exitUsage, fmt.Errorf("%s is not a run that can be judged: %w", args[0], err)}
			}
			row, code := rowOf(r)
			m := &report.Model{
				About: r.Plan.Topology.Provider, Seed: string(r.Plan.Seed), Took: r.Took, Kept: args[0],
				Again: again, Runs: []report.Run{row}, ExitCode: code,
			}
			if err := errors.Join(render(c, f.json, m), files.write(m)); err != nil {
				return err
			}
			if code != exitUpheld {
				return verdictReached(code)
			}
			return nil
		},
	}
	files.flags(cmd)
	fl := cmd.Flags()
	fl.BoolVar(&f.json, "json", false, "print one JSON document")
	fl.StringVar(&beside, "equals", "", "also want the output that this other run with the same input gave")
	fl.StringVar(&f.file, "trace", "", "judge this trace of another tool: JSON Lines, .zst, or - for stdin")
	fl.StringVar(&f.guarantee, "guarantee", string(checker.ExactlyOnce), "of the trace: at-most-once, at-least-once or exactly-once")
	fl.StringVar(&f.order, "order", string(checker.OrderNone), "of the trace: none or key")
	fl.StringVar(&f.state, "state", "", "of the trace: final or monotonic, where an older value may not replace a newer one")
	fl.StringVar(&f.oracle, "oracle", "identity", "what the trace's observations are meant to be")
	fl.StringArrayVar(&f.with, "with", nil, "a parameter of the oracle, as keep='seq % 3 != 0' or size=1m")
	fl.Int32Var(&f.partitions, "partitions", 0, "how many the trace's input has, for windows")
	return cmd
}
