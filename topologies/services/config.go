package services

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// Port is where a service takes orders unless it is told another.
const Port = 8080

// Config is what a service is told.
type Config struct {
	Database  string   // URL of the PostgreSQL database
	Bootstrap []string // broker addresses, host:port
	Input     string   // topic that a consumer reads
	Output    string   // topic that events go to
	Group     string   // consumer group
	Name      string   // of the instance, unique in the run, the same after a restart
	Run       string   // id of the run; may be empty
	Port      int      // where orders are taken

	// Patience bounds one order, and how long the client tries to write one event.
	Patience time.Duration
	// Poll is how long a relay rests when there is nothing to relay.
	Poll time.Duration
	// Batch bounds the events that a relay writes at once.
	Batch int
	// Work is how long an order takes inside its transaction.
	Work time.Duration
	// Commit is the time between two commits of a consumer's offsets.
	Commit time.Duration
	// SessionTimeout is after what time the group gives up on a silent member.
	SessionTimeout time.Duration
	// TTL is how long an inbox remembers; 0 = the service's own.
	TTL time.Duration

	Log io.Writer // notes for people; nil = none
}

// ConfigFromEnv reads the environment that every program under test gets.
//
// Required: SURETY_DATABASE (a postgres:// URL), SURETY_BOOTSTRAP (comma separated) and
// SURETY_OUTPUT; of consumers SURETY_INPUT and SURETY_GROUP as well. Optional:
// SURETY_PORT (8080), SURETY_NAME (service-1), SURETY_RUN, SURETY_BATCH (500), and as Go
// durations SURETY_PATIENCE (2s), SURETY_POLL (5ms), SURETY_WORK (0),
// SURETY_COMMIT_INTERVAL (1s), SURETY_SESSION_TIMEOUT (6s) and SURETY_TTL (the
// service's own).
//
// The error names the first variable that is missing or wrong.
func ConfigFromEnv(s Service, getenv func(string) string) (Config, error) {
	e := env{get: getenv}
	c := Config{
		Database: e.required("SURETY_DATABASE"),
		Name:     e.text("SURETY_NAME", "service-1"),
		Run:      getenv("SURETY_RUN"),
		Input:    getenv("SURETY_INPUT"),
		Group:    getenv("SURETY_GROUP"),
		Output:   getenv("SURETY_OUTPUT"),
		Port:     e.number("SURETY_PORT", Port, 65535),
		Batch:    e.number("SURETY_BATCH", 500, 100_000),

		Patience:       e.duration("SURETY_PATIENCE", 2*time.Second, 100*time.Millisecond),
		Poll:           e.duration("SURETY_POLL", 5*time.Millisecond, time.Millisecond),
		Work:           e.duration("SURETY_WORK", 0, 0),
		Commit:         e.duration("SURETY_COMMIT_INTERVAL", time.Second, 0),
		SessionTimeout: e.duration("SURETY_SESSION_TIMEOUT", 6*time.Second, time.Millisecond),
		TTL:            e.duration("SURETY_TTL", 0, 0),
	}
	for _, broker := range strings.Split(e.required("SURETY_BOOTSTRAP"), ",") {
		if broker = strings.TrimSpace(broker); broker != "" {
			c.Bootstrap = append(c.Bootstrap, broker)
		}
	}
	if s.Serves() {
		e.required("SURETY_OUTPUT")
	} else {
		e.required("SURETY_INPUT")
		e.required("SURETY_GROUP")
	}
	return c, e.err
}

// note writes one line for people.
func (c Config) note(format string, args ...any) {
	if c.Log != nil {
		fmt.Fprintf(c.Log, c.Name+": "+format+"\n", args...)
	}
}

// env reads variables and keeps the first error.
type env struct {
	get func(string) string
	err error
}

func (e *env) fail(format string, args ...any) {
	if e.err == nil {
		e.err = fmt.Errorf(format, args...)
	}
}

func (e *env) required(name string) string {
	v := e.get(name)
	if v == "" {
		e.fail("%s is not set", name)
	}
	return v
}

func (e *env) text(name, otherwise string) string {
	if v := e.get(name); v != "" {
		return v
	}
	return otherwise
}

func (e *env) number(name string, otherwise, most int) int {
	v := e.get(name)
	if v == "" {
		return otherwise
	}
	n, err := strconv.Atoi(v)
	if err != nil || n < 1 || n > most {
		e.fail("%s is %q: it must be a number from 1 to %d", name, v, most)
	}
	return n
}

func (e *env) duration(name string, otherwise, least time.Duration) time.Duration {
	v := e.get(name)
	if v == "" {
		return otherwise
	}
	d, err := time.ParseDuration(v)
	switch {
	case err != nil:
		e.fail("%s is %q: it must be a duration such as 1500ms or 6s", name, v)
	case d < least:
		e.fail("%s is %v: it must be at least %v", name, d, least)
	}
	return d
}
