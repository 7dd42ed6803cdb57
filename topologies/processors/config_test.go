package processors

import (
	"reflect"
	"strings"
	"testing"
	"time"
)

func environment(pairs ...string) func(string) string {
	env := map[string]string{
		"SURETY_BOOTSTRAP": "a:1, b:2", "SURETY_INPUT": "in", "SURETY_OUTPUT": "out", "SURETY_GROUP": "g",
	}
	for i := 0; i < len(pairs); i += 2 {
		env[pairs[i]] = pairs[i+1]
	}
	return func(name string) string { return env[name] }
}

func TestConfigFromEnvFillsDefaults(t *testing.T) {
	got, err := ConfigFromEnv(environment())
	want := Config{
		Bootstrap: []string{"a:1", "b:2"}, Input: "in", Output: "out", Group: "g",
		Instance: 1, Name: "processor-1",
		SessionTimeout: 6 * time.Second, Heartbeat: 1200 * time.Millisecond, TransactionTimeout: 10 * time.Second,
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
}

func TestConfigFromEnvTakesWhatIsSet(t *testing.T) {
	got, err := ConfigFromEnv(environment(
		"SURETY_INSTANCE", "3", "SURETY_NAME", "p-3", "SURETY_RUN", "r", "SURETY_DIR", "/d",
		"SURETY_SESSION_TIMEOUT", "1500ms", "SURETY_HEARTBEAT", "200ms", "SURETY_COMMIT_INTERVAL", "1s",
		"SURETY_TRANSACTION_TIMEOUT", "20s", "SURETY_WORK", "5ms", "SURETY_PATIENCE", "2s"))
	want := Config{
		Bootstrap: []string{"a:1", "b:2"}, Input: "in", Output: "out", Group: "g",
		Instance: 3, Name: "p-3", Run: "r", Dir: "/d",
		SessionTimeout: 1500 * time.Millisecond, Heartbeat: 200 * time.Millisecond, CommitInterval: time.Second,
		TransactionTimeout: 20 * time.Second, Work: 5 * time.Millisecond, Patience: 2 * time.Second,
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
}

func TestConfigFromEnvRefusesWhatIsWrong(t *testing.T) {
	for _, tc := range []struct{ name, value, says, reason string }{
		{"SURETY_BOOTSTRAP", "", "SURETY_BOOTSTRAP is not set", "nowhere to connect to"},
		{"SURETY_BOOTSTRAP", " , ", "SURETY_BOOTSTRAP names no address", "only separators"},
		{"SURETY_INPUT", "", "SURETY_INPUT is not set", "nothing to read"},
		{"SURETY_OUTPUT", "", "SURETY_OUTPUT is not set", "nowhere to write"},
		{"SURETY_GROUP", "", "SURETY_GROUP is not set", "no group"},
		{"SURETY_INSTANCE", "zero", "SURETY_INSTANCE is \"zero\"", "not a number"},
		{"SURETY_INSTANCE", "0", "a number from 1", "instances count from 1"},
		{"SURETY_SESSION_TIMEOUT", "6", "SURETY_SESSION_TIMEOUT is \"6\": it must be a duration", "a unit is missing"},
		{"SURETY_SESSION_TIMEOUT", "0s", "at least 1ms", "no session at all"},
		{"SURETY_WORK", "-1s", "SURETY_WORK is -1s", "negative"},
		{"SURETY_HEARTBEAT", "6s", "less than SURETY_SESSION_TIMEOUT", "the session would end between two heartbeats"},
	} {
		_, err := ConfigFromEnv(environment(tc.name, tc.value))
		if err == nil || !strings.Contains(err.Error(), tc.says) {
			t.Errorf("%s=%q: got %v, want %q: %s", tc.name, tc.value, err, tc.says, tc.reason)
		}
	}
}
