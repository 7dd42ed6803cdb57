package main

import (
	"slices"
	"strings"
	"testing"
	"time"

	"surety/scenarios/runner"
	"surety/topologies"
)

func nodes(states ...string) (out []runner.NodeLook) {
	for _, s := range states {
		id, status, _ := strings.Cut(s, " ")
		if status == "" {
			status = string(topologies.Running)
		}
		out = append(out, runner.NodeLook{ID: id, Status: topologies.Status(status)})
	}
	return out
}

// twoRuns is a suite with one run under a fault and one that drains.
func twoRuns() scene {
	return scene{
		runs: []view{
			{
				title: "crash-at-least-once", records: 20000, sent: 12400, arrived: 12113, seen: 12163,
				look: runner.Look{
					Phase: "load", LoadLeft: 4 * time.Second, Faults: []string{"kill processor/1"},
					Nodes:   nodes("broker-1", "broker-2", "broker-3", "processor-1 exited", "processor-2"),
					Awaited: 287, Again: 50,
				},
			},
			{
				title: "cut-exactly-once", records: 5000, sent: 5000, arrived: 4999, seen: 4999,
				look: runner.Look{
					Phase: "drain", For: 3 * time.Second, Silence: 2100 * time.Millisecond, Quiet: 7 * time.Second,
					Nodes: nodes("broker-1", "broker-2", "broker-3", "processor-1", "processor-2"), Awaited: 1,
				},
			},
		},
		ended: 3, total: 12, took: 6 * time.Second,
		tally: []outcomes{{outcome{"✔", "upheld", green}, 2}, {outcome{"✘", "violated", red}, 1}},
	}
}

func TestASceneReadsWellAtEveryWidth(t *testing.T) {
	for _, tt := range []struct {
		width int
		want  string
	}{
		{80, `
  crash-at-least-once  ██████░░░░░  load  fault: kill processor/1     4.0 s left
    sent 12,400   seen 12,163   lag 287   dup 50    ✘ processor-1 exited  ● 4 up
  cut-exactly-once     ██████████▒  drain              silent for 2.1 s of 7.0 s
    sent 5,000   seen 4,999   lag 1                                       ● 5 up
  3 of 12 done: 2 upheld · 1 violated                   6.0 s, about 18.0 s left
`},
		{120, `
  crash-at-least-once  ██████████░░░░░░░  load  fault: kill processor/1                                       4.0 s left
    sent 12,400   seen 12,163   lag 287   dup 50                                            ✘ processor-1 exited  ● 4 up
  cut-exactly-once     ████████████████▒  drain                                                silent for 2.1 s of 7.0 s
    sent 5,000   seen 4,999   lag 1                     ● broker-1  ● broker-2  ● broker-3  ● processor-1  ● processor-2
  3 of 12 done: 2 upheld · 1 violated                                                           6.0 s, about 18.0 s left
`},
	} {
		got := twoRuns().lines(tt.width, false)
		if want := strings.Split(strings.Trim(tt.want, "\n"), "\n"); !slices.Equal(got, want) {
			t.Errorf("at %d columns:\n%s\nwanted:\n%s", tt.width, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
}

func TestNoLineOfASceneIsWiderThanTheTerminal(t *testing.T) {
	s := twoRuns()
	s.runs[0].title = strings.Repeat("a-long-name-", 20)
	s.runs[1].look.Faults = []string{strings.Repeat("lag ", 60), "cut"}
	for range 20 {
		s.runs = append(s.runs, s.runs[0])
	}
	for width := range 200 {
		lines := s.lines(width, false)
		if len(lines) != 2*mostShown+1 {
			t.Fatalf("%d lines at %d columns", len(lines), width)
		}
		for _, line := range lines {
			if columns(line) > width {
				t.Fatalf("%d columns, on a terminal of %d: %s", columns(line), width, line)
			}
		}
	}
	if last := s.lines(100, false)[2*mostShown]; !strings.Contains(last, "14 more running") {
		t.Errorf("the runs that are not drawn are not counted: %s", last)
	}
}

func TestColoursTakeNoRoomAndTellNothingAlone(t *testing.T) {
	plain, colored := twoRuns().lines(100, false), twoRuns().lines(100, true)
	for i := range plain {
		if stripped := escape.ReplaceAllString(colored[i], ""); stripped != plain[i] {
			t.Errorf("with colours:    %q\nwithout colours: %q", stripped, plain[i])
		}
		if strings.Contains(plain[i], "\x1b") {
			t.Errorf("a line without colours has an escape: %q", plain[i])
		}
	}
}

func TestWhatIsLeftIsToldWhereItIsKnown(t *testing.T) {
	for _, tt := range []struct {
		reason       string
		ended, total int
		want         time.Duration
	}{
		{"nothing has ended", 0, 12, 0},
		{"a quarter has", 3, 12, 18 * time.Second},
		{"all have", 12, 12, 0},
		{"nobody knows how many there are", 3, 0, 0},
	} {
		if got := (scene{ended: tt.ended, total: tt.total, took: 6 * time.Second}).left(); got != tt.want {
			t.Errorf("%s: %s", tt.reason, got)
		}
	}
}
