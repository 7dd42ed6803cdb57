package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"surety/checker/history"
	"surety/workload"
	"surety/workload/kafka"
)

// Guarantee is a processor whose cost is measured.
type Guarantee struct {
	Name      string
	Processor string        // reference processor
	Interval  time.Duration // between its commits; 0 = its own
}

// Guarantees are measured side by side.
var Guarantees = []Guarantee{
	{"at-most-once", "at-most-once", 0},
	{"at-least-once", "at-least-once", 0},
	{"exactly-once, a poll a transaction", "exactly-once", 0},
	{"exactly-once, 100 ms", "exactly-once", 100 * time.Millisecond},
	{"exactly-once, 1 s", "exactly-once", time.Second},
}

// GuaranteeConfig is one comparison of guarantees.
type GuaranteeConfig struct {
	Config            // Records are those of the throughput
	Rate    float64   // records a second under which the latency is measured
	Seconds float64   // for so long
	Self    []string  // command of this program; "processor" and a name follow
	Log     io.Writer // of the processors; nil = none
}

// Cost is one guarantee in one round.
type Cost struct {
	Guarantee    string  `json:"guarantee"`
	Round        int     `json:"round"` // from 1
	RecordsPerS  float64 `json:"records_per_second"`
	P50          float64 `json:"latency_p50_ms"` // from the intended time to the committed sighting
	P99          float64 `json:"latency_p99_ms"`
	Max          float64 `json:"latency_max_ms"`
	Late         int64   `json:"late_records"`       // that the driver could not start on time
	ProcessorCPU float64 `json:"processor_cpu_us"`   // a record, of the throughput
	BrokerCPU    float64 `json:"broker_cpu_us"`      // the same; 0 where it is unknown
	Transactions int     `json:"interval_ms"`        // between commits; 0 = the processor's own
	Records      int64   `json:"records"`            // of the throughput
	Measured     int64   `json:"latencies_measured"` // of the latency
}

// Costs measures all guarantees in all rounds, in turn. A processor that loses or
// repeats anything is an error: nothing breaks here.
func Costs(ctx context.Context, cfg GuaranteeConfig) ([]Cost, error) {
	var all []Cost
	for n := 1; n <= cfg.Rounds; n++ {
		for i := range Guarantees {
			g := Guarantees[(i+n-1)%len(Guarantees)]
			if cfg.Changed != nil {
				cfg.Changed(n, g.Name)
			}
			c, err := cost(ctx, cfg, g, n)
			if err != nil {
				return all, fmt.Errorf("round %d, %s: %w", n, g.Name, err)
			}
			all = append(all, c)
		}
	}
	return all, nil
}

// throughWithin bounds the way of a whole load through a processor.
const throughWithin = 2 * time.Minute

func cost(ctx context.Context, cfg GuaranteeConfig, g Guarantee, n int) (c Cost, err error) {
	name := fmt.Sprintf("%s-%d-%s", cfg.Run, n, strings.NewReplacer(" ", "", ",", "-").Replace(g.Name))
	c = Cost{Guarantee: g.Name, Round: n, Transactions: int(g.Interval.Milliseconds()), Records: cfg.Records}
	admin, err := kafka.NewAdmin(cfg.Endpoint)
	if err != nil {
		return c, err
	}
	defer admin.Close()
	input, output := name+"-in", name+"-out"
	if err := create(ctx, admin, partitions, input, output); err != nil {
		return c, err
	}
	defer func() { _ = remove(ctx, admin, input, output) }() // a broker that is gone was told before

	r := &round{Config: cfg.Config, n: n, clock: history.NewClock(), tracker: workload.NewTracker(1 << 40), sample: &Sample{}}
	w, dir, err := r.history()
	if err != nil {
		return c, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(string(dir))) }()

	p, err := start(cfg, g, input, output, name)
	if err != nil {
		return c, errors.Join(err, w.Close())
	}
	err = r.through(ctx, cfg, w, p.Process.Pid, input, output, &c)
	err = errors.Join(err, end(p), w.Close())
	if err != nil {
		return c, err
	}
	return c, latencies(dir, &c)
}

// The loads of a measurement, told apart by their writers.
func loads(cfg GuaranteeConfig) (warm, steady, full workload.Load) {
	warm = workload.Load{Records: 600, Keys: 60, Writers: 1, Size: cfg.Size}
	steady = workload.Load{Records: int64(cfg.Rate * cfg.Seconds), Rate: cfg.Rate, Keys: keys, Writers: 1, Size: cfg.Size}
	full = workload.Load{Records: cfg.Records, Keys: keys, Writers: 1, Size: cfg.Size}
	return warm, steady, full
}

const steadyWriter = 1

