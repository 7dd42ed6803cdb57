package gateway

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"surety/topologies"
)

// connectTimeout bounds the wait for a gateway that has just been started.
const connectTimeout = 15 * time.Second

// Client drives a gateway over HTTP. Every call has a deadline of its own.
type Client struct {
	base   string
	http   *http.Client
	routes []Route
}

// Connect waits until the gateway at controlURL answers and checks that it has
// the given routes; no routes means all that it has.
func Connect(ctx context.Context, controlURL string, routes []Route) (*Client, error) {
	c := &Client{
		base: strings.TrimSuffix(controlURL, "/"),
		http: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 4, IdleConnTimeout: connectTimeout}},
	}
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	have, err := c.await(ctx)
	if err != nil {
		c.Close()
		return nil, fmt.Errorf("the gateway at %s does not answer: %w", controlURL, err)
	}
	if routes == nil {
		routes = have
	}
	for _, r := range routes {
		if !slices.ContainsFunc(have, func(h Route) bool { return h.name() == r.name() }) {
			c.Close()
			return nil, fmt.Errorf("the gateway at %s has no link %s", controlURL, r.name())
		}
	}
	c.routes = slices.Clone(routes)
	return c, nil
}

// await asks for the routes until they come, and returns the last error else.
func (c *Client) await(ctx context.Context) ([]Route, error) {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		var have []Route
		err := c.call(ctx, http.MethodGet, "/surety/links", nil, &have)
		if err == nil {
			return have, nil
		}
		select {
		case <-ctx.Done():
			return nil, err
		case <-tick.C:
		}
	}
}

// Links are the client's routes as links, in their order. Each is a
// topologies.Holder, Armer, Discarder, Denier, Lagger, Limiter, Resetter,
// Interceptor and Meter. Holds and lags of one link may overlap: a release ends one hold of the same
// streams, an unlag the oldest lag.
func (c *Client) Links() []topologies.Link {
	links := make([]topologies.Link, len(c.routes))
	for i, r := range c.routes {
		links[i] = &link{client: c, route: r}
	}
	return links
}

// Close frees the client's idle connections. The gateway goes on.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// call makes one request; in and out are JSON bodies, nil for none.
func (c *Client) call(ctx context.Context, method, path string, in, out any) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	var body io.Reader
	if in != nil {
		data, err := json.Marshal(in)
		if err != nil {
			return err
		}
		body = bytes.NewReader(data)
	}
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, body)
	if err != nil {
		return err
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("the gateway answered %d: %s", resp.StatusCode, strings.TrimSpace(string(data)))
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(data, out)
}

// link is one route, seen from the harness.
type link struct {
	client *Client
	route  Route
}

var _ interface {
	topologies.Link
	topologies.Holder
	topologies.Armer
	topologies.Discarder
	topologies.Denier
	topologies.Lagger
	topologies.Limiter
	topologies.Resetter
	topologies.Interceptor
	topologies.Meter
} = (*link)(nil)

func (l *link) From() string { return l.route.From }
func (l *link) To() string   { return l.route.To }
func (l *link) Port() string { return l.route.Port }

// Hold implements topologies.Holder. A chunk that has passed the gateway when
// the hold begins may still arrive.
func (l *link) Hold(ctx context.Context, s topologies.Stream) error {
	return l.post(ctx, "hold", holdRequest{Streams: s})
}

func (l *link) Release(ctx context.Context, s topologies.Stream) error {
	return l.post(ctx, "release", holdRequest{Streams: s})
}

// HoldAt implements topologies.Armer.
func (l *link) HoldAt(ctx context.Context, s topologies.Stream, at time.Time) (time.Time, error) {
	return l.fire(ctx, "hold", holdRequest{s, instant{nanos(at)}})
}

func (l *link) Discard(ctx context.Context, s topologies.Stream) error {
	return l.post(ctx, "discard", holdRequest{Streams: s})
}

// Deny implements topologies.Denier.
func (l *link) Deny(ctx context.Context, d topologies.Denial, at time.Time) (time.Time, error) {
	return l.fire(ctx, "deny", denyRequest{d, instant{nanos(at)}})
}

func (l *link) Allow(ctx context.Context, d topologies.Denial) error {
	return l.post(ctx, "allow", denyRequest{How: d})
}

func (l *link) Limit(ctx context.Context, rate int64) error {
	return l.post(ctx, "limit", limitRequest{rate})
}

func (l *link) Unlimit(ctx context.Context, rate int64) error {
	return l.post(ctx, "unlimit", limitRequest{rate})
}

func (l *link) Lag(ctx context.Context, lag topologies.Lag) error { return l.post(ctx, "lag", lag) }

func (l *link) Unlag(ctx context.Context) error { return l.post(ctx, "unlag", nil) }

func (l *link) Reset(ctx context.Context) error { return l.post(ctx, "reset", nil) }

// Intercept implements topologies.Interceptor.
func (l *link) Intercept(ctx context.Context, id string, r topologies.Rule) error {
	return l.post(ctx, "intercept", interceptRequest{id, r})
}

// Intercepted implements topologies.Interceptor.
func (l *link) Intercepted(ctx context.Context, id string) (topologies.Interception, error) {
	var did topologies.Interception
	if err := l.client.call(ctx, http.MethodGet, l.path("intercepted")+"?id="+url.QueryEscape(id), nil, &did); err != nil {
		return did, fmt.Errorf("what a rule did on the link %s: %w", l.route.name(), err)
	}
	return did, nil
}

// Pass implements topologies.Interceptor.
func (l *link) Pass(ctx context.Context, id string) error {
	return l.post(ctx, "pass", passRequest{id})
}

// Traffic implements topologies.Meter.
func (l *link) Traffic(ctx context.Context) (topologies.Traffic, error) {
	var t topologies.Traffic
	if err := l.client.call(ctx, http.MethodGet, l.path("traffic"), nil, &t); err != nil {
		return t, fmt.Errorf("traffic of the link %s: %w", l.route.name(), err)
	}
	return t, nil
}

func (l *link) post(ctx context.Context, action string, body any) error {
	return l.ask(ctx, action, body, nil)
}

// fire asks for something at an instant and tells when it happened.
func (l *link) fire(ctx context.Context, action string, body any) (time.Time, error) {
	var done instant
	if err := l.ask(ctx, action, body, &done); err != nil {
		return time.Time{}, err
	}
	return done.time(), nil
}

func (l *link) ask(ctx context.Context, action string, body, out any) error {
	if err := l.client.call(ctx, http.MethodPost, l.path(action), body, out); err != nil {
		return fmt.Errorf("%s of the link %s: %w", action, l.route.name(), err)
	}
	return nil
}

func (l *link) path(action string) string {
	return "/surety/links/" + url.PathEscape(l.route.name()) + "/" + action
}
