package gateway

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// probeWithin bounds one look at one host.
const probeWithin = time.Second

// Probe looks whether a port of one of the hosts accepts a connection, or with a
// path, whether it answers GET of it with 2xx or 3xx. The error says what it did.
func Probe(ctx context.Context, hosts []string, port int, path string) error {
	var errs []error
	for _, host := range hosts {
		err := probe(ctx, net.JoinHostPort(host, strconv.Itoa(port)), path)
		if err == nil {
			return nil
		}
		errs = append(errs, err)
	}
	return errs[len(errs)-1]
}

func probe(ctx context.Context, addr, path string) error {
	ctx, cancel := context.WithTimeout(ctx, probeWithin)
	defer cancel()
	if path == "" {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
		if err != nil {
			return err
		}
		return conn.Close()
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+addr+path, nil)
	if err != nil {
		return err
	}
	once := &http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	resp, err := once.Do(req)
	if err != nil {
		return err
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 1<<20)) // its end frees the connection
	if err := resp.Body.Close(); err != nil {
		return err
	}
	if resp.StatusCode >= http.StatusBadRequest {
		return fmt.Errorf("GET %s answers %s", path, resp.Status)
	}
	return nil
}

// probing is the call by which the client of a gateway has it look at a port of its
// own network namespace: at the loopback address and under the node's own name, by
// which the program of the node may have bound it.
func (s *Server) probing(w http.ResponseWriter, r *http.Request) {
	port, err := strconv.Atoi(r.URL.Query().Get("port"))
	if err != nil {
		http.Error(w, "port is not a number", http.StatusBadRequest)
		return
	}
	hosts := []string{"127.0.0.1"}
	if name := r.URL.Query().Get("host"); name != "" {
		hosts = append(hosts, name)
	}
	seen := probed{Ready: true}
	if err := Probe(r.Context(), hosts, port, r.URL.Query().Get("path")); err != nil {
		seen = probed{Text: err.Error()}
	}
	answer(w, seen)
}

// probed is the answer to a probe.
type probed struct {
	Ready bool   `json:"ready"`
	Text  string `json:"text,omitempty"` // what was seen instead
}

// Probe has the gateway look at a port in its own network namespace, on the loopback
// address and on that of the host name given.
func (c *Client) Probe(ctx context.Context, host string, port int, path string) error {
	q := url.Values{"host": {host}, "port": {strconv.Itoa(port)}, "path": {path}}
	var seen probed
	if err := c.call(ctx, http.MethodGet, "/surety/probe?"+q.Encode(), nil, &seen); err != nil {
		return err
	}
	if !seen.Ready {
		return errors.New(seen.Text)
	}
	return nil
}
