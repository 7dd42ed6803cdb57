package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"surety/report"
	"surety/workload"
	"surety/workload/bench"
)

func newBenchGuarantees(c console) *cobra.Command {
	var (
		f       benchFlags
		size    int
		records int64
		rate    float64
		seconds float64
		out     string
	)
	cmd := &cobra.Command{
		Use:   "guarantees",
		Short: "Measure what at-most-once, at-least-once and exactly-once cost",
		Long: `Measure what at-most-once, at-least-once and exactly-once cost.

In every round the reference processors take turns on the same broker, exactly-once
with a transaction for each poll, and with transactions of 100 ms and of 1 s. Each
gets a steady load, under which the latency is measured from the time at which a
record was meant to be sent to its committed sighting, and then one as fast as
the driver can, by which the throughput is measured.`,
		Example: `  verify bench guarantees --broker 127.0.0.1:9092 --out results/cost-of-guarantees`,
		Args:    exactly(0, "no argument"),
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			switch err := f.check(); {
			case err != nil:
				return err
			case size < 0 || size > workload.MaxSize:
				return usage("--size is %d: it must be between 0 and %d bytes", size, workload.MaxSize)
			case records < 1:
				return usage("--records is %d: at least one is needed", records)
			case !(rate > 0 && rate <= 1e6):
				return usage("--rate is %v: it must be above 0 and at most 1,000,000 records a second", rate)
			case !(seconds > 0 && seconds <= 3600 && rate*seconds >= 1):
				return usage("--seconds is %v: it must be above 0, at most 3600, and enough for one record", seconds)
			}
			ctx := cmd.Context()
			caveats, err := f.quiet(ctx)
			if err != nil {
				return err
			}
			on, err := f.target(ctx)
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, on.close()) }()
			dir, err := os.MkdirTemp("", "verify-bench-")
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
			self, err := os.Executable()
			if err != nil {
				return err
			}
			log, err := os.Create(filepath.Join(dir, "processors.log"))
			if err != nil {
				return err
			}
			defer func() { _ = log.Close() }() // it goes with its directory
			cfg := bench.GuaranteeConfig{
				Config: bench.Config{
					Endpoint: on.endpoint, Broker: on.cpu, Dir: dir, Run: "cost-" + strconv.FormatInt(time.Now().UnixNano(), 36),
					Seed: f.seed, Size: size, Records: records, Rounds: f.rounds,
					Changed: func(round int, name string) {
						fmt.Fprintf(c.stderr, "bench: round %d of %d: %s\n", round, f.rounds, name)
					},
				},
				Rate: rate, Seconds: seconds, Self: []string{self}, Log: log,
			}
			samples, err := bench.Costs(ctx, cfg)
			if ctx.Err() != nil {
				return coded{exitInterrupted, errors.New("interrupted before all rounds were measured")}
			}
			if err != nil {
				return err
			}
			result := costs(cfg, samples, on, caveats)
			if out != "" {
				if err := keep(out, "costs.json", result.JSON); err != nil {
					return err
				}
				if err := keep(out, "costs.txt", result.Text); err != nil {
					return err
				}
			}
			if f.asJSON {
				return result.JSON(c.stdout)
			}
			return result.Text(c.stdout)
		},
	}
	f.add(cmd, 9)
	fl := cmd.Flags()
	fl.IntVar(&size, "size", 100, "bytes of a value")
	fl.Int64Var(&records, "records", 400_000, "records by which the throughput is measured")
	fl.Float64Var(&rate, "rate", 2000, "records a second under which the latency is measured")
	fl.Float64Var(&seconds, "seconds", 4, "how long that load lasts")
	fl.StringVar(&out, "out", "", "directory that gets costs.json, with the figures of every round, and costs.txt")
	return cmd
}

// keep writes one file of a report.
func keep(dir, name string, write func(io.Writer) error) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("--out: %w", err)
	}
	f, err := os.Create(filepath.Join(dir, name)) //nolint:gosec // the user names the directory
	if err != nil {
		return fmt.Errorf("--out: %w", err)
	}
	return errors.Join(write(f), f.Close())
}

// costs turns samples into a report.
func costs(cfg bench.GuaranteeConfig, samples []bench.Cost, on *target, caveats []string) report.Costs {
	r := report.Costs{
		Title:  fmt.Sprintf("values of %d bytes", cfg.Size),
		On:     fmt.Sprintf("%s · %d processors", on.about, runtime.NumCPU()),
		Rounds: cfg.Rounds, Caveats: caveats,
		Notes: []string{
			fmt.Sprintf("latency: from the intended time to the committed sighting, %v records a second for %v s", cfg.Rate, cfg.Seconds),
			fmt.Sprintf("throughput: %d records at once until the last was seen, the end of its transaction included; one processor, driver and verifier on the same machine", cfg.Records),
		},
	}
	var late int64
	for _, g := range bench.Guarantees {
		row := report.CostRow{Name: g.Name}
		for _, s := range samples {
			if s.Guarantee != g.Name {
				continue
			}
			row.Rate, row.P50, row.P99 = append(row.Rate, s.RecordsPerS), append(row.P50, s.P50), append(row.P99, s.P99)
			row.Max, row.Late = append(row.Max, s.Max), append(row.Late, s.Late)
			row.ProcessorCPU = append(row.ProcessorCPU, s.ProcessorCPU)
			if on.cpu != nil {
				row.BrokerCPU = append(row.BrokerCPU, s.BrokerCPU)
			}
			late += s.Late
		}
		r.Rows = append(r.Rows, row)
	}
	if late > 0 {
		r.Caveats = append(r.Caveats, fmt.Sprintf("%d records were started more than %v late: the driver did not keep its schedule", late, workload.LateAfter))
	}
	return r
}
