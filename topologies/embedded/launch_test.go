package embedded_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"surety/topologies"
)

func TestALaunchWaitsForReadiness(t *testing.T) {
	top, _ := up(t, topologies.ProcessorSpec{
		Reference: "slow", Instances: 1, Ready: topologies.Ready{Log: "^ready with"},
		Files: map[string]string{"conf/app.yaml": "input={{.Input}}"}, StopSignal: "SIGUSR1", State: topologies.StateLost,
	})
	launch(t, top)
	n := node(t, top, "processor-1")
	for _, want := range []string{"it reads input=in <nil>", "ready with start 1"} {
		if log := logOf(t, n); !strings.Contains(log, want) {
			t.Errorf("the log does not say %q:\n%s", want, log)
		}
	}
	ok(t, n.Stop(t.Context(), patience))
	if stored, err := n.Stored(t.Context()); err != nil || stored.Files != 1 {
		t.Errorf("stored %v, %v: its own file alone counts", stored, err)
	}
	ok(t, n.Start(t.Context()))
	until(t, "a second start that finds its file and nothing that it stored", func() bool {
		log := logOf(t, n)
		return strings.Contains(log, "stopped by user defined signal 1") && strings.Count(log, "ready with start 1") == 2 &&
			strings.Count(log, "it reads input=in <nil>") == 2
	})
}

func TestALaunchThatIsNotReadySaysWhy(t *testing.T) {
	for _, c := range []struct {
		why, program string
		ready        topologies.Ready
		says         []string
	}{
		{"it ended", "exit", topologies.Ready{Log: "ready"}, []string{"processor-1 ended by itself with exit code 3", "name=processor-1"}},
		{"it says something else", "idle", topologies.Ready{Log: "ready", Within: 200 * time.Millisecond}, []string{"was not ready within 200ms", "name=processor-1", "change ready:"}},
		{"nothing listens", "idle", topologies.Ready{Port: 1, Within: 200 * time.Millisecond}, []string{"a connection to its port 1", "connection refused"}},
	} {
		top, _ := up(t, topologies.ProcessorSpec{Reference: c.program, Instances: 1, Ready: c.ready})
		err := top.Launch(t.Context(), func(topologies.ProcessorSpec, int) topologies.Vars { return topologies.Vars{} })
		if _, is := errors.AsType[*topologies.EnvironmentError](err); !is {
			t.Errorf("%s: %v is no environment error", c.why, err)
			continue
		}
		for _, part := range c.says {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("%s: %q is not said in %v", c.why, part, err)
			}
		}
	}
}
