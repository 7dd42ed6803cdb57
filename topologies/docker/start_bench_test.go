package docker_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"surety/topologies"
	"surety/topologies/docker"
	"surety/topologies/docker/engine"
	"surety/workload/kafka"
)

// BenchmarkStart measures three brokers with two processors from nothing to a topic
// with all replicas in sync, the same on a cluster that is there, and the removal:
// medians in milliseconds; and the resident memory that a broker took at most. A
// first round, which is not measured, makes what images are not there.
//
//	go test -run '^$' -bench BenchmarkStart -benchtime 5x ./topologies/docker
func BenchmarkStart(b *testing.B) {
	e, err := engine.Open(b.Context())
	if err != nil {
		if os.Getenv("SURETY_REQUIRE_DOCKER") == "1" {
			b.Fatal(err)
		}
		fmt.Fprintf(os.Stderr, "SKIPPED, no containers here: %v\n", err)
		b.SkipNow()
	}
	b.Cleanup(func() { _ = e.Close() })
	spec := topologies.Spec{
		Provider:   "docker",
		Broker:     topologies.BrokerSpec{Kind: "kafka", Nodes: 3},
		Processors: []topologies.ProcessorSpec{{Name: "processor", Reference: "at-least-once", Instances: 2}},
	}
	verify, err := topologies.Self(b.Context(), e.Arch)
	if err != nil {
		b.Fatal(err)
	}
	provider := docker.NewOf(verify)
	var start, reuse, leave, tearDown, memory []float64
	round := func(run string) {
		began := time.Now()
		cl, err := provider.Cluster(b.Context(), spec, topologies.Env{Run: run, Dir: b.TempDir()})
		if cl != nil {
			b.Cleanup(func() { _ = cl.Close(context.Background()) })
		}
		if err != nil {
			b.Fatal(err)
		}
		for nth, took := range []*[]float64{&start, &reuse} {
			if nth > 0 {
				began = time.Now()
			}
			t, err := cl.Join(b.Context(), spec, topologies.Env{Run: run, Dir: b.TempDir()})
			if err == nil {
				err = topicServed(b.Context(), t, fmt.Sprintf("topic-%d", nth))
			}
			if err != nil {
				b.Fatal(err)
			}
			*took = append(*took, milliseconds(began))
			began = time.Now()
			if err := t.Close(b.Context()); err != nil {
				b.Fatal(err)
			}
			leave = append(leave, milliseconds(began))
			memory = append(memory, largest(b, t))
		}
		began = time.Now()
		if err := cl.Close(b.Context()); err != nil {
			b.Fatal(err)
		}
		tearDown = append(tearDown, milliseconds(began))
	}
	round(fmt.Sprintf("b%d", os.Getpid())) // makes the images that are not there
	start, reuse, leave, tearDown, memory = nil, nil, nil, nil, nil
	for i := 0; b.Loop(); i++ {
		round(fmt.Sprintf("b%d-%d", os.Getpid(), i))
	}
	b.ReportMetric(0, "ns/op") // all of it together says nothing
	for name, values := range map[string][]float64{
		"start-ms": start, "reuse-ms": reuse, "leave-ms": leave, "tear-down-ms": tearDown,
	} {
		b.ReportMetric(median(values), name)
	}
	b.ReportMetric(slices.Max(memory), "peak-MiB/broker")
}

// topicServed makes a topic and writes to it by the drive view.
func topicServed(ctx context.Context, t topologies.Topology, name string) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	admin, err := kafka.NewAdmin(t.Brokers(topologies.Observe))
	if err != nil {
		return err
	}
	defer admin.Close()
	if err := admin.CreateTopics(ctx, kafka.TopicSpec{Name: name, Partitions: 6, ReplicationFactor: 3}); err != nil {
		return err
	}
	cl, err := kgo.NewClient(kgo.SeedBrokers(t.Brokers(topologies.Drive).Seeds...), kgo.DefaultProduceTopic(name))
	if err != nil {
		return err
	}
	defer cl.Close()
	return cl.ProduceSync(ctx, kgo.StringRecord("served")).FirstErr()
}

// largest is the peak of the resident memory of any broker, in MiB; 0 where this
// machine does not tell.
func largest(b *testing.B, t topologies.Topology) float64 {
	b.Helper()
	most := 0.0
	for _, n := range t.Nodes() {
		if n.Kind() != topologies.BrokerNode {
			continue
		}
		s, err := n.(topologies.Stater).State(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		peak, err := peakOf(s.PID)
		if err != nil {
			b.Log(err)
		}
		most = max(most, peak)
	}
	return most
}

// peakOf reads VmHWM of proc_pid_status(5).
func peakOf(pid int) (float64, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	for line := range bytes.Lines(status) {
		if size, ok := strings.CutPrefix(string(line), "VmHWM:"); ok {
			kib, err := strconv.ParseFloat(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(size), "kB")), 64)
			return kib / 1024, err
		}
	}
	return 0, errors.New("the system does not tell the peak of a process's memory")
}

func milliseconds(began time.Time) float64 { return float64(time.Since(began).Milliseconds()) }

func median(values []float64) float64 {
	slices.Sort(values)
	n := len(values)
	return (values[(n-1)/2] + values[n/2]) / 2
}
