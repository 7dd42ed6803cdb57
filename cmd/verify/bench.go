package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"surety/report"
	"surety/scenarios"
	"surety/topologies"
	"surety/topologies/embedded"
	"surety/workload"
	"surety/workload/bench"
)

// benchFlags are what both kinds of benchmarks share.
type benchFlags struct {
	broker  string
	rounds  int
	size    int
	records int64
	seed    string
	force   bool
	asJSON  bool
	out     string
}

func (f *benchFlags) add(cmd *cobra.Command, rounds int, files string) {
	fl := cmd.Flags()
	fl.StringVar(&f.broker, "broker", "", "HOST:PORT of a Kafka broker; without it an emulated one in a process of its own")
	fl.IntVar(&f.rounds, "rounds", rounds, "how often everything is measured, in turn")
	fl.IntVar(&f.size, "size", 100, "bytes of a value")
	fl.StringVar(&f.seed, "seed", "1", "what the load is drawn from, 1 to 16 hexadecimal digits")
	fl.BoolVar(&f.force, "force", false, "measure on a busy machine too; the report says so")
	fl.BoolVar(&f.asJSON, "json", false, "print one JSON document")
	fl.StringVar(&f.out, "out", "", fmt.Sprintf("directory that gets %[1]s.json, with the figures of every round, and %[1]s.txt", files))
}

func (f *benchFlags) check() error {
	if err := scenarios.Seed(f.seed).Check(); err != nil {
		return usage("--seed: %s", err)
	}
	if f.rounds < 1 {
		return usage("--rounds is %d: at least one is needed, and six for an interval", f.rounds)
	}
	if f.broker != "" {
		if _, _, err := net.SplitHostPort(f.broker); err != nil {
			return usage("--broker is %q: give HOST:PORT", f.broker)
		}
	}
	if f.size < 0 || f.size > workload.MaxSize {
		return usage("--size is %d: it must be between 0 and %d bytes", f.size, workload.MaxSize)
	}
	return nil
}

// measured is a report of what was measured.
type measured interface {
	Text(io.Writer) error
	JSON(io.Writer) error
}

