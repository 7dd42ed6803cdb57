package engines

import (
	"maps"
	"regexp"
	"strconv"
	"strings"
	"time"

	"surety/topologies"
)

// streams is Kafka Streams: a library, so that each instance is one process and the
// brokers are all that it needs.
type streams struct{}

var (
	_ Engine    = streams{}
	_ Signaller = streams{}
)

func (streams) Name() string { return "streams" }
func (streams) About() string {
	return "Kafka Streams: instances share the partitions of the input as one group"
}
func (streams) Versions() []string { return []string{"4.2.0"} }

func (streams) Jobs() []Job {
	return []Job{
		{Name: "identity", About: "every record comes out as it went in", Oracle: "identity"},
		{Name: "count", About: "counts the records of each key in a store with a changelog", Oracle: "count"},
		{Name: "count-unlogged", About: "counts in a store whose changelog is switched off (Materialized.withLoggingDisabled)", Oracle: "count"},
	}
}

func (streams) Guarantees() []Guarantee {
	return []Guarantee{
		{Name: "exactly_once_v2", Delivery: "exactly-once"},
		{Name: "at_least_once", Delivery: "at-least-once"},
	}
}

func (streams) Owns() []string {
	return []string{"application.id", "bootstrap.servers", "client.id", "processing.guarantee", "state.dir"}
}

// streamsFile is where an instance reads its settings.
const streamsFile = "/etc/surety/streams.properties"

// Processors gives one processor. Its settings are Kafka's own but for timeouts, which
// are the scenario's, and the interval of commits where nothing is exactly once: half a
// minute would be longer than most scenarios.
func (streams) Processors(of topologies.ProcessorSpec) []topologies.ProcessorSpec {
	set := map[string]string{
		"application.id":       "{{.Group}}",
		"bootstrap.servers":    "{{.Bootstrap}}",
		"client.id":            "{{.Name}}",
		"processing.guarantee": of.Engine.Guarantee,
		"state.dir":            "{{.Dir}}/state",
		"auto.offset.reset":    "earliest",
	}
	if of.Engine.Guarantee == "at_least_once" {
		set["commit.interval.ms"] = "500"
	}
	if session, err := time.ParseDuration(of.Env["SURETY_SESSION_TIMEOUT"]); err == nil {
		set["session.timeout.ms"] = milliseconds(session)
		set["heartbeat.interval.ms"] = milliseconds(session / 3)
	}
	if open, err := time.ParseDuration(of.Env["SURETY_TRANSACTION_TIMEOUT"]); err == nil {
		set["producer.transaction.timeout.ms"] = milliseconds(open)
	}
	maps.Copy(set, of.Engine.Settings)
	of.Recipe = "streams=" + of.Engine.Version
	of.Command = []string{
		"java", "-Xms64m", "-Xmx192m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData", "-Xshare:auto",
		"-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
		"-Dorg.slf4j.simpleLogger.log.org.apache.kafka.streams.KafkaStreams=info",
		"-Dorg.slf4j.simpleLogger.log.org.apache.kafka.streams.processor.internals.StreamThread=info",
		"-Dorg.slf4j.simpleLogger.log.org.apache.kafka.clients.consumer.internals.ConsumerCoordinator=info",
		"-Dorg.slf4j.simpleLogger.log.org.apache.kafka.clients.producer.KafkaProducer=info",
		"-Dorg.slf4j.simpleLogger.log.org.apache.kafka.clients.producer.internals.TransactionManager=info",
		"-Dorg.slf4j.simpleLogger.showDateTime=true",
		"-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSSXXX",
		"-cp", "/opt/surety/lib/*", "surety.Streams", of.Engine.Job, streamsFile,
	}
	files := maps.Clone(of.Files)
	if files == nil {
		files = map[string]string{}
	}
	files[streamsFile] = properties(set)
	of.Files = files
	return []topologies.ProcessorSpec{of}
}

func milliseconds(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }

// What the library logs of itself, in the words of version 4.2; uncaught is a line of
// the jobs that come with verify.
var streamsLines = []struct {
	signal string
	line   *regexp.Regexp
}{
	{"state", regexp.MustCompile(`stream-client \[[^\]]*\] State transition from \w+ to (\w+)`)},
	{"rebalance", regexp.MustCompile(`Successfully joined group with generation Generation\{generationId=(\d+)`)},
	{"fenced", regexp.MustCompile(`Detected that the thread is being fenced\. (This implies that this thread missed a rebalance)`)},
	{"abort", regexp.MustCompile(`(Aborting incomplete transaction)`)},
	{"abort", regexp.MustCompile(`Transiting to (?:abortable|fatal) error state due to (?:\w+\.)*(\w+)`)},
	{"thread-replaced", regexp.MustCompile(`(Replacing thread) in the streams uncaught exception handler`)},
	{"exception", regexp.MustCompile(`surety: uncaught (.*)`)},
}

// Signal implements Signaller.
func (streams) Signal(line string) (Signal, bool) {
	for _, l := range streamsLines {
		if m := l.line.FindStringSubmatch(line); m != nil {
			return Signal{Name: l.signal, Text: strings.TrimSpace(m[1]), At: stamped(line)}, true
		}
	}
	return Signal{}, false
}
