package main

import (
	"errors"
	"os"
	"strings"
	"testing"

	"surety/topologies"
	"surety/topologies/docker/engine"
	"surety/topologies/images"
)

// A job whose transactions would live longer than the brokers allow is RUNNING by its
// REST API and never writes a record.
func TestContainersARestartLoopOfFlinkIsExplained(t *testing.T) {
	withFlink(t)
	got := verify(t, "run", "flink-transaction-timeout-above-brokers", "--seed", "1", "--out", t.TempDir())
	if got.code != exitEnvironment {
		t.Errorf("exit code %d", got.code)
	}
	for _, says := range []string{
		"restarts in a loop, though its REST API says",
		"The transaction timeout is larger than the maximum value allowed by the broker",
		"set sink.transaction.timeout.ms to no more than the brokers' transaction.max.timeout.ms",
	} {
		if !strings.Contains(got.stdout+got.stderr, says) {
			t.Errorf("it does not say %q", says)
		}
	}
	if t.Failed() {
		t.Logf("%s\n%s", got.stdout, got.stderr)
	}
}

// withFlink skips the test aloud where there are no containers or no image of Flink, or
// fails it where they must be.
func withFlink(t *testing.T) {
	t.Helper()
	e, err := engine.Open(t.Context())
	if err == nil {
		defer func() { _ = e.Close() }()
		var r images.Recipe
		if r, err = images.Find("flink"); err == nil {
			_, err = r.Choose(t.Context(), e, "", "")
		}
	}
	if err == nil {
		return
	}
	_, lacks := errors.AsType[*topologies.EnvironmentError](err)
	if !lacks || os.Getenv("SURETY_REQUIRE_DOCKER") == "1" {
		t.Fatal(err)
	}
	t.Skipf("SKIPPED, no Flink in containers here: %v", err)
}
