// Package gateway carries the links of a topology through Toxiproxy and breaks
// them on request: bytes held as by a network partition, delayed with a seeded
// jitter, limited to a rate, connections reset, closed or refused. It runs inside the harness for the embedded
// provider and as the container entry point `verify gateway`; both are driven
// by the same Client over HTTP.
//
// Connections are accepted and dialled here and then handed to Toxiproxy's
// links and toxics. Owning the sockets is what makes a real reset of a live
// connection, a count of refused dials, half-closed connections and a dial that
// does not block the next one possible; Toxiproxy's own accept loop has none of
// them. The toxics are installed before the first connection and stay: a fault
// flips their state at one instant, and no chain is changed on live traffic.
package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// Variable is the environment variable that holds the Config of Main as JSON.
const Variable = "SURETY_GATEWAY"

// closing bounds the clean-up of a gateway whose run has ended.
const closing = 5 * time.Second

// Route is one proxy: connections accepted on Listen are carried to Upstream.
// From, To and Port name the link and are unique together.
type Route struct {
	From     string `json:"from"`
	To       string `json:"to"`
	Port     string `json:"port"`     // what the port is for: kafka, controller
	Listen   string `json:"listen"`   // host:port; port 0 lets the system choose
	Upstream string `json:"upstream"` // host:port, resolved at every dial
	// Protocol is what passes, where rules may be about its messages: kafka, postgres.
	Protocol string `json:"protocol,omitempty"`
	// Advertised is the host:port that To tells its clients of itself. Clients are
	// shown the proxy from From in its place.
	Advertised string `json:"advertised,omitempty"`
}

// name is the route's key in the control API and in Toxiproxy.
func (r Route) name() string { return r.From + "->" + r.To + ":" + r.Port }

// Config is all that a gateway does.
type Config struct {
	Control string  `json:"control"` // host:port of the control API
	Routes  []Route `json:"routes"`
}

// Main is `verify gateway`: it serves the Config in the variable SURETY_GATEWAY
// until ctx ends, and reports to stderr once it is ready.
func Main(ctx context.Context, getenv func(string) string, stderr io.Writer) error {
	text := getenv(Variable)
	if text == "" {
		return fmt.Errorf("the environment variable %s is not set; it holds the gateway's configuration as JSON", Variable)
	}
	var c Config
	d := json.NewDecoder(strings.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&c); err != nil {
		return fmt.Errorf("the environment variable %s does not hold a gateway's configuration: %w", Variable, err)
	}
	s, err := Start(ctx, c)
	if err != nil {
		return err
	}
	_, printErr := fmt.Fprintf(stderr, "gateway ready: %d links, control at %s\n", len(c.Routes), s.ControlURL())
	if printErr == nil {
		<-ctx.Done()
	}
	fresh, cancel := context.WithTimeout(context.WithoutCancel(ctx), closing)
	defer cancel()
	return errors.Join(printErr, s.Close(fresh))
}
