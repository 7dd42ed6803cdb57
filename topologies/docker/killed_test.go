package docker_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/moby/moby/client"

	"surety/topologies"
	"surety/topologies/docker"
	"surety/topologies/docker/engine"
	"surety/topologies/docker/reaper"
)

// holding is the argument that makes the test binary hold a run until it is killed.
const holding = "hold-a-run"

func TestMain(m *testing.M) {
	if len(os.Args) == 4 && os.Args[1] == holding {
		if err := hold(os.Args[2], os.Args[3]); err != nil {
			fmt.Fprintln(os.Stdout, err)
			os.Exit(1)
		}
	}
	os.Exit(m.Run())
}

// hold brings a small topology up and never closes it.
func hold(run, dir string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	_, err := docker.New().Up(ctx, topologies.Spec{
		Provider: "docker", Broker: topologies.BrokerSpec{Kind: "kafka", Nodes: 2},
	}, topologies.Env{Run: run, Dir: dir, Log: os.Stdout})
	if err != nil {
		return err
	}
	fmt.Fprintln(os.Stdout, "held")
	<-ctx.Done()
	return ctx.Err()
}

// child is a process that holds a run.
type child struct {
	run string
	cmd *exec.Cmd
	log chan string // its lines; closed at its end
}

func holdInChild(t *testing.T, run string) *child {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := &child{run: run, cmd: exec.CommandContext(t.Context(), self, holding, run, filepath.Join(t.TempDir(), "run")), log: make(chan string, 100)}
	c.cmd.WaitDelay = time.Second
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.cmd.Process.Kill(); _ = c.cmd.Wait() })
	go func() {
		defer close(c.log)
		for s := bufio.NewScanner(out); s.Scan(); {
			c.log <- s.Text()
		}
	}()
	return c
}

// until waits for a line of the child that begins with the text.
func (c *child) until(t *testing.T, text string) {
	t.Helper()
	for {
		select {
		case line, ok := <-c.log:
			if !ok {
				t.Fatalf("run %s ended before it said %q", c.run, text)
			}
			t.Logf("%s: %s", c.run, line)
			if strings.HasPrefix(line, text) {
				return
			}
		case <-time.After(patience):
			t.Fatalf("run %s did not say %q in %s", c.run, text, patience)
		}
	}
}

// kill ends the child as kill -9 does, and collects it.
func (c *child) kill(t *testing.T) {
	t.Helper()
	if err := c.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = c.cmd.Wait() // it was killed
}

// holds lists the names of what the engine has of the run.
func holds(ctx context.Context, e *engine.Engine, run string) ([]string, error) {
	mine := make(client.Filters).Add("label", reaper.LabelRun+"="+run)
	containers, err := e.API.ContainerList(ctx, client.ContainerListOptions{All: true, Filters: mine})
	if err != nil {
		return nil, err
	}
	networks, err := e.API.NetworkList(ctx, client.NetworkListOptions{Filters: mine})
	if err != nil {
		return nil, err
	}
	var all []string
	for _, c := range containers.Items {
		all = append(all, c.Names...)
	}
	for _, n := range networks.Items {
		all = append(all, n.Name)
	}
	return all, nil
}

// goneWithin is how long anything of a killed run may stay.
const goneWithin = 15 * time.Second

// vanishes wants nothing left in time of what look finds, and nothing new after. It
// tells when the last of it was seen.
func vanishes(t *testing.T, look func(ctx context.Context) ([]string, error)) time.Duration {
	t.Helper()
	began := time.Now()
	ctx, cancel := context.WithTimeout(t.Context(), goneWithin)
	defer cancel()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	var left []string
	var last time.Duration
	looked := false
	for ctx.Err() == nil {
		if now, err := look(ctx); err == nil {
			looked = true
			if left = now; len(left) > 0 {
				last = time.Since(began)
			}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
		}
	}
	if len(left) > 0 || !looked {
		t.Errorf("%s after the kill there are still %q", goneWithin, left)
	}
	t.Logf("the last was seen %s after the kill", last.Round(100*time.Millisecond))
	return last
}

func TestContainersOfOneRunOutliveTheEndOfAnother(t *testing.T) {
	e := requireDocker(t)
	name := "p" + strconv.Itoa(os.Getpid())
	one, other := holdInChild(t, name+"-1"), holdInChild(t, name+"-2")
	one.until(t, "held")
	other.until(t, "held")
	before, err := holds(t.Context(), e, other.run)
	if err != nil {
		t.Fatal(err)
	}
	if len(before) != 6 { // two gateways, two brokers, a reaper, a network
		t.Errorf("run %s has %q", other.run, before)
	}
	// A paused broker and a killed one are removed like any other.
	if _, err := e.API.ContainerPause(t.Context(), "surety-"+one.run+"-broker-1", client.ContainerPauseOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := e.API.ContainerKill(t.Context(), "surety-"+one.run+"-broker-2", client.ContainerKillOptions{Signal: "KILL"}); err != nil {
		t.Fatal(err)
	}
	one.kill(t)
	vanishes(t, func(ctx context.Context) ([]string, error) { return holds(ctx, e, one.run) })

	ours := func(run string) bool { return strings.HasPrefix(run, name+"-") }
	cleaned, _, err := reaper.Clean(t.Context(), e.API, reaper.Cleaning{Only: ours})
	if err != nil {
		t.Fatal(err)
	}
	if len(cleaned) != 1 || cleaned[0].Run != other.run || cleaned[0].Kept == "" || len(cleaned[0].Removed) != 0 {
		t.Errorf("clean beside a live run: %+v", cleaned)
	}
	after, err := holds(t.Context(), e, other.run)
	if err != nil {
		t.Fatal(err)
	}
	if len(after) != len(before) {
		t.Errorf("of run %s only %q are left of %q", other.run, after, before)
	}

	// A run whose reaper is gone too leaves everything behind: that is for clean.
	if err := reaper.RemoveReaper(t.Context(), e.API, other.run); err != nil {
		t.Fatal(err)
	}
	other.kill(t)
	cleaned, _, err = reaper.Clean(t.Context(), e.API, reaper.Cleaning{Only: ours})
	if err != nil {
		t.Fatal(err)
	}
	if len(cleaned) != 1 || len(cleaned[0].Removed) != len(before)-1 {
		t.Errorf("clean after the end of the run: %+v", cleaned)
	}
	nothingLeft(t, e, other.run)
}
