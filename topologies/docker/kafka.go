package docker

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// configFile is where a broker reads its settings.
const configFile = "/etc/kafka.properties"

// logDir is below the volume of the official image, not the volume itself: a
// directory that is no partition stops the broker.
const logDir = "/var/lib/kafka/data/logs"

// owned are the settings that the layout of nodes and links depends on.
var owned = []string{
	"process.roles", "node.id", "controller.quorum.voters", "listeners", "advertised.listeners",
	"listener.security.protocol.map", "inter.broker.listener.name", "controller.listener.names", "log.dirs",
}

// quick are the settings of a test cluster: failures are noticed in seconds and
// not in tens of seconds, and a small machine carries three brokers. What is
// promised to clients (replication, acknowledgement, elections) is as in production.
var quick = map[string]string{
	"auto.create.topics.enable":      "false",
	"unclean.leader.election.enable": "false",

	// Failure detection, each about a third of its default.
	"broker.heartbeat.interval.ms": "500",
	"broker.session.timeout.ms":    "3000",
	"replica.lag.time.max.ms":      "5000",
	"replica.socket.timeout.ms":    "5000",

	// Groups: a dead member may be noticed as soon as its client allows.
	"group.initial.rebalance.delay.ms":         "0",
	"group.min.session.timeout.ms":             "1000",
	"group.consumer.min.session.timeout.ms":    "1000",
	"group.consumer.session.timeout.ms":        "6000",
	"group.consumer.min.heartbeat.interval.ms": "200",
	"group.consumer.heartbeat.interval.ms":     "1000",

	// Timed-out transactions are aborted after their timeout, not up to 10 s later.
	"transaction.abort.timed.out.transaction.cleanup.interval.ms": "1000",

	// 50 partitions each by default, which take seconds to create on two cores.
	"offsets.topic.num.partitions":                 "8",
	"transaction.state.log.num.partitions":         "8",
	"share.coordinator.state.topic.num.partitions": "8",

	"num.network.threads":            "2",
	"num.io.threads":                 "4",
	"background.threads":             "2",
	"log.cleaner.dedupe.buffer.size": "4194304", // 128 MiB of the heap by default
	"socket.request.max.bytes":       "104857600",
	"num.partitions":                 "1",
}

// properties renders the settings of one broker, sorted. Settings of the spec
// come over our own.
func properties(h *host, brokers []*host, config map[string]string) string {
	var voters []string
	for _, b := range brokers {
		voters = append(voters, fmt.Sprintf("%d@%s", b.index, address(b.name, controllerPort)))
	}
	all := maps.Clone(quick)
	replicas, inSync := min(3, len(brokers)), min(2, len(brokers))
	for name, value := range map[string]int{
		"default.replication.factor":                       replicas,
		"min.insync.replicas":                              inSync,
		"offsets.topic.replication.factor":                 replicas,
		"transaction.state.log.replication.factor":         replicas,
		"transaction.state.log.min.isr":                    inSync,
		"share.coordinator.state.topic.replication.factor": replicas,
		"share.coordinator.state.topic.min.isr":            inSync,
		"node.id":                                          h.index,
	} {
		all[name] = strconv.Itoa(value)
	}
	maps.Copy(all, map[string]string{
		"process.roles":                  "broker,controller",
		"controller.quorum.voters":       strings.Join(voters, ","),
		"listeners":                      fmt.Sprintf("NODE://%s,CONTROLLER://%s,DRIVER://%s", address(h.name, nodePort), address(h.name, controllerPort), address(h.name, driverPort)),
		"advertised.listeners":           fmt.Sprintf("NODE://%s,DRIVER://%s", address(h.name, nodePort), h.ports.drive),
		"listener.security.protocol.map": "NODE:PLAINTEXT,CONTROLLER:PLAINTEXT,DRIVER:PLAINTEXT",
		"inter.broker.listener.name":     "NODE",
		"controller.listener.names":      "CONTROLLER",
		"log.dirs":                       logDir,
	})
	maps.Copy(all, config)
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(all)) {
		b.WriteString(name + "=" + escape(all[name]) + "\n")
	}
	return b.String()
}

// escape writes a value as java.util.Properties reads it.
func escape(value string) string {
	value = strings.NewReplacer(`\`, `\\`, "\n", `\n`, "\r", `\r`).Replace(value)
	if strings.HasPrefix(value, " ") {
		value = `\` + value
	}
	return value
}

// jvm keeps a broker small and quick to start: the simple collector, no second
// compiler, and whatever logging library the image has at level INFO.
const jvm = "-Xms128m -Xmx320m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:-UsePerfData -Xshare:auto" +
	" -Dorg.slf4j.simpleLogger.showDateTime=true" +
	" -Dorg.slf4j.simpleLogger.dateTimeFormat=HH:mm:ss.SSS" +
	" -Dorg.apache.logging.log4j.level=INFO"

// classArchive holds the classes of a broker, in images that were built here. A
// JVM maps it instead of parsing the jars.
const classArchive = "/opt/kafka/classes.jsa"

// startCommand formats the storage once and becomes the broker. It needs a shell,
// java and the jars in /opt/kafka/libs, and nothing else of the image.
func startCommand(run string) []string {
	script := "set -e\n" +
		"jvm='" + jvm + "'\n" +
		"if [ -f " + classArchive + " ]; then jvm=\"$jvm -XX:SharedArchiveFile=" + classArchive + "\"; fi\n" +
		"if [ ! -f " + logDir + "/meta.properties ]; then\n" +
		"  java $jvm -cp '/opt/kafka/libs/*' kafka.tools.StorageTool format --cluster-id=" + clusterID(run) + " -c " + configFile + "\n" +
		"fi\n" +
		"exec java $jvm -cp '/opt/kafka/libs/*' kafka.Kafka " + configFile + "\n"
	return []string{"sh", "-c", script}
}

// clusterID is the run's id as Kafka writes UUIDs: 16 bytes in URL-safe base64.
func clusterID(run string) string {
	sum := sha256.Sum256([]byte(run))
	return base64.RawURLEncoding.EncodeToString(sum[:16])
}
