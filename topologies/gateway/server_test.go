package gateway_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"surety/topologies"
	"surety/topologies/gateway"
)

func TestCloseEndsHeldAndLaggedConnections(t *testing.T) {
	r := start(t, upstream(t, echo))
	c := r.dial(t)
	ok(t, r.link.Lag(t.Context(), topologies.Lag{Delay: 1}))
	ok(t, r.link.Hold(t.Context(), topologies.Both))
	send(t, c, "never answered")
	r.until(t, "held bytes", func(tr topologies.Traffic) bool { return tr.HeldForward > 0 })
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	ok(t, r.server.Close(ctx))
	ok(t, r.server.Close(ctx))
	if _, err := c.Read(make([]byte, 1)); err == nil {
		t.Error("the connection outlived its gateway")
	}
	if _, err := net.Dial("tcp", r.addr); err == nil {
		t.Error("the gateway still listens")
	}
}

func TestAReceiverThatDoesNotReadCannotKeepTheGatewayOpen(t *testing.T) {
	block := make(chan struct{})
	r := start(t, upstream(t, func(net.Conn) { <-block }))
	t.Cleanup(func() { close(block) })
	c := r.dial(t)
	go func() { _, _ = io.Copy(c, endless{}) }()
	r.until(t, "delivered bytes", func(tr topologies.Traffic) bool { return tr.Forward > 0 })
	ok(t, r.link.Hold(t.Context(), topologies.Both))
	ok(t, r.link.Release(t.Context(), topologies.Both))
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	ok(t, r.server.Close(ctx))
}

// endless is a source that never ends.
type endless struct{}

func (endless) Read(b []byte) (int, error) { return len(b), nil }

func TestStartRefusesWhatItCannotServe(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	ok(t, err)
	defer func() { _ = taken.Close() }()
	route := gateway.Route{From: "a", To: "b", Port: "kafka", Listen: "127.0.0.1:0", Upstream: "127.0.0.1:1"}
	busy := route
	busy.Listen = taken.Addr().String()
	for _, tc := range []struct {
		why    string
		config gateway.Config
		says   string
		env    bool
	}{
		{"control port in use", gateway.Config{Control: busy.Listen}, busy.Listen, true},
		{"link port in use", gateway.Config{Control: "127.0.0.1:0", Routes: []gateway.Route{route, {From: "c", Listen: busy.Listen}}}, busy.Listen, true},
		{"one link twice", gateway.Config{Control: "127.0.0.1:0", Routes: []gateway.Route{route, route}}, "a->b:kafka", false},
	} {
		s, err := gateway.Start(t.Context(), tc.config)
		if err == nil {
			_ = s.Close(t.Context())
			t.Errorf("%s: started", tc.why)
			continue
		}
		var env *topologies.EnvironmentError
		if !strings.Contains(err.Error(), tc.says) || errors.As(err, &env) != tc.env {
			t.Errorf("%s: error %q; want it to name %s, environment %v", tc.why, err, tc.says, tc.env)
		}
	}
}

func TestConnectRefusesLinksThatTheGatewayHasNot(t *testing.T) {
	r := start(t, "127.0.0.1:1")
	_, err := gateway.Connect(t.Context(), r.server.ControlURL(), []gateway.Route{{From: "x", To: "y", Port: "z"}})
	if err == nil || !strings.Contains(err.Error(), "x->y:z") {
		t.Errorf("error %v; want it to name the link", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := gateway.Connect(ctx, "http://127.0.0.1:1", nil); err == nil {
		t.Error("connected to nothing")
	}
}

func TestToxiproxyShowsItsProxiesAndLetsNoneBeChanged(t *testing.T) {
	r := start(t, "127.0.0.1:1")
	resp, err := http.Get(r.server.ControlURL() + "/proxies")
	ok(t, err)
	var proxies map[string]struct {
		Listen string
		Toxics []struct{ Type, Stream string }
	}
	ok(t, json.NewDecoder(resp.Body).Decode(&proxies))
	ok(t, resp.Body.Close())
	if p := proxies["a->b:kafka"]; p.Listen != r.addr || len(p.Toxics) != 6 {
		t.Errorf("Toxiproxy shows %+v; want our proxy with a limit, a lag and a hold on both streams", proxies)
	}
	resp, err = http.Post(r.server.ControlURL()+"/reset", "", nil)
	ok(t, err)
	ok(t, resp.Body.Close())
	if resp.StatusCode < 400 {
		t.Errorf("a change through Toxiproxy's API was answered %d", resp.StatusCode)
	}
	http.DefaultClient.CloseIdleConnections()
}

func TestMainServesItsConfigurationUntilTheContextEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	config, err := json.Marshal(gateway.Config{Control: "127.0.0.1:0", Routes: []gateway.Route{
		{From: "a", To: "b", Port: "kafka", Listen: "127.0.0.1:0", Upstream: upstream(t, echo)},
	}})
	ok(t, err)
	ready, out := io.Pipe()
	done := make(chan error, 1)
	go func() {
		done <- gateway.Main(ctx, func(string) string { return string(config) }, out)
	}()
	line := make([]byte, 200)
	n, err := ready.Read(line)
	ok(t, err)
	_, url, _ := strings.Cut(strings.TrimSpace(string(line[:n])), "control at ")
	c, err := gateway.Connect(t.Context(), url, nil)
	ok(t, err)
	defer c.Close()
	if got := len(c.Links()); got != 1 {
		t.Errorf("%d links, want 1", got)
	}
	cancel()
	ok(t, <-done)
}

func TestMainRefusesABadConfiguration(t *testing.T) {
	for _, text := range []string{"", "{", `{"rotues":[]}`} {
		err := gateway.Main(t.Context(), func(string) string { return text }, io.Discard)
		if err == nil || !strings.Contains(err.Error(), gateway.Variable) {
			t.Errorf("%q: error %v; want it to name %s", text, err, gateway.Variable)
		}
	}
}

func TestALinkTellsWhatIsDoneToIt(t *testing.T) {
	r := start(t, upstream(t, echo))
	ctx := t.Context()
	deny := func(d topologies.Denial) error {
		_, err := r.link.Deny(ctx, d, time.Time{})
		return err
	}
	for _, tt := range []struct {
		step string
		do   func() error
		want string
	}{
		{"new", func() error { return nil }, ""},
		{"held", func() error { return r.link.Hold(ctx, topologies.Backward) }, "held"},
		{"lagged too", func() error { return r.link.Lag(ctx, topologies.Lag{Delay: time.Hour}) }, "held, lagged"},
		{"limited too", func() error { return r.link.Limit(ctx, 1000) }, "held, lagged, limited"},
		{"no limit", func() error { return r.link.Unlimit(ctx, 1000) }, "held, lagged"},
		{"no hold", func() error { return r.link.Release(ctx, topologies.Backward) }, "lagged"},
		{"no lag", func() error { return r.link.Unlag(ctx) }, ""},
		{"dials reset", func() error { return deny(topologies.Reject) }, "rejecting"},
		{"dials refused", func() error { return deny(topologies.Refuse) }, "refusing"},
		{"dials reset only", func() error { return r.link.Allow(ctx, topologies.Refuse) }, "rejecting"},
		{"healed", func() error { return r.link.Allow(ctx, topologies.Reject) }, ""},
	} {
		ok(t, tt.do())
		if got := r.traffic(t).On; got != tt.want {
			t.Errorf("%s: %q, want %q", tt.step, got, tt.want)
		}
	}
}
