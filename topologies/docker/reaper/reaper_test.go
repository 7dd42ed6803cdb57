package reaper

import (
	"context"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func belongs(run string, more ...string) map[string]string {
	l := map[string]string{LabelOurs: "1", LabelRun: run}
	for i := 0; i < len(more); i += 2 {
		l[more[i]] = more[i+1]
	}
	return l
}

func TestTheHarnessIsGoneWhenNoConnectionIsLeft(t *testing.T) {
	type event struct {
		at   time.Duration
		came bool
	}
	for _, tt := range []struct {
		why    string
		events []event
		gone   time.Duration
	}{
		{"it never comes", nil, firstWithin},
		{"it comes and goes", []event{{time.Second, true}, {time.Minute, false}}, time.Minute + grace},
		{"it comes back in time", []event{{time.Second, true}, {9 * time.Second, false}, {9*time.Second + grace/2, true}, {time.Hour, false}}, time.Hour + grace},
		{"the new connection is there before the old one goes", []event{{time.Second, true}, {2 * time.Second, true}, {3 * time.Second, false}, {time.Minute, false}}, time.Minute + grace},
	} {
		t.Run(tt.why, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				joins := make(chan bool)
				go func() {
					for _, e := range tt.events {
						<-time.After(time.Until(began.Add(e.at)))
						joins <- e.came
					}
				}()
				if err := await(t.Context(), joins); err != nil {
					t.Fatal(err)
				}
				if took := time.Since(began); took != tt.gone {
					t.Errorf("gone after %s, want %s", took, tt.gone)
				}
			})
		})
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := await(ctx, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("told to end: %v", err)
	}
}

func TestASweepRemovesTheRunAndNothingElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{
			items: []item{
				{kind: "container", name: "a-1", labels: belongs("a"), running: true},
				{kind: "container", name: "a-2", labels: belongs("a")},
				{kind: "container", name: "a-reaper", labels: belongs("a", LabelRole, Role), running: true},
				{kind: "network", name: "a-net", labels: belongs("a")},
				{kind: "volume", name: "a-disk", labels: belongs("a")},
				{kind: "container", name: "b-1", labels: belongs("b"), running: true},
				{kind: "network", name: "b-net", labels: belongs("b")},
				{kind: "container", name: "stranger"},
			},
			later: []item{{kind: "container", name: "a-3", labels: belongs("a")}},
			fails: 3,
		}
		removed, err := Sweep(t.Context(), f, "a", settle)
		if err != nil {
			t.Fatal(err)
		}
		slices.Sort(removed)
		if want := []string{"container a-1", "container a-2", "container a-3", "network a-net", "volume a-disk"}; !slices.Equal(removed, want) {
			t.Errorf("removed %q, want %q", removed, want)
		}
		if left := f.names(); !slices.Equal(left, []string{"a-reaper", "b-1", "b-net", "stranger"}) {
			t.Errorf("left %q", left)
		}
		if err := RemoveReaper(t.Context(), f, "a"); err != nil || slices.Contains(f.names(), "a-reaper") {
			t.Errorf("the reaper is left (error %v)", err)
		}
	})
}

func TestWhatAppearsWhileSettlingIsRemovedToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{}
		go func() {
			<-time.After(settle - lookAgain/2)
			f.mu.Lock()
			defer f.mu.Unlock()
			f.items = append(f.items, item{kind: "network", name: "late", labels: belongs("a")})
		}()
		removed, err := Sweep(t.Context(), f, "a", settle)
		if err != nil || !slices.Equal(removed, []string{"network late"}) {
			t.Errorf("removed %q, error %v", removed, err)
		}
	})
}

func TestReapingOutlastsAnEngineThatRestarts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{items: []item{{kind: "container", name: "a-1", labels: belongs("a")}}, down: 5, fails: 2}
		var log strings.Builder
		if err := reap(t.Context(), f, "a", &log); err != nil || len(f.names()) > 0 {
			t.Errorf("error %v, left %q", err, f.names())
		}
		if log.String() != "removed container a-1\n" {
			t.Errorf("log %q", log.String())
		}
	})
}

func TestASweepThatCannotSucceedEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{items: []item{{kind: "container", name: "a-1", labels: belongs("a")}}, fails: 1 << 30}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if _, err := Sweep(ctx, f, "a", 0); err == nil || !strings.Contains(err.Error(), "run a") {
			t.Errorf("error %v", err)
		}
	})
}

// listening serves a reaper on a port of its own and tells when the harness is gone.
func listening(t *testing.T, s *server) (addr string, gone <-chan error) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.joins = make(chan bool)
	ctx, cancel := context.WithCancel(t.Context())
	end := make(chan error, 1)
	finished := make(chan struct{})
	go func() { defer close(finished); end <- s.untilGone(ctx, l) }()
	t.Cleanup(func() { cancel(); <-finished })
	return l.Addr().String(), end
}

