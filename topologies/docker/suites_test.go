package docker_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/moby/moby/client"

	"surety/topologies"
	"surety/topologies/docker/engine"
	"surety/topologies/docker/reaper"
)

// small is a scenario of seconds on two real brokers.
const small = `scenario: %s
topology:
  provider: docker
  broker: {nodes: 2}
  processors: [{reference: at-least-once}]
workload: {records: 500, rate: 500/s, keys: 10}
`

// suites are two scenarios of seconds on one cluster, or what SURETY_SUITE names.
func suites(t *testing.T) []string {
	t.Helper()
	if s := os.Getenv("SURETY_SUITE"); s != "" {
		return []string{s}
	}
	var files []string
	for _, name := range []string{"one", "two"} {
		file := filepath.Join(t.TempDir(), name+".yaml")
		if err := os.WriteFile(file, fmt.Appendf(nil, small, name), 0o600); err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	return files
}

// suite is `verify run`, in a process of its own.
type suite struct {
	cmd   *exec.Cmd
	mark  string        // an environment variable of it and of its children
	lines chan string   // what it says
	began time.Time     //
	all   *bytes.Buffer // what it said; complete once lines is closed
}

func runSuite(t *testing.T, files []string) *suite {
	t.Helper()
	verify, err := topologies.Self(t.Context(), runtime.GOARCH)
	if err != nil {
		withoutDocker(t, err)
	}
	args := append([]string{"run", "--seed", "1", "--out", t.TempDir()}, files...)
	s := &suite{
		cmd:  exec.CommandContext(t.Context(), verify, args...),
		mark: fmt.Sprintf("SURETY_TEST_MARK=%d-%d", os.Getpid(), rand.Uint64()),
		// Nothing that is said is lost where nobody listens any more.
		lines: make(chan string, 10000), all: &bytes.Buffer{},
	}
	s.cmd.Env = append(os.Environ(), s.mark)
	s.cmd.WaitDelay = time.Second
	out, err := s.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	s.cmd.Stdout = s.cmd.Stderr
	s.began = time.Now()
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.cmd.Process.Kill() })
	go func() {
		defer close(s.lines)
		for in := bufio.NewScanner(out); in.Scan(); {
			fmt.Fprintln(s.all, in.Text())
			s.lines <- in.Text()
		}
	}()
	return s
}

// end waits for the end of the suite and wants it to have upheld all.
func (s *suite) end(t *testing.T) time.Duration {
	t.Helper()
	for range s.lines {
	}
	if err := s.cmd.Wait(); err != nil {
		t.Errorf("verify run ended with %v:\n%s", err, s.all)
	}
	return time.Since(s.began)
}

// until waits for the nth line with the text; false where the suite ended before.
func (s *suite) until(text string, nth int) bool {
	for line := range s.lines {
		if strings.Contains(line, text) {
			if nth--; nth == 0 {
				return true
			}
		}
	}
	return false
}

// left lists the containers and networks of the suite, and the processes that it
// started. Its gateways, and with them all proxies, are containers.
func (s *suite) left(ctx context.Context, e *engine.Engine) ([]string, error) {
	pid := "/" + strconv.Itoa(s.cmd.Process.Pid) + "/"
	ours := make(client.Filters).Add("label", reaper.LabelOurs+"=1")
	containers, err := e.API.ContainerList(ctx, client.ContainerListOptions{All: true, Filters: ours})
	if err != nil {
		return nil, err
	}
	networks, err := e.API.NetworkList(ctx, client.NetworkListOptions{Filters: ours})
	if err != nil {
		return nil, err
	}
	all := s.processes()
	for _, c := range containers.Items {
		if strings.Contains(c.Labels[reaper.LabelOwner], pid) {
			all = append(all, c.Names...)
		}
	}
	for _, n := range networks.Items {
		if strings.Contains(n.Labels[reaper.LabelOwner], pid) {
			all = append(all, n.Name)
		}
	}
	return all, nil
}

