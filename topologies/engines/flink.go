package engines

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"surety/topologies"
)

// flink is Apache Flink as a session cluster: a job manager beside the task managers,
// which are the instances, and one job that is run when they are there.
type flink struct{}

var (
	_ Engine    = flink{}
	_ Signaller = flink{}
)

func (flink) Name() string { return FlinkKind }
func (flink) About() string {
	return "Apache Flink: a job manager, and the instances as task managers with a job on them"
}
func (flink) Versions() []string { return []string{"2.1.0"} }

func (flink) Jobs() []Job {
	return []Job{
		{Name: "identity", About: "every record comes out as it went in", Oracle: "identity"},
		{Name: "count", About: "counts the records of each key in keyed state", Oracle: "count"},
		{Name: "window", About: "counts in tumbling windows of event time with an allowed lateness", Oracle: "window"},
	}
}

// Guarantees are those of KafkaSink. NONE promises neither that records come out nor
// that they do so once, but is taken to be meant as the next better one.
func (flink) Guarantees() []Guarantee {
	return []Guarantee{
		{Name: "EXACTLY_ONCE", Delivery: "exactly-once"},
		{Name: "AT_LEAST_ONCE", Delivery: "at-least-once"},
		{Name: "NONE", Delivery: "at-least-once"},
	}
}

// What the harness must know to run a job and to ask for it.
const (
	// FlinkKind is the name of the engine.
	FlinkKind = "flink"
	// FlinkManager ends the name of the processor that is the job manager.
	FlinkManager = "-jobmanager"
	// FlinkREST is the port of its REST API.
	FlinkREST = 8081
	// FlinkJar is the job, as the API lists it, FlinkClass its program, and FlinkJob the
	// file that tells it what to do.
	FlinkJar   = "surety_job.jar"
	FlinkClass = "surety.Job"
	FlinkJob   = flinkDir + "job.properties"
	// FlinkSlots are the tasks that a task manager has room for.
	FlinkSlots = 2
)

const flinkDir = "/etc/surety/"

// The ports of Flink's processes, none of which is drawn by chance.
const (
	flinkRPC      = 6123 // of the job manager
	flinkBlob     = 6124
	flinkTaskRPC  = 6122 // of task managers
	flinkTaskData = 6121
)

// Settings of the sink's producer and of the source's consumer are told apart from
// those of Flink by how their names begin.
const (
	flinkSink   = "sink."
	flinkSource = "source."
)

func (flink) Owns() []string {
	return []string{
		"jobmanager.rpc.address", "jobmanager.rpc.port", "jobmanager.bind-host", "rest.address", "rest.bind-address", "rest.port",
		"blob.server.port", "taskmanager.host", "taskmanager.bind-host", "taskmanager.rpc.port", "taskmanager.data.port",
		"taskmanager.resource-id", "taskmanager.numberOfTaskSlots", "parallelism.default", "web.upload.dir",
		"sink.bootstrap.servers", "source.bootstrap.servers", "source.group.id", "sink.transactional.id",
	}
}