// run prepares a benchmark whose topics begin with name, lets it measure, and prints
// and keeps what it returns.
func (f *benchFlags) run(ctx context.Context, c console, name string, measure func(cfg bench.Config, on *target, caveats []string) (measured, error)) (err error) {
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
	result, err := measure(bench.Config{
		Endpoint: on.endpoint, Broker: on.cpu, Dir: dir, Run: name + "-" + strconv.FormatInt(time.Now().UnixNano(), 36),
		Seed: f.seed, Size: f.size, Records: f.records, Rounds: f.rounds,
		Changed: func(round int, leg string) {
			fmt.Fprintf(c.stderr, "bench: round %d of %d: %s\n", round, f.rounds, leg)
		},
	}, on, caveats)
	switch {
	case ctx.Err() != nil:
		return coded{exitInterrupted, errors.New("interrupted before all rounds were measured")}
	case err != nil:
		return err
	}
	var kept error
	if f.out != "" {
		kept = errors.Join(keep(f.out, name+".json", result.JSON), keep(f.out, name+".txt", result.Text))
	}
	if f.asJSON {
		return errors.Join(kept, result.JSON(c.stdout))
	}
	return errors.Join(kept, result.Text(c.stdout))
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

// quiet refuses a busy machine, or gives what the report has to say about it.
func (f *benchFlags) quiet(ctx context.Context) ([]string, error) {
	busy := bench.Busy(ctx)
	switch {
	case busy == "":
		return nil, nil
	case f.force:
		return []string{"measured on a busy machine: " + busy}, nil
	}
	return nil, &topologies.EnvironmentError{What: busy, Try: "wait until the machine is quiet, or give --force to measure anyway"}
}

// target is a broker to measure against.
type target struct {
	endpoint topologies.Endpoint
	about    string
	cpu      func() (time.Duration, error) // nil = unknown
	close    func() error
}

func (f *benchFlags) target(ctx context.Context) (*target, error) {
	if f.broker == "" {
		a, err := embedded.StartAlone(ctx, "broker")
		if err != nil {
			return nil, err
		}
		return &target{a.Endpoint(), "emulated broker (kfake) in a process of its own", bench.ProcessCPU(a.PID()), a.Close}, nil
	}
	t := &target{
		endpoint: topologies.Endpoint{Seeds: []string{f.broker}},
		about:    "broker " + f.broker, close: func() error { return nil },
	}
	host, port, err := net.SplitHostPort(f.broker)
	if err != nil {
		return nil, err
	}
	if number, err := strconv.Atoi(port); err == nil && local(host) {
		if pid := bench.Listener(number); pid != 0 {
			t.cpu = bench.ProcessCPU(pid)
			t.about += fmt.Sprintf(", process %d", pid)
		}
	}
	return t, nil
}

// measured is what a report says of a measurement here, besides its figures.
func (t *target) measured(cfg bench.Config, title string, caveats []string) report.Measured {
	return report.Measured{
		Title: title, On: fmt.Sprintf("%s · %d processors", t.about, runtime.NumCPU()), Rounds: cfg.Rounds, Caveats: caveats,
	}
}

// local tells whether a host name is this machine's.
func local(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func newBench(c console) *cobra.Command {
	var f benchFlags
	cmd := &cobra.Command{
		Use:   "bench",
		Short: "Measure what recording and verifying cost against the bare client",
		Long: `Measure what recording and verifying cost against the bare client.

In every round four things take turns on the same broker: franz-go writing,
the driver writing with every attempt on record, franz-go reading, and the reader
recording and checking loss, duplicates and order per key. The ratios are those of
one round each; their median stands between two of them.`,
		Example: `  verify bench
  verify bench --broker 127.0.0.1:9092 --size 1024 --out results/bench`,
		Args: exactly(0, "no argument"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := f.check(); err != nil {
				return err
			}
			if f.records < 0 {
				return usage("--records is %d: it must not be negative", f.records)
			}
			if f.records == 0 {
				f.records = bench.EnoughRecords(f.size)
			}
			ctx := cmd.Context()
			return f.run(ctx, c, "bench", func(cfg bench.Config, on *target, caveats []string) (measured, error) {
				samples, err := bench.Run(ctx, cfg)
				return benchmark(cfg, samples, on, caveats), err
			})
		},
	}
	f.add(cmd, 9, "bench")
	cmd.Flags().Int64Var(&f.records, "records", 0, "records of each leg and round; 0 = enough for a second or more")
	cmd.AddCommand(newBenchGuarantees(c))
	return cmd
}

// benchmark turns samples into a report.
func benchmark(cfg bench.Config, samples []bench.Sample, on *target, caveats []string) report.Benchmark {
	b := report.Benchmark{
		Measured: on.measured(cfg, fmt.Sprintf("values of %d bytes, %d records a leg", cfg.Size, cfg.Records), caveats),
	}
	b.Notes = append(b.Notes, fmt.Sprintf("memory of the driver at its highest: %d MiB", bench.PeakMemory()>>20))
	if on.cpu == nil {
		b.Notes = append(b.Notes, "the broker's processor time is unknown: it is no process of this machine that can be seen")
	}
	for _, l := range bench.Legs {
		s := report.Series{Name: l.Name, About: l.About, Against: l.Against, Records: cfg.Records}
		for _, x := range samples {
			if x.Leg != l.Name {
				continue
			}
			s.Seconds = append(s.Seconds, x.Seconds)
			s.ToolCPU = append(s.ToolCPU, x.ToolCPU)
			if on.cpu != nil {
				s.BrokerCPU = append(s.BrokerCPU, x.BrokerCPU)
			}
			if x.HistoryBytes > 0 {
				s.HistoryBytes = x.HistoryBytes
				s.HistoryWaited = append(s.HistoryWaited, x.HistoryWaited)
			}
		}
		b.Series = append(b.Series, s)
	}
	return b
}