// through sends the loads through the processor, one after the other.
func (r *round) through(ctx context.Context, cfg GuaranteeConfig, w *history.Writer, pid int, input, output string, c *Cost) error {
	producer, err := kafka.NewProducer(kafka.ProducerConfig{Endpoint: r.Endpoint, Topic: input, Clock: r.clock, Buffer: Buffer})
	if err != nil {
		return err
	}
	defer producer.Close()
	tail, stop := context.WithCancel(ctx)
	reader := &kafka.Reader{Endpoint: r.Endpoint, Topic: output, Run: r.Run, Recorder: w, Clock: r.clock, Tracker: r.tracker}
	ended := make(chan error, 1)
	go func() {
		ended <- reader.Observe(tail, history.Session{Session: 1, Sink: "out", View: history.Committed, Purpose: history.Tail})
	}()
	defer func() { stop(); <-ended }()

	warm, steady, full := loads(cfg)
	processor := ProcessCPU(pid)
	for i, l := range []workload.Load{warm, steady, full} {
		settle()
		progress := &workload.Progress{}
		usedBefore, err := used(processor, r.Broker)
		if err != nil {
			return err
		}
		began := r.clock.Now()
		if err := r.drive(ctx, workload.DriveConfig{
			Run: r.Run, Seed: r.Seed, Load: l, After: []workload.Load{warm, steady, full}[:i],
			Sources: []workload.Source{producer}, Recorder: w, Clock: r.clock, AnswerWait: time.Minute,
			Trackers: []*workload.Tracker{r.tracker}, Progress: progress,
		}); err != nil {
			return err
		}
		if i == steadyWriter {
			c.Late = progress.Late.Load()
		}
		if i < 2 {
			continue
		}
		c.RecordsPerS = float64(l.Records) / time.Duration(r.tracker.LastNew()-began).Seconds()
		usedAfter, err := used(processor, r.Broker)
		if err != nil {
			return err
		}
		c.ProcessorCPU = (usedAfter[0] - usedBefore[0]).Seconds() * 1e6 / float64(l.Records)
		c.BrokerCPU = (usedAfter[1] - usedBefore[1]).Seconds() * 1e6 / float64(l.Records)
	}
	if r.tracker.Again() > 0 {
		return fmt.Errorf("the processor repeated %d records, and nothing was broken", r.tracker.Again())
	}
	return nil
}

// used is the processor time of the processor and of the broker so far.
func used(processor, broker func() (time.Duration, error)) (both [2]time.Duration, err error) {
	if both[0], err = processor(); err != nil {
		return both, fmt.Errorf("the processor has ended: %w", err)
	}
	if broker != nil {
		both[1], err = broker()
	}
	return both, err
}

// drive offers a load and waits until all of it has come out.
func (r *round) drive(ctx context.Context, cfg workload.DriveConfig) error {
	if err := workload.Drive(ctx, cfg); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, throughWithin)
	defer cancel()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for !r.tracker.Complete() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("%d acknowledged records did not come out of the processor: %w", r.tracker.Missing(), ctx.Err())
		}
	}
	return nil
}

// latencies reads from the history what each record of the steady load took.
func latencies(dir history.Dir, c *Cost) error {
	h, err := history.Open(string(dir))
	if err != nil {
		return err
	}
	defer func() { _ = h.Close() }()
	intended := map[history.Name][]history.Nanos{}
	all := workload.NewLatencies()
	var rec history.Record
	for err = h.Next(&rec); err == nil; err = h.Next(&rec) {
		switch rec.Kind {
		case history.KindIntent:
			if v := rec.Intent; v.Writer == steadyWriter {
				intended[v.Key] = append(intended[v.Key], v.Intended)
			}
		case history.KindObservation:
			v := rec.Observation
			if due := intended[v.Key]; v.Seq >= 0 && v.Seq < int64(len(due)) {
				all.Add(time.Duration(v.At - due[v.Seq]))
			}
		}
	}
	if !errors.Is(err, io.EOF) {
		return err
	}
	s := all.Summary()
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	c.P50, c.P99, c.Max, c.Measured = ms(s.P50), ms(s.P99), ms(s.Max), s.Count
	return nil
}

// start runs a reference processor as a process of its own.
func start(cfg GuaranteeConfig, g Guarantee, input, output, group string) (*exec.Cmd, error) {
	argv := append(append([]string{}, cfg.Self...), "processor", g.Processor)
	cmd := exec.Command(argv[0], argv[1:]...) //nolint:gosec // this program
	cmd.Env = append(os.Environ(),
		"SURETY_BOOTSTRAP="+strings.Join(cfg.Endpoint.Seeds, ","), "SURETY_INPUT="+input, "SURETY_OUTPUT="+output, "SURETY_GROUP="+group)
	if g.Interval > 0 {
		cmd.Env = append(cmd.Env, "SURETY_COMMIT_INTERVAL="+g.Interval.String())
	}
	cmd.Stderr = cfg.Log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // an interrupt is for us
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the processor %s: %w", g.Processor, err)
	}
	return cmd, nil
}

// endWithin is how long a processor may take to leave.
const endWithin = 15 * time.Second

func end(p *exec.Cmd) error {
	_ = p.Process.Signal(syscall.SIGTERM) // one that is gone is told by Wait
	late := time.AfterFunc(endWithin, func() { _ = p.Process.Kill() })
	defer late.Stop()
	if err := p.Wait(); err != nil {
		return fmt.Errorf("the processor: %w", err)
	}
	return nil
}