// Processors gives the job manager and the task managers. What is not Flink's own
// default is there for one of two reasons: every port and every part of the memory
// wants a number where no script of the distribution draws it, and a failure is to be
// noticed in seconds, as a scenario lasts no longer. A transaction lives for a minute:
// the sink's own default, an hour, is more than brokers allow.
func (flink) Processors(of topologies.ProcessorSpec) []topologies.ProcessorSpec {
	manager := of.Name + FlinkManager
	set := map[string]string{
		"jobmanager.rpc.address": manager + "-1", "jobmanager.rpc.port": strconv.Itoa(flinkRPC), "jobmanager.bind-host": "0.0.0.0",
		"rest.address": manager + "-1", "rest.bind-address": "0.0.0.0", "rest.port": strconv.Itoa(FlinkREST),
		"blob.server.port": strconv.Itoa(flinkBlob), "web.upload.dir": "/opt/surety", "web.exception-history-size": "200",

		// A program of a gateway's namespace listens on its own name where peers have the
		// same port.
		"taskmanager.host": "{{.Name}}", "taskmanager.bind-host": "{{.Name}}", "taskmanager.resource-id": "{{.Name}}",
		"taskmanager.rpc.port": strconv.Itoa(flinkTaskRPC), "taskmanager.data.port": strconv.Itoa(flinkTaskData),
		"taskmanager.numberOfTaskSlots": strconv.Itoa(FlinkSlots),
		"taskmanager.load-balance.mode": "SLOTS", // else one task manager may have all tasks

		"metrics.fetcher.update-interval": "0", "metrics.internal.query-service.port": "6125",

		"taskmanager.cpu.cores":               "1.0",
		"taskmanager.memory.task.heap.size":   "128mb",
		"taskmanager.memory.managed.size":     "32mb",
		"taskmanager.memory.network.min":      "32mb",
		"taskmanager.memory.network.max":      "32mb",
		"taskmanager.memory.jvm-overhead.min": "64mb", "taskmanager.memory.jvm-overhead.max": "64mb",
		"taskmanager.memory.task.off-heap.size": "0mb", "taskmanager.memory.jvm-metaspace.size": "128mb",
		"taskmanager.memory.framework.heap.size": "64mb", "taskmanager.memory.framework.off-heap.size": "64mb",

		"heartbeat.interval": "1000", "heartbeat.timeout": "5000",
		"cluster.registration.error-delay": "500", "cluster.registration.initial-timeout": "200", "cluster.registration.max-timeout": "2000",
		// With less the job is put on the dead task manager once more.
		"restart-strategy.type": "fixed-delay", "restart-strategy.fixed-delay.attempts": "1000", "restart-strategy.fixed-delay.delay": "2 s",
		"execution.checkpointing.interval": "1 s", "execution.checkpointing.storage": "jobmanager",
	}
	job := map[string]string{
		"bootstrap": "{{.Bootstrap}}", "input": "{{.Input}}", "output": "{{.Output}}", "group": "{{.Group}}",
		"job": of.Engine.Job, "guarantee": of.Engine.Guarantee,
		"sink.transaction.timeout.ms": "60000",
	}
	for place, name := range map[string]string{"SURETY_WINDOW": "size", "SURETY_LATENESS": "lateness"} {
		if d, err := time.ParseDuration(of.Env[place]); err == nil {
			job[name] = milliseconds(d)
		}
	}
	for name, value := range of.Engine.Settings {
		into := set
		if strings.HasPrefix(name, flinkSink) || strings.HasPrefix(name, flinkSource) {
			into = job
		}
		if into[name] = value; value == "" { // back to Flink's own default
			delete(into, name)
		}
	}
	files := maps.Clone(of.Files)
	if files == nil {
		files = map[string]string{}
	}
	files[flinkDir+"config.yaml"], files[flinkDir+"log4j2.properties"], files[FlinkJob] = flinkConfig(set), flinkLog, properties(job)
	of.Recipe, of.Files = "flink="+of.Engine.Version, files

	jm := of
	jm.Name, jm.Instances, jm.Spare, jm.Versions = manager, 1, 0, nil
	jm.Command = flinkCommand("org.apache.flink.runtime.entrypoint.StandaloneSessionClusterEntrypoint", "-Xmx384m")
	jm.Vital = "without high availability (ZooKeeper or Kubernetes) a job manager that ends has lost its job, and nobody submits it again"
	jm.Ports = []topologies.Port{{Name: "rpc", Number: flinkRPC}, {Name: "blob", Number: flinkBlob}}
	tm := of
	tm.Command = flinkCommand("org.apache.flink.runtime.taskexecutor.TaskManagerRunner", "-Xms128m", "-Xmx320m", "-XX:MaxDirectMemorySize=192m")
	tm.Ports = []topologies.Port{{Name: "rpc", Number: flinkTaskRPC}, {Name: "data", Number: flinkTaskData}}
	return []topologies.ProcessorSpec{tm, jm}
}

// flinkCommand runs a class of /opt/flink/lib, where the official image has its jars
// too. Flink reflects on the two packages that are opened.
func flinkCommand(class string, memory ...string) []string {
	return slices.Concat([]string{"java"}, memory, []string{
		"-XX:MaxMetaspaceSize=256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData", "-Xshare:auto",
		"--add-opens=java.base/java.lang=ALL-UNNAMED", "--add-opens=java.base/java.util=ALL-UNNAMED",
		"-Dlog4j2.configurationFile=file:" + flinkDir + "log4j2.properties",
		"-cp", "/opt/flink/lib/*", class, "--configDir", flinkDir,
	})
}

// flinkConfig is a config.yaml with a line for each setting.
func flinkConfig(set map[string]string) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(set)) {
		fmt.Fprintf(&b, "%s: %s\n", name, strconv.Quote(set[name]))
	}
	return b.String()
}

// flinkLog makes the processes log to their standard output.
const flinkLog = `rootLogger.level = INFO
rootLogger.appenderRef.console.ref = console
appender.console.name = console
appender.console.type = CONSOLE
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d{yyyy-MM-dd'T'HH:mm:ss.SSSXXX} %-5p %c{1} - %m%n
logger.kafka.name = org.apache.kafka
logger.kafka.level = WARN
logger.pekko.name = org.apache.pekko
logger.pekko.level = WARN
`

// What the job manager logs of its job, and a task manager of transactions that a
// checkpoint says are written and the brokers have given up, by the words of version 2.1.
var flinkLines = []struct {
	signal string
	line   *regexp.Regexp
}{
	{"state", regexp.MustCompile(`Job \S+ \(\w+\) switched from state \w+ to (\w+)\.`)},
	{"checkpoint", regexp.MustCompile(`Completed checkpoint (\d+) for job \w+ \((\d+ bytes)`)},
	{"checkpoint-failed", regexp.MustCompile(`(Checkpoint \d+ of job \w+ expired before completing)`)},
	{"commit-failed", regexp.MustCompile(`KafkaCommitter - Unable to commit transaction .*transactionalId='([^']+)'`)},
	{"restored", regexp.MustCompile(`Restoring job \w+ from ((?:Checkpoint|Savepoint) \d+)`)},
}

// Signal implements Signaller.
func (flink) Signal(line string) (Signal, bool) {
	for _, l := range flinkLines {
		if m := l.line.FindStringSubmatch(line); m != nil {
			return Signal{Name: l.signal, Text: strings.Join(m[1:], ", "), At: stamped(line)}, true
		}
	}
	return Signal{}, false
}