// processes lists those of this machine that carry the suite's mark.
func (s *suite) processes() []string {
	var all []string
	environs, _ := fs.Glob(os.DirFS("/proc"), "[0-9]*/environ") // the pattern is valid
	for _, name := range environs {
		env, err := os.ReadFile(filepath.Join("/proc", name))
		if err == nil && bytes.Contains(env, []byte(s.mark+"\x00")) {
			all = append(all, "process "+filepath.Dir(name))
		}
	}
	return all
}

// ended is what is said when a scenario has its verdict.
var ended = regexp.MustCompile(`\([0-9]+ of [0-9]+\)`)

// TestContainersOfAKilledSuiteAreGone kills `verify run` as kill -9 does, at moments
// that are drawn from a seed: where the cluster is made, between two scenarios, and
// anywhere. SURETY_KILLS says how often, SURETY_SUITE what is run, SURETY_KILL_SEED
// which moments.
func TestContainersOfAKilledSuiteAreGone(t *testing.T) {
	e := requireDocker(t)
	kills := 5
	if n := os.Getenv("SURETY_KILLS"); n != "" {
		var err error
		if kills, err = strconv.Atoi(n); err != nil || kills < 1 {
			t.Fatalf("SURETY_KILLS is %q; it wants a number of kills", n)
		}
	}
	files := suites(t)
	whole := runSuite(t, files)
	length := whole.end(t)
	if left, err := whole.left(t.Context(), e); err != nil || len(left) > 0 {
		t.Errorf("a suite that ended left %q (error %v)", left, err)
	}
	t.Logf("the suite takes %s", length.Round(time.Second))
	scenarios := len(ended.FindAllString(whole.all.String(), -1))
	if scenarios < 2 {
		t.Fatalf("the suite has no two scenarios:\n%s", whole.all)
	}

	seed := uint64(0x7c1e04)
	if text := os.Getenv("SURETY_KILL_SEED"); text != "" {
		var err error
		if seed, err = strconv.ParseUint(text, 16, 64); err != nil {
			t.Fatalf("SURETY_KILL_SEED is %q; it wants hexadecimal digits", text)
		}
	}
	draw := rand.New(rand.NewPCG(seed, 0))
	within := func(d time.Duration) time.Duration { return time.Duration(draw.Int64N(int64(d))) }
	moments := []struct {
		why   string
		after string
		nth   int
		upTo  time.Duration
	}{
		{"while the reaper is made", "starting the reaper", 1, 800 * time.Millisecond},
		{"while the brokers are made and find each other", "brokers (", 1, 6 * time.Second},
		{"between two scenarios", " judge ", 1, 1500 * time.Millisecond},
		{"anywhere", "surety", 1, length},
		{"anywhere", "surety", 1, length},
	}
	var worst time.Duration
	for i := range kills {
		m := moments[i%len(moments)]
		t.Run(fmt.Sprintf("%d %s", i+1, m.why), func(t *testing.T) {
			nth := m.nth
			if m.after == " judge " {
				nth += draw.IntN(scenarios - 1) // not the last: after it all ends
			}
			wait := within(m.upTo)
			s := runSuite(t, files)
			if s.until(m.after, nth) {
				select {
				case <-time.After(wait):
				case <-t.Context().Done():
				}
			}
			at := time.Since(s.began)
			if err := s.cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			_ = s.cmd.Wait() // it was killed
			t.Logf("killed after %s", at.Round(time.Millisecond))
			worst = max(worst, vanishes(t, func(ctx context.Context) ([]string, error) { return s.left(ctx, e) }))
		})
	}
	t.Logf("%d kills: nothing was seen later than %s after one", kills, worst.Round(100*time.Millisecond))
}

// TestContainersOfTwoSuitesAtOnce runs the same with the same seed twice, side by
// side: nothing of one may be in the way of the other.
func TestContainersOfTwoSuitesAtOnce(t *testing.T) {
	e := requireDocker(t)
	files := suites(t)
	both := []*suite{runSuite(t, files), runSuite(t, files)}
	var wg sync.WaitGroup
	for _, s := range both {
		wg.Go(func() { s.end(t) })
	}
	wg.Wait()
	for _, s := range both {
		if left, err := s.left(t.Context(), e); err != nil || len(left) > 0 {
			t.Errorf("left behind: %q (error %v)", left, err)
		}
	}
}
