package main

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

// What a provider cannot do is said in every output, and nothing is run without it.
func TestUnsupportedIsSaidInEveryOutput(t *testing.T) {
	const processor = "{reference: at-least-once}"
	for _, tt := range []struct {
		why, program, more, flag string
		missing                  []string
		try                      string // empty = no provider can do it
	}{
		{"an emulated broker is not killed", processor, "faults: [{kill: {target: broker/1, at: 30%}}]\n", "", []string{"kill-broker"}, "--provider docker"},
		{"nor stopped, nor loses its disk", processor, "faults: [{stop: {target: broker/1, disk: empty, at: 30%}}]\n", "", []string{"empty-broker-disk", "stop-broker"}, "--provider docker"},
		{"nor cut off from its peers", processor, "faults: [{isolate: {target: broker/1, at: 30%}}]\n", "", []string{"cut-brokers"}, "--provider docker"},
		{"processes of this machine have no limits", "{reference: at-least-once, limits: {memory: 64MiB}}", "", "", []string{"limits"}, "--provider docker"},
		{"images need an engine", "{image: app}", "guarantee: {delivery: at-least-once}\n", "", []string{"image"}, "--provider docker"},
		{"a command of this machine cannot join containers", "{command: [app]}", "guarantee: {delivery: at-least-once}\n", "docker", []string{"command"}, "--provider embedded"},
		{"nowhere are there both", "{command: [app], limits: {cpus: 1}}", "guarantee: {delivery: at-least-once}\n", "", []string{"limits"}, ""},
	} {
		args := []string{"run", scenario(t, "asks-for-more", tt.program, tt.more), "--out", t.TempDir()}
		if tt.flag != "" {
			args = append(args, "--provider", tt.flag)
		}
		plain := verify(t, args...)
		says(t, plain.stdout, "! unsupported", "this provider cannot: "+strings.Join(tt.missing, ", "), "0 upheld", "1 unsupported", tt.try)
		says(t, plain.stderr, "asks-for-more", "unsupported   (1 of 1)") // the progress
		if tt.try == "" && strings.Contains(plain.stdout, "--provider") {
			t.Errorf("%s: advice that does not help:\n%s", tt.why, plain.stdout)
		}

		asJSON := verify(t, append(args, "--json")...)
		var doc struct {
			Scenarios []struct {
				Verdict     string   `json:"verdict"`
				Met         bool     `json:"met"`
				Unsupported []string `json:"unsupported"`
			} `json:"scenarios"`
			Tally    map[string]int `json:"tally"`
			ExitCode int            `json:"exit_code"`
		}
		if err := json.Unmarshal([]byte(asJSON.stdout), &doc); err != nil || len(doc.Scenarios) != 1 {
			t.Errorf("%s: %v\n%s", tt.why, err, asJSON.stdout)
			continue
		}
		s := doc.Scenarios[0]
		if s.Verdict != "unsupported" || s.Met || !slices.Equal(s.Unsupported, tt.missing) || doc.Tally["unsupported"] != 1 || doc.ExitCode != exitEnvironment {
			t.Errorf("%s: %+v", tt.why, doc)
		}
		if plain.code != exitEnvironment || asJSON.code != exitEnvironment {
			t.Errorf("%s: exit codes %d and %d", tt.why, plain.code, asJSON.code)
		}
	}
}
