package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"surety/report"
	"surety/workload"
	"surety/workload/bench"
)

func newBenchGuarantees(c console) *cobra.Command {
	var (
		f       benchFlags
		rate    float64
		seconds float64
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
		RunE: func(cmd *cobra.Command, _ []string) error {
			switch err := f.check(); {
			case err != nil:
				return err
			case f.records < 1:
				return usage("--records is %d: at least one is needed", f.records)
			case !(rate > 0 && rate <= 1e6):
				return usage("--rate is %v: it must be above 0 and at most 1,000,000 records a second", rate)
			case !(seconds > 0 && seconds <= 3600 && rate*seconds >= 1):
				return usage("--seconds is %v: it must be above 0, at most 3600, and enough for one record", seconds)
			}
			ctx := cmd.Context()
			return f.run(ctx, c, "costs", func(cfg bench.Config, on *target, caveats []string) (measured, error) {
				return measureCosts(ctx, bench.GuaranteeConfig{Config: cfg, Rate: rate, Seconds: seconds}, on, caveats)
			})
		},
	}
	f.add(cmd, 9, "costs")
	fl := cmd.Flags()
	fl.Int64Var(&f.records, "records", 250_000, "records by which the throughput is measured")
	fl.Float64Var(&rate, "rate", 2000, "records a second under which the latency is measured")
	fl.Float64Var(&seconds, "seconds", 4, "how long that load lasts")
	return cmd
}

// measureCosts runs the reference processors as processes of this program.
func measureCosts(ctx context.Context, cfg bench.GuaranteeConfig, on *target, caveats []string) (report.Costs, error) {
	self, err := os.Executable()
	if err != nil {
		return report.Costs{}, err
	}
	log, err := os.Create(filepath.Join(cfg.Dir, "processors.log"))
	if err != nil {
		return report.Costs{}, err
	}
	defer func() { _ = log.Close() }() // it goes with its directory
	cfg.Self, cfg.Log = []string{self}, log
	samples, err := bench.Costs(ctx, cfg)
	return costs(cfg, samples, on, caveats), err
}

// costs turns samples into a report.
func costs(cfg bench.GuaranteeConfig, samples []bench.Cost, on *target, caveats []string) report.Costs {
	r := report.Costs{
		Measured: on.measured(cfg.Config, fmt.Sprintf("values of %d bytes", cfg.Size), caveats),
	}
	r.Notes = append(r.Notes,
		fmt.Sprintf("latency: from the intended time to the committed sighting, %v records a second for %v s", cfg.Rate, cfg.Seconds),
		fmt.Sprintf("throughput: %d records at once until the last was seen, the end of its transaction included; one processor, driver and verifier on the same machine", cfg.Records))
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