func TestAClosedWatchEndsTheRun(t *testing.T) {
	addr, gone := listening(t, &server{run: "a"})
	w, err := connect(t.Context(), addr, "a")
	if err != nil {
		t.Fatal(err)
	}
	stranger, err := net.Dial("tcp", addr) // holds nothing alive
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = stranger.Close() }()
	w.Close()
	select {
	case err := <-gone:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(time.Minute):
		t.Error("the reaper still waits")
	}
}

func TestTheReaperSaysWhyItCannotWatch(t *testing.T) {
	for _, tt := range []struct {
		why  string
		s    *server
		want string
	}{
		{"it watches another run", &server{run: "b"}, "this is the reaper of run b"},
		{"its engine refuses", &server{run: "a", sick: errors.New("permission denied\non the socket")}, "permission denied on the socket"},
	} {
		addr, _ := listening(t, tt.s)
		if _, err := connect(t.Context(), addr, "a"); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: error %v, want %q", tt.why, err, tt.want)
		}
	}
}

func TestTheSocketIsFoundOrItsAbsenceSaid(t *testing.T) {
	t.Setenv("TESTCONTAINERS_DOCKER_SOCKET_OVERRIDE", "")
	for _, tt := range []struct{ why, host, want string }{
		{"the default", "unix:///var/run/docker.sock", "/var/run/docker.sock"},
		{"rootless", "unix:///run/user/1000/docker.sock", "/run/user/1000/docker.sock"},
		{"an engine across the network", "tcp://10.0.0.1:2375", ""},
	} {
		if got, err := socketOf(tt.host); got != tt.want || (err == nil) != (tt.want != "") {
			t.Errorf("%s: %q, error %v", tt.why, got, err)
		}
	}
}

func TestTheReaperNeedsToBeToldItsRun(t *testing.T) {
	none := func(string) string { return "" }
	if err := Main(t.Context(), none, io.Discard); err == nil || !strings.Contains(err.Error(), VariableRun) {
		t.Errorf("error %v", err)
	}
	if err := LaunchMain(t.Context(), none); err == nil || !strings.Contains(err.Error(), VariableLaunch) {
		t.Errorf("error %v", err)
	}
}

func TestCleanRemovesDeadRunsAndKeepsLiveOnes(t *testing.T) {
	owner := Owner()
	if owner == "" {
		t.Skip("SKIPPED, this system has no proc file system")
	}
	long := time.Now().Add(-2 * imageAge).Unix()
	world := func() *fake {
		return &fake{items: []item{
			{kind: "container", name: "live-1", labels: belongs("live", LabelOwner, owner), running: true},
			{kind: "network", name: "dead-net", labels: belongs("dead", LabelOwner, owner+"0")},
			{kind: "container", name: "dead-1", labels: belongs("dead", LabelOwner, owner+"0"), running: true},
			{kind: "container", name: "dead-reaper", labels: belongs("dead", LabelOwner, owner+"0", LabelRole, Role)},
			{kind: "container", name: "old-1", labels: belongs("old"), running: true},
			{kind: "container", name: "theirs", labels: map[string]string{LabelRun: "dead2"}},
			{kind: "image", name: "surety-verify:1", labels: map[string]string{LabelOurs: "1"}, created: long},
			{kind: "image", name: "surety-verify:2", labels: map[string]string{LabelOurs: "1"}, created: time.Now().Unix() - 60},
			{kind: "image", name: "mine:1", labels: map[string]string{LabelOurs: "1"}, created: long},
			{kind: "image", name: "kafka:1", created: long},
		}}
	}
	for _, tt := range []struct {
		why  string
		c    Cleaning
		left []string
	}{
		{"dead runs and old images", Cleaning{}, []string{"live-1", "old-1", "theirs", "surety-verify:2", "mine:1", "kafka:1"}},
		{"all that is ours", Cleaning{All: true}, []string{"theirs", "mine:1", "kafka:1"}},
		{"one run only", Cleaning{Only: func(run string) bool { return run == "live" }}, world().names()},
	} {
		f := world()
		runs, _, err := Clean(t.Context(), f, tt.c)
		if err != nil {
			t.Fatal(err)
		}
		if left := f.names(); !slices.Equal(left, tt.left) {
			t.Errorf("%s: left %q, want %q", tt.why, left, tt.left)
		}
		for _, r := range runs {
			if (r.Kept == "") != (len(r.Removed) > 0) {
				t.Errorf("%s: %+v", tt.why, r)
			}
		}
	}
}
