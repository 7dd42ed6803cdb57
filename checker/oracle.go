package checker

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"surety/checker/predicate"
)

// Oracle is what a processor is meant to do with its input, so far as a judge must
// know it. Each is one value in a file of its own and a line in Oracles.
type Oracle struct {
	Name  string
	About string // one clause for people
	// Takes names the parameters that it uses, see Params. Those that are not
	// marked with a question mark must be given.
	Takes []string

	// owes is how many outputs a record has at the sink, numbered from 0; nil = one.
	owes func(p *Params, key string, seq int64) int32
	// result is where a record counts and by how much. With it the outputs are
	// results of many records, judged by their values; without it each output is
	// that of one record.
	result func(p *Params, term, event int64) (window, weight int64)
	// newest: the sink is a table that holds the newest record of each key.
	newest bool
}

// Oracles is the catalogue.
var Oracles = []Oracle{
	identityOracle, mapOracle, filterOracle, fanOutOracle, dedupOracle, joinOracle, latestOracle,
	countOracle, sumOracle, windowOracle,
}

// Params are the parameters of all oracles; each takes its own.
type Params struct {
	Keep     predicate.Predicate `json:"keep,omitzero"`         // filter: which records come out
	Outputs  int32               `json:"outputs,omitempty"`     // fan-out: how many of each record
	Table    predicate.Predicate `json:"table,omitzero"`        // join: which records are the table's
	TTL      time.Duration       `json:"ttl_ns,omitempty"`      // dedup: how long a record is remembered
	Size     time.Duration       `json:"size_ns,omitempty"`     // window: its length, in whole milliseconds
	Lateness time.Duration       `json:"lateness_ns,omitempty"` // window: how long after its end it still counts
}

// given lists the parameters that are set, by the names that Takes uses.
func (p *Params) given() (names []string) {
	for _, g := range []struct {
		name string
		is   bool
	}{
		{"keep", !p.Keep.IsZero()}, {"outputs", p.Outputs != 0}, {"table", !p.Table.IsZero()},
		{"ttl", p.TTL != 0}, {"size", p.Size != 0}, {"lateness", p.Lateness != 0},
	} {
		if g.is {
			names = append(names, g.name)
		}
	}
	return names
}

// Set sets the parameter of a name from its text: a predicate, a number or a
// duration as Go writes them.
func (p *Params) Set(name, text string) (err error) {
	switch name {
	case "keep":
		p.Keep, err = predicate.Parse(text)
	case "table":
		p.Table, err = predicate.Parse(text)
	case "outputs":
		var n int64
		n, err = strconv.ParseInt(text, 10, 32)
		p.Outputs = int32(n) //nolint:gosec // 32 bits were parsed
	case "ttl":
		p.TTL, err = time.ParseDuration(text)
	case "size":
		p.Size, err = time.ParseDuration(text)
	case "lateness":
		p.Lateness, err = time.ParseDuration(text)
	default:
		return fmt.Errorf("there is no parameter %q; known are keep, table, outputs, ttl, size, lateness", name)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// maxOutputs bounds a fan-out.
const maxOutputs = 64

// OracleNamed finds an oracle; the empty name is identity.
func OracleNamed(name string) (Oracle, bool) {
	if name == "" {
		return identityOracle, true
	}
	i := slices.IndexFunc(Oracles, func(o Oracle) bool { return o.Name == name })
	if i < 0 {
		return Oracle{}, false
	}
	return Oracles[i], true
}

// Check says which parameter is missing, out of place or out of its range.
func (o Oracle) Check(p Params) error {
	given := p.given()
	for _, name := range given {
		if !slices.Contains(o.Takes, name) && !slices.Contains(o.Takes, name+"?") {
			return fmt.Errorf("the oracle %s takes %s, not %s", o.Name, o.takes(), name)
		}
	}
	for _, name := range o.Takes {
		if !strings.HasSuffix(name, "?") && !slices.Contains(given, name) {
			return fmt.Errorf("the oracle %s wants %s", o.Name, name)
		}
	}
	switch {
	case p.Outputs < 0 || p.Outputs > maxOutputs:
		return fmt.Errorf("outputs lies between 1 and %d; this is %d", maxOutputs, p.Outputs)
	case p.TTL < 0 || p.Size < 0 || p.Lateness < 0:
		return errors.New("ttl, size and lateness are not negative")
	case p.Size%time.Millisecond != 0 || p.Lateness%time.Millisecond != 0 || p.TTL%time.Millisecond != 0:
		return errors.New("ttl, size and lateness are whole milliseconds, as event times are")
	}
	return nil
}

// Results says whether outputs are results of many records, not records.
func (o Oracle) Results() bool { return o.result != nil }

// Owes is how many outputs a record has at the sink.
func (o Oracle) Owes(p Params, key string, seq int64) int32 {
	if o.owes == nil {
		return 1
	}
	return o.owes(&p, key, seq)
}

func (o Oracle) takes() string {
	if len(o.Takes) == 0 {
		return "no parameter"
	}
	return strings.ReplaceAll(strings.Join(o.Takes, ", "), "?", "")
}
