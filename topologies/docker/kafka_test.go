package docker

import (
	"strings"
	"testing"
)

func parse(t *testing.T, text string) map[string]string {
	t.Helper()
	m := map[string]string{}
	for line := range strings.Lines(text) {
		name, value, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
		if !ok {
			t.Fatalf("line %q is no setting", line)
		}
		if _, twice := m[name]; twice {
			t.Errorf("setting %s is there twice", name)
		}
		m[name] = value
	}
	return m
}

func TestPropertiesOfAClusterOfThree(t *testing.T) {
	l, err := plan(specOf(3), "r")
	if err != nil {
		t.Fatal(err)
	}
	b := l.brokers[1]
	b.ports.drive = "127.0.0.1:20001"
	got := parse(t, properties(b, l.brokers, nil))
	for name, want := range map[string]string{
		"process.roles":            "broker,controller",
		"node.id":                  "2",
		"controller.quorum.voters": "1@broker-1:9093,2@broker-2:9093,3@broker-3:9093",
		"listeners":                "NODE://broker-2:9092,CONTROLLER://broker-2:9093,DRIVER://broker-2:9094",
		"advertised.listeners":     "NODE://broker-2:9092,DRIVER://127.0.0.1:20001",
		// What is promised to clients must be as in production.
		"default.replication.factor":               "3",
		"min.insync.replicas":                      "2",
		"offsets.topic.replication.factor":         "3",
		"transaction.state.log.replication.factor": "3",
		"transaction.state.log.min.isr":            "2",
		"unclean.leader.election.enable":           "false",
		"group.min.session.timeout.ms":             "1000",
	} {
		if got[name] != want {
			t.Errorf("%s=%s, want %s", name, got[name], want)
		}
	}
	if !strings.HasPrefix(got["log.dirs"], "/var/lib/kafka/data/") {
		t.Errorf("log.dirs=%s is not below the official image's volume", got["log.dirs"])
	}
}

func TestPropertiesOfASmallClusterAskForNoMoreReplicasThanThereAre(t *testing.T) {
	for _, tt := range []struct {
		brokers             int
		replicas, minInSync string
	}{{1, "1", "1"}, {2, "2", "2"}, {5, "3", "2"}} {
		l, err := plan(specOf(tt.brokers), "r")
		if err != nil {
			t.Fatal(err)
		}
		got := parse(t, properties(l.brokers[0], l.brokers, nil))
		if got["default.replication.factor"] != tt.replicas || got["min.insync.replicas"] != tt.minInSync {
			t.Errorf("%d brokers: replicas %s, in sync %s; want %s, %s", tt.brokers,
				got["default.replication.factor"], got["min.insync.replicas"], tt.replicas, tt.minInSync)
		}
	}
}

func TestSettingsOfTheSpecComeOverOurs(t *testing.T) {
	l, err := plan(specOf(1), "r")
	if err != nil {
		t.Fatal(err)
	}
	got := parse(t, properties(l.brokers[0], l.brokers, map[string]string{
		"min.insync.replicas": "1", "message.max.bytes": "5", "x": " a\\b\nc",
	}))
	for name, want := range map[string]string{"min.insync.replicas": "1", "message.max.bytes": "5", "x": `\ a\\b\nc`} {
		if got[name] != want {
			t.Errorf("%s=%q, want %q", name, got[name], want)
		}
	}
}

func TestOwnedSettingsAreAllRendered(t *testing.T) {
	l, err := plan(specOf(1), "r")
	if err != nil {
		t.Fatal(err)
	}
	got := parse(t, properties(l.brokers[0], l.brokers, nil))
	for _, name := range owned {
		if _, ok := got[name]; !ok {
			t.Errorf("%s is refused to users and not set by us", name)
		}
	}
}

func TestClusterIDIsAKafkaUUID(t *testing.T) {
	one, other := clusterID("a"), clusterID("b")
	if len(one) != 22 || one == other || one != clusterID("a") {
		t.Errorf("ids %q and %q: want 22 characters that depend on the run alone", one, other)
	}
}

func TestStartFormatsOnceAndNeedsOnlyAShell(t *testing.T) {
	c := startCommand("r")
	if len(c) != 3 || c[0] != "sh" || c[1] != "-c" {
		t.Fatalf("command %q", c)
	}
	for _, part := range []string{
		"if [ ! -f " + logDir + "/meta.properties ]", // a restart keeps the disk
		"kafka.tools.StorageTool format", "--cluster-id=" + clusterID("r"),
		"exec java", // SIGTERM must reach the broker
	} {
		if !strings.Contains(c[2], part) {
			t.Errorf("the script does not contain %q:\n%s", part, c[2])
		}
	}
}
