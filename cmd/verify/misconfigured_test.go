package main

import (
	"encoding/json"
	"testing"
)

// The wrong settings of clients are caught on emulated brokers as well, each with its
// class, and the right ones are upheld.
func TestWrongSettingsOfClientsAreCaught(t *testing.T) {
	t.Parallel()
	got := verify(t, "run", "misconfigured-clients", "--seed", "7c1e04", "--json", "--out", t.TempDir())
	if got.code != exitUpheld {
		t.Fatalf("exit code %d\n%s\n%s", got.code, got.stdout, got.stderr)
	}
	for _, s := range document(t, got.stdout).Scenarios {
		if !s.Met {
			t.Errorf("%s is %s", s.Name, s.Verdict)
		}
	}
	// What a subscriber was not given was lost behind the log, and by no processor.
	var origins struct {
		Scenarios []struct {
			Name  string
			Sinks []struct {
				Origins map[string]int64 `json:"origins"`
			}
		}
	}
	if err := json.Unmarshal([]byte(got.stdout), &origins); err != nil {
		t.Fatal(err)
	}
	for _, s := range origins.Scenarios {
		if s.Name == "offset-reset-latest" && (len(s.Sinks) != 1 || s.Sinks[0].Origins["sink"] == 0 || len(s.Sinks[0].Origins) != 1) {
			t.Errorf("%s: the origins are %+v", s.Name, s.Sinks)
		}
	}
}

// The shape of Kafka's own transactions test, small: with transactions nothing is
// lost, doubled or reordered, without them there are duplicates.
func TestTransactionsSurviveBouncesOfClients(t *testing.T) {
	t.Parallel()
	got := verify(t, "run", "kafka-transactions-quick", "--seed", "7c1e04", "--json", "--out", t.TempDir())
	if got.code != exitUpheld {
		t.Fatalf("exit code %d\n%s\n%s", got.code, got.stdout, got.stderr)
	}
	for _, s := range document(t, got.stdout).Scenarios {
		want := s.Name == "transactions-small-at-least-once"
		if has := s.Counts["duplicated"] > 0; has != want || s.Counts["lost"]+s.Counts["reordered"] > 0 || s.Examined.OK != 8000 {
			t.Errorf("%s: %v of %+v", s.Name, s.Counts, s.Examined)
		}
	}
}
