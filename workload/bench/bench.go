// Package bench measures what recording and verifying cost, against the bare
// client on the same broker: the legs of a comparison take turns within a round,
// and each round begins with another leg, so that whatever else the machine does
// falls on all of them.
package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"surety/checker/history"
	"surety/topologies"
	"surety/workload"
	"surety/workload/kafka"
)

// Config is one comparison.
type Config struct {
	Endpoint topologies.Endpoint
	// Broker reads the processor time that the broker has used so far; nil = unknown.
	Broker  func() (time.Duration, error)
	Dir     string // for the histories, which are removed after their round
	Run     string // id of the run; names the topics too
	Seed    string
	Size    int   // bytes of a value
	Records int64 // of each leg and round
	Rounds  int
	Changed func(round int, leg string) // nil = nobody watches
}

// How the load is spread. Keys are what order is promised for.
const (
	partitions = 6
	keys       = 1000
	// Buffer is how many records the clients of both kinds hold: the client's own
	// default. More do not make it faster, they only leave the processor's caches.
	Buffer = 10_000
)

// EnoughRecords of a size take a second or more on a machine that can be bought.
func EnoughRecords(size int) int64 { return min(2_000_000, 512<<20/int64(max(size, 1))) }

// Leg is one of the things that are compared.
type Leg struct {
	Name    string
	About   string
	Against string                              // leg that it is compared with; empty = itself one to compare with
	run     func(*round, context.Context) error // a method
}

// Legs are in the order of a first round.
var Legs = []Leg{
	{"produce", "franz-go: each record with a value of its own, errors counted", "", (*round).produce},
	{"produce recorded", "every intent and outcome on disk, latencies, tracker", "produce", (*round).produceRecorded},
	{"read", "franz-go: key and value of each record touched, and counted", "", (*round).read},
	{"read verified", "every observation on disk; loss, duplicates, order per key", "read", (*round).readVerified},
}

// Sample is one leg in one round.
type Sample struct {
	Leg       string  `json:"leg"`
	Round     int     `json:"round"` // from 1
	Seconds   float64 `json:"seconds"`
	ToolCPU   float64 `json:"tool_cpu_seconds"`
	BrokerCPU float64 `json:"broker_cpu_seconds"` // 0 where it is unknown
	// Of the recorded legs.
	HistoryBytes  int64   `json:"history_bytes,omitempty"`
	HistoryWaited float64 `json:"history_wait_seconds,omitempty"`
}

// Run measures all legs in all rounds. A leg that loses, repeats or reorders
// anything is an error: then the figures would be those of something else.
func Run(ctx context.Context, cfg Config) ([]Sample, error) {
	var samples []Sample
	for n := 1; n <= cfg.Rounds; n++ {
		of, err := oneRound(ctx, cfg, n)
		if err != nil {
			return samples, fmt.Errorf("round %d: %w", n, err)
		}
		samples = append(samples, of...)
	}
	return samples, nil
}

// round is what the legs of a round share.
type round struct {
	Config
	n       int
	clock   history.Clock
	tracker *workload.Tracker
	sample  *Sample
}

func (r *round) topic(of string) string { return fmt.Sprintf("%s-%s-%d", r.Run, of, r.n) }

func oneRound(ctx context.Context, cfg Config, n int) ([]Sample, error) {
	r := &round{Config: cfg, n: n, clock: history.NewClock(), tracker: workload.NewTracker(cfg.Records)}
	admin, err := kafka.NewAdmin(cfg.Endpoint)
	if err != nil {
		return nil, err
	}
	defer admin.Close()
	topics := []string{r.topic("bare"), r.topic("recorded")}
	if err := create(ctx, admin, partitions, topics...); err != nil {
		return nil, err
	}
	defer func() {
		// A broker that is gone is told by the legs.
		_ = remove(ctx, admin, topics...)
	}()
	// Those that write come before those that read; who is first alternates.
	order := []int{0, 1, 2, 3}
	if n%2 == 0 {
		order = []int{1, 0, 3, 2}
	}
	var samples []Sample
	for _, i := range order {
		s := Sample{Leg: Legs[i].Name, Round: n}
		if cfg.Changed != nil {
			cfg.Changed(n, s.Leg)
		}
		r.sample = &s
		if err := r.measure(ctx, Legs[i]); err != nil {
			return nil, fmt.Errorf("%s: %w", s.Leg, err)
		}
		samples = append(samples, s)
	}
	return samples, nil
}

// measure runs one leg and takes its times.
func (r *round) measure(ctx context.Context, l Leg) error {
	settle()
	var brokerBefore time.Duration
	if r.Broker != nil {
		var err error
		if brokerBefore, err = r.Broker(); err != nil {
			return err
		}
	}
	toolBefore, began := OwnCPU(), time.Now()
	if err := l.run(r, ctx); err != nil {
		return err
	}
	r.sample.Seconds = time.Since(began).Seconds()
	r.sample.ToolCPU = (OwnCPU() - toolBefore).Seconds()
	if r.Broker != nil {
		after, err := r.Broker()
		if err != nil {
			return err
		}
		r.sample.BrokerCPU = (after - brokerBefore).Seconds()
	}
	return nil
}

// record gives a history for one leg; the returned function closes and removes it.
func (r *round) record() (*history.Writer, func() error, error) {
	w, dir, err := r.history()
	if err != nil {
		return nil, nil, err
	}
	return w, func() error {
		err := w.Close()
		r.sample.HistoryWaited = w.Waited().Seconds()
		if info, statErr := os.Stat(dir.History()); statErr == nil {
			r.sample.HistoryBytes = info.Size()
		}
		return errors.Join(err, os.RemoveAll(string(dir)))
	}, nil
}

// history makes a history that is removed after its round.
func (r *round) history() (*history.Writer, history.Dir, error) {
	dir, err := history.MakeDir(filepath.Join(r.Dir, fmt.Sprintf("round-%d-%d", r.n, time.Now().UnixNano())))
	if err != nil {
		return nil, "", err
	}
	w, err := history.Create(dir, history.Header{Run: r.Run})
	return w, dir, err
}

func create(ctx context.Context, admin *kafka.Admin, partitions int32, topics ...string) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	var specs []kafka.TopicSpec
	for _, t := range topics {
		specs = append(specs, kafka.TopicSpec{Name: t, Partitions: partitions, ReplicationFactor: -1, Config: map[string]string{
			"message.timestamp.type": "CreateTime", // an emulated broker would write every batch anew
			"file.delete.delay.ms":   "1000",       // or the rounds pile up on the disk
		}})
	}
	return admin.CreateTopics(ctx, specs...)
}

func remove(ctx context.Context, admin *kafka.Admin, topics ...string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
	defer cancel()
	return admin.DeleteTopics(ctx, topics...)
}
