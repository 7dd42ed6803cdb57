package engines

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"surety/topologies"
)

func TestFlinkIsAJobManagerBesideItsTaskManagers(t *testing.T) {
	out := flink{}.Processors(topologies.ProcessorSpec{
		Name: "counter", Instances: 3,
		Env: map[string]string{"SURETY_WINDOW": "500ms", "SURETY_LATENESS": "2s"},
		Engine: &topologies.EngineSpec{Kind: "flink", Version: "2.1.0", Job: "window", Guarantee: "AT_LEAST_ONCE", Settings: map[string]string{
			"execution.checkpointing.interval": "", "sink.linger.ms": "5", "source.enable.auto.commit": "true", "state.backend.type": "rocksdb",
		}},
	})
	if len(out) != 2 {
		t.Fatalf("%d processors", len(out))
	}
	tm, jm := out[0], out[1]
	if tm.Name != "counter" || tm.Instances != 3 || tm.Vital != "" || jm.Name != "counter-jobmanager" || jm.Instances != 1 || jm.Vital == "" {
		t.Errorf("%s, %d instances (%q); %s, %d instances (%q)", tm.Name, tm.Instances, tm.Vital, jm.Name, jm.Instances, jm.Vital)
	}
	if ports := slices.Concat(tm.Ports, jm.Ports); !slices.Equal(ports, []topologies.Port{{Name: "rpc", Number: 6122}, {Name: "data", Number: 6121}, {Name: "rpc", Number: 6123}, {Name: "blob", Number: 6124}}) {
		t.Errorf("their peers reach %v", ports)
	}
	if !maps.Equal(tm.Files, jm.Files) {
		t.Error("the two are told different things")
	}
	for _, tt := range []struct {
		why, file, line string
		there           bool
	}{
		{"the job manager by its own node's name", "config.yaml", `jobmanager.rpc.address: "counter-jobmanager-1"`, true},
		{"a setting of Flink", "config.yaml", `state.backend.type: "rocksdb"`, true},
		{"a setting that is taken back", "config.yaml", "execution.checkpointing.interval", false},
		{"a setting of the sink's producer is none of Flink", "config.yaml", "linger.ms", false},
		{"it is the job's", "job.properties", "sink.linger.ms=5", true},
		{"and the source's", "job.properties", "source.enable.auto.commit=true", true},
		{"transactions that brokers allow", "job.properties", "sink.transaction.timeout.ms=60000", true},
		{"windows as the sink is judged by", "job.properties", "size=500", true},
		{"and their lateness", "job.properties", "lateness=2000", true},
	} {
		if there := strings.Contains(tm.Files[flinkDir+tt.file], tt.line); there != tt.there {
			t.Errorf("%s: %s has %q: %t, want %t", tt.why, tt.file, tt.line, there, tt.there)
		}
	}
}

func TestFlinkTellsOfItself(t *testing.T) {
	at := time.Date(2026, 11, 21, 12, 0, 1, 123e6, time.UTC)
	const stamp = "2026-11-21T12:00:01.123Z INFO  "
	for _, tt := range []struct {
		reason, line string
		want         Signal
	}{
		{"a change of state", stamp + "ExecutionGraph - Job group-1 (0c1d) switched from state RUNNING to RESTARTING.", Signal{"state", "RESTARTING", at}},
		{"a checkpoint", stamp + "CheckpointCoordinator - Completed checkpoint 12 for job 0c1d (4321 bytes, checkpointDuration=31 ms, finalizationTime=2 ms).", Signal{"checkpoint", "12, 4321 bytes", at}},
		{"a checkpoint that took too long", stamp + "CheckpointFailureManager - Checkpoint 13 of job 0c1d expired before completing.", Signal{"checkpoint-failed", "Checkpoint 13 of job 0c1d expired before completing", at}},
		{"a transaction whose records are lost", stamp + "KafkaCommitter - Unable to commit transaction (CommitRequestImpl{state=RECEIVED, numRetries=0, committable=KafkaCommittable{producerId=56, epoch=0, transactionalId='group-1-0-9', producer=null}}) because its producer is already fenced.", Signal{"commit-failed", "group-1-0-9", at}},
		{"a restart from a checkpoint", stamp + "CheckpointCoordinator - Restoring job 0c1d from Checkpoint 12 @ 1790000000000 for 0c1d located at <checkpoint-not-externally-addressable>.", Signal{"restored", "Checkpoint 12", at}},
		{"the state of a task is not that of the job", stamp + "ExecutionGraph - Source: source -> identity -> sink: Writer (1/2) (a_b_0_0) switched from DEPLOYING to INITIALIZING.", Signal{}},
		{"anything else", "Picked up JAVA_TOOL_OPTIONS", Signal{}},
	} {
		got, ok := flink{}.Signal(tt.line)
		if got != tt.want || ok != (tt.want.Name != "") {
			t.Errorf("%s: %+v, %t; want %+v", tt.reason, got, ok, tt.want)
		}
	}
}
