package processors

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"surety/checker/predicate"
)

// autoCommitTime is the least interval of automatic commits, and their default.
const autoCommitTime = 100 * time.Millisecond

// maxOutputs bounds a fan-out.
const maxOutputs = 64

// Config is what a processor is told.
type Config struct {
	Bootstrap []string // broker addresses, host:port
	Input     string   // topic to read
	Output    string   // topic to write, or where effects are posted to
	Group     string   // consumer group
	Instance  int      // 1..n
	Name      string   // of the instance, unique in the run, the same after a restart
	Run       string   // id of the run; may be empty
	Dir       string   // directory that survives restarts; may be empty

	DeadLetters string // topic for what cannot be decoded; empty = there is none

	SessionTimeout     time.Duration // after which the group gives up on a silent member
	Heartbeat          time.Duration
	CommitInterval     time.Duration // of processors that commit by the clock; 0 = the processor's own
	TransactionTimeout time.Duration // after which the broker aborts an open transaction
	TransactionRecords int           // inputs of a transaction, at most; 0 = the processor's own
	Work               time.Duration // from the poll of records to their output; 0 = the processor's own
	Patience           time.Duration // how long a processor bears a slow step; 0 = the processor's own

	Keep    predicate.Predicate // of a filter: which records come out; none = the processor's own
	Outputs int32               // of a fan-out: outputs of a record; 0 = the processor's own

	Window   time.Duration // of a counter by windows of event time; 0 = the processor's own, with its lateness
	Lateness time.Duration // how long after its end a window still counts

	Log io.Writer // notes for people; nil = none

	outputs func(*kgo.Record) []*kgo.Record // of one record; nil = itself
}

// ConfigFromEnv reads the environment that every program under test gets.
//
// Required: SURETY_BOOTSTRAP (comma separated), SURETY_INPUT, SURETY_OUTPUT,
// SURETY_GROUP. Optional: SURETY_INSTANCE (1), SURETY_NAME (processor-INSTANCE),
// SURETY_RUN, SURETY_DIR, and as Go durations SURETY_SESSION_TIMEOUT (6s),
// SURETY_HEARTBEAT (a fifth of the session timeout), SURETY_TRANSACTION_TIMEOUT
// (10s), SURETY_COMMIT_INTERVAL, SURETY_WORK and SURETY_PATIENCE (0, the
// processor's own); SURETY_KEEP, a predicate, SURETY_OUTPUTS and
// SURETY_TRANSACTION_RECORDS, numbers; SURETY_WINDOW and SURETY_LATENESS, durations;
// SURETY_DEAD_LETTERS, a topic.
//
// The error names the first variable that is missing or wrong.
func ConfigFromEnv(getenv func(string) string) (Config, error) {
	e := env{get: getenv}
	c := Config{
		Bootstrap: e.list("SURETY_BOOTSTRAP"),
		Input:     e.required("SURETY_INPUT"),
		Output:    e.required("SURETY_OUTPUT"),
		Group:     e.required("SURETY_GROUP"),
		Instance:  e.ordinal("SURETY_INSTANCE"),
		Name:      getenv("SURETY_NAME"),
		Run:       getenv("SURETY_RUN"),
		Dir:       getenv("SURETY_DIR"),

		DeadLetters: getenv("SURETY_DEAD_LETTERS"),

		SessionTimeout:     e.duration("SURETY_SESSION_TIMEOUT", 6*time.Second, time.Millisecond),
		CommitInterval:     e.duration("SURETY_COMMIT_INTERVAL", 0, 0),
		TransactionTimeout: e.duration("SURETY_TRANSACTION_TIMEOUT", 10*time.Second, time.Millisecond),
		Work:               e.duration("SURETY_WORK", 0, 0),
		Patience:           e.duration("SURETY_PATIENCE", 0, 0),

		Keep:     e.predicate("SURETY_KEEP"),
		Window:   e.duration("SURETY_WINDOW", 0, time.Millisecond),
		Lateness: e.duration("SURETY_LATENESS", 0, 0),
	}
	if getenv("SURETY_OUTPUTS") != "" {
		c.Outputs = int32(min(e.ordinal("SURETY_OUTPUTS"), maxOutputs)) //nolint:gosec // bounded
	}
	if getenv("SURETY_TRANSACTION_RECORDS") != "" {
		c.TransactionRecords = e.ordinal("SURETY_TRANSACTION_RECORDS")
	}
	c.Heartbeat = e.duration("SURETY_HEARTBEAT", c.SessionTimeout/5, time.Millisecond)
	if c.Name == "" {
		c.Name = fmt.Sprintf("processor-%d", c.Instance)
	}
	if e.err == nil && c.Heartbeat >= c.SessionTimeout {
		e.err = fmt.Errorf("SURETY_HEARTBEAT is %v: it must be less than SURETY_SESSION_TIMEOUT, which is %v", c.Heartbeat, c.SessionTimeout)
	}
	return c, e.err
}

// work is the time from poll to output, or the processor's own where none is set.
func (c Config) work(own time.Duration) time.Duration {
	if c.Work > 0 {
		return c.Work
	}
	return own
}

// commitInterval is the time between commits, or the processor's own where none is
// set. The client takes nothing below 100 ms for its automatic commit.
func (c Config) commitInterval(own time.Duration) time.Duration {
	if c.CommitInterval > 0 {
		return max(c.CommitInterval, autoCommitTime)
	}
	return own
}

// roomBeside is how many more inputs a transaction takes that has so many.
func (c Config) roomBeside(records int) int {
	if c.TransactionRecords == 0 {
		return maxPoll
	}
	return max(0, c.TransactionRecords-records)
}

// fillTime is how long a transaction waits to be full.
func (c Config) fillTime() time.Duration {
	if c.TransactionRecords == 0 {
		return 0
	}
	return time.Second
}

// patience is how long a slow step is borne, or the processor's own where none is
// set.
func (c Config) patience(own time.Duration) time.Duration {
	if c.Patience > 0 {
		return c.Patience
	}
	return own
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

func (e *env) list(name string) []string {
	var items []string
	for item := range strings.SplitSeq(e.required(name), ",") {
		if item = strings.TrimSpace(item); item != "" {
			items = append(items, item)
		}
	}
	if len(items) == 0 {
		e.fail("%s names no address", name)
	}
	return items
}

func (e *env) predicate(name string) (p predicate.Predicate) {
	if err := p.UnmarshalText([]byte(e.get(name))); err != nil {
		e.fail("%s: %w", name, err)
	}
	return p
}

func (e *env) ordinal(name string) int {
	v := e.get(name)
	if v == "" {
		return 1
	}
	n, err := strconv.Atoi(v)
	if err != nil || n < 1 {
		e.fail("%s is %q: it must be a number from 1", name, v)
	}
	return n
}

func (e *env) duration(name string, otherwise, least time.Duration) time.Duration {
	v := e.get(name)
	if v == "" {
		return otherwise
	}
	d, err := time.ParseDuration(v)
	if err != nil {
		e.fail("%s is %q: it must be a duration such as 1500ms or 6s", name, v)
		return otherwise
	}
	if d < least {
		e.fail("%s is %v: it must be at least %v", name, d, least)
	}
	return d
}
