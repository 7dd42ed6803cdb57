package docker_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"surety/topologies"
	"surety/topologies/docker"
	"surety/topologies/docker/engine"
)

// tinyImage is an image of one static program with a user of its own.
const tinyImage = "surety-test-tiny:1"

func buildTiny(t *testing.T, e *engine.Engine) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "tiny")
	cmd := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-ldflags=-s -w", "-o", file, "./testdata/tiny")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+e.Arch)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	program, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	const recipe = "FROM scratch\nCOPY tiny /tiny\nUSER 1234:1234\nENTRYPOINT [\"/tiny\"]\n"
	err = e.Build(t.Context(), engine.Build{Tag: tinyImage, Files: []engine.File{
		{Name: "Dockerfile", Mode: 0o644, Size: int64(len(recipe)), Body: strings.NewReader(recipe)},
		{Name: "tiny", Mode: 0o755, Size: int64(len(program)), Body: bytes.NewReader(program)},
	}})
	if err != nil {
		t.Fatal(err)
	}
}

// anyNode is what can be done to a node in a container.
type anyNode interface {
	topologies.Node
	topologies.Killer
	topologies.Stopper
	topologies.Starter
	topologies.Wiper
	topologies.Stater
	topologies.Gauge
	topologies.Logger
}

func TestContainersOfAnyImageWorkOrSayWhatToChange(t *testing.T) {
	e := requireDocker(t)
	buildTiny(t, e)
	tiny := func(name string, ready topologies.Ready, command ...string) topologies.ProcessorSpec {
		return topologies.ProcessorSpec{Name: name, Image: tinyImage, Instances: 1, Ready: ready, Command: command}
	}
	steady := tiny("steady", topologies.Ready{Log: `^it is ready$`}, "steady", "/etc/app/config.yaml", "{{.Dir}}/own.yaml")
	steady.Files = map[string]string{"/etc/app/config.yaml": "brokers={{.Bootstrap}}", "own.yaml": "instance={{.Name}}"}
	steady.StopSignal, steady.Limits = "SIGUSR1", topologies.Limits{Memory: 64 << 20, CPUs: 0.2}
	forgetful := tiny("forgetful", topologies.Ready{Log: "ready"}, "steady")
	forgetful.State = topologies.StateLost
	c := up(t, "a"+strconv.Itoa(os.Getpid()), topologies.Spec{
		Provider: "docker", Broker: topologies.BrokerSpec{Kind: "kafka", Nodes: 1},
		Processors: []topologies.ProcessorSpec{
			steady, forgetful,
			tiny("web", topologies.Ready{Port: 8080, HTTP: "/health"}, "web", "0.0.0.0:8080"),
			tiny("own-name", topologies.Ready{Port: 9092}, "bind", ":9092"),
			tiny("exits", topologies.Ready{Log: "ready"}, "exit", "3"),
			tiny("all-addresses", topologies.Ready{Port: 9092}, "bind", "0.0.0.0:9092"),
			tiny("mute", topologies.Ready{Log: "never said", Within: 3 * time.Second}, "steady"),
			tiny("blind", topologies.Ready{Log: "ready"}, "steady", "/nowhere"),
			{Name: "absent", Image: "surety/base:bookworm", Instances: 1, Command: []string{"/no/such/program"}},
		},
	})
	err := c.Launch(t.Context(), func(topologies.ProcessorSpec, int) topologies.Vars { return topologies.Vars{} })
	if _, ok := errors.AsType[*topologies.EnvironmentError](err); !ok {
		t.Fatalf("the launch ended with %v, which is no environment error", err)
	}
	for _, tt := range []struct {
		why  string
		says []string
	}{
		{"a program that ends at once", []string{"exits-1 ended by itself with exit code 3", "what it last said"}},
		{"a port that the gateway holds", []string{"all-addresses-1 ended by itself with exit code 1", "address already in use", "bind another port, or its own name instead of 0.0.0.0", "9092", "8474"}},
		{"readiness that never shows", []string{"mute-1 was not ready within 3s", `matches "never said"`, "it is ready", "change ready:"}},
		{"a program that is not in the image", []string{"the program of absent-1 cannot be started", "check command:"}},
		{"a file that is not there", []string{"blind-1 ended by itself with exit code 1", "/nowhere: no such file or directory"}},
	} {
		for _, part := range tt.says {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("%s: %q is not said in\n%s", tt.why, part, err)
			}
		}
	}
	for _, works := range []string{"steady-1", "forgetful-1", "web-1", "own-name-1"} {
		if strings.Contains(err.Error(), works) {
			t.Errorf("%s should work:\n%s", works, err)
		}
	}

	n := find[anyNode](t, c, "steady-1")
	says := func(n anyNode, lines ...string) {
		t.Helper()
		eventually(t, strings.Join(lines, ", ")+" in the log of "+n.ID(), func(context.Context) (bool, error) {
			text, err := os.ReadFile(n.LogFile())
			for _, line := range lines {
				if strings.Count("\n"+string(text), "\n"+line+"\n") != 1 {
					return false, errors.New(string(text))
				}
			}
			return true, err
		})
	}
	says(n, "start 1 as user 1234", "/etc/app/config.yaml holds brokers=broker-1:9092", "/surety/own.yaml holds instance=steady-1")
	// The engine counts a wait for the next slice of time when it is over.
	eventually(t, "what it used, and that its limit held it up", func(ctx context.Context) (bool, error) {
		u, err := n.Usage(ctx)
		return u.Limited && u.Throttled > 0 && u.CPU > 0 && u.Memory > 0 && u.Memory < 64<<20, errors.Join(err, fmt.Errorf("usage %+v", u))
	})
	if err := n.Stop(t.Context(), 30*time.Second); err != nil {
		t.Fatal(err)
	}
	if s := state(t, n); s.Status != topologies.Exited || s.ExitCode != 0 {
		t.Errorf("stopped: %+v", s)
	}
	if s, err := n.Stored(t.Context()); err != nil || s != (topologies.Stored{Files: 1, Bytes: 1}) {
		t.Errorf("stored %v, %v: its own file alone counts", s, err)
	}
	start := func(n anyNode) {
		t.Helper()
		if err := n.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	start(n)
	says(n, "start 1 as user 1234", "stopped by user defined signal 1", "start 2 as user 1234")

	if err := n.Kill(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := n.Wipe(t.Context()); err != nil {
		t.Fatal(err)
	}
	if s, err := n.Stored(t.Context()); err != nil || s.Files != 0 {
		t.Errorf("stored %v, %v on a new disk", s, err)
	}
	start(n)
	eventually(t, "a first start on the new disk, and nothing said twice", func(context.Context) (bool, error) {
		text, err := os.ReadFile(n.LogFile())
		return bytes.Count(text, []byte("start 1 as")) == 2 && bytes.Count(text, []byte("start 2 as")) == 1 &&
			bytes.Count(text, []byte("config.yaml holds")) == 3, err
	})
	if s := state(t, n); s.Status != topologies.Running || s.Starts != 3 {
		t.Errorf("on the new disk: %+v", s)
	}

	f := find[anyNode](t, c, "forgetful-1")
	if err := f.Kill(t.Context()); err != nil {
		t.Fatal(err)
	}
	start(f)
	eventually(t, "a second first start of what forgets", func(context.Context) (bool, error) {
		text, err := os.ReadFile(f.LogFile())
		return bytes.Count(text, []byte("start 1 as user 1234")) == 2, err
	})
}

func TestContainersOfAProcessorImageThatIsNowhereAreAnEnvironmentError(t *testing.T) {
	e := requireDocker(t)
	run := "w" + strconv.Itoa(os.Getpid())
	topo, err := docker.New().Up(t.Context(), topologies.Spec{
		Provider: "docker", Broker: topologies.BrokerSpec{Kind: "kafka", Nodes: 1},
		Processors: []topologies.ProcessorSpec{{Name: "app", Image: "127.0.0.1:1/app:1", Instances: 1}},
	}, topologies.Env{Run: run, Dir: t.TempDir()})
	if env, ok := errors.AsType[*topologies.EnvironmentError](err); !ok || !strings.Contains(env.Error(), "127.0.0.1:1/app:1") {
		t.Errorf("error %v, want an environment error that names the image", err)
	}
	if topo != nil {
		if err := topo.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}
	nothingLeft(t, e, run)
}
