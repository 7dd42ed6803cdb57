package scenarios

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"time"

	"go.yaml.in/yaml/v4"

	"surety/checker"
	"surety/checker/predicate"
	"surety/topologies/names"
	"surety/workload"
)

// Sink is where records come out, what they are meant to be there, and what is
// promised of them.
type Sink struct {
	Name     string        `yaml:"name"`
	Role     string        `yaml:"role"`
	Oracle   string        `yaml:"oracle"`
	Keep     Predicate     `yaml:"keep"`     // filter
	Outputs  int32         `yaml:"outputs"`  // fan-out
	Table    Predicate     `yaml:"table"`    // join
	TTL      time.Duration `yaml:"ttl"`      // dedup
	Size     time.Duration `yaml:"size"`     // window
	Lateness time.Duration `yaml:"lateness"` // window
	Identity Identity      `yaml:"identity"`
	Rows     *Rows         `yaml:"rows"`   // a table of the database; none = a topic
	Reader   *Reader       `yaml:"reader"` // a consumer under test; none = the harness's own, which is safe
	// Guarantee of this sink; what it leaves out is that of the scenario.
	Guarantee Guarantee `yaml:"guarantee"`
	// Idempotent: a sink that takes effects applies those of one idempotency key once.
	Idempotent bool `yaml:"idempotent"`
	// Equals names the sink that must have the same content.
	Equals string `yaml:"equals"`
}

// Identity says where an output tells what went in, and a result its value: JSON
// pointers, or a header. With nothing said it is the whole value.
type Identity struct {
	JSON   string `yaml:"json"`
	Header string `yaml:"header"`
	Key    string `yaml:"key"`
	Value  string `yaml:"value"`
	Window string `yaml:"window"`
	// Encoding of the text that tells what went in: base64, or empty.
	Encoding string `yaml:"encoding"`
}

// Predicate is one of the closed form that processors and the judge share.
type Predicate struct{ predicate.Predicate }

// UnmarshalYAML reads "seq % 3 != 0".
func (p *Predicate) UnmarshalYAML(n *yaml.Node) (err error) {
	if n.Kind != yaml.ScalarNode {
		return at(n, "a predicate is written as seq %% 3 != 0")
	}
	if p.Predicate, err = predicate.Parse(n.Value); err != nil {
		return at(n, "%s", err)
	}
	return nil
}

// params are the parameters of the sink's oracle.
func (k *Sink) params() checker.Params {
	return checker.Params{
		Keep: k.Keep.Predicate, Outputs: k.Outputs, Table: k.Table.Predicate,
		TTL: k.TTL, Size: k.Size, Lateness: k.Lateness,
	}
}

// reading says how the sink's records are read. Results have the places of the
// reference processors unless something else is said.
func (k *Sink) reading() workload.Reading {
	r := workload.Reading(k.Identity)
	o, _ := checker.OracleNamed(k.Oracle)
	if o.Results() {
		if r.Header == "" {
			r.JSON = cmp.Or(r.JSON, "/last")
		}
		r.Key = cmp.Or(r.Key, "/key")
		r.Value = cmp.Or(r.Value, "/"+map[bool]string{true: "sum", false: "count"}[k.Oracle == "sum"])
		if k.Size > 0 {
			r.Window = cmp.Or(r.Window, "/window")
		}
	}
	return r
}

// spec is the sink as the judge takes it.
func (k *Sink) spec(partitions int) checker.SinkSpec {
	s := checker.SinkSpec{
		Name: k.Name, Oracle: k.Oracle, Params: k.params(), Guarantee: k.Guarantee.judged(), Equals: k.Equals,
	}
	if k.Role != string(checker.RoleOutput) {
		s.Role = checker.Role(k.Role)
	}
	if s.Guarantee.Routing != "" {
		s.Partitions = int32(partitions) //nolint:gosec // bounded by the scenario
	}
	return s
}

// soleSink is the name of the sink of a scenario that names none.
const soleSink = "output"

func (s *Scenario) completeSinks(v Vocabulary) error {
	t := &s.Topology
	if len(t.Sinks) == 0 {
		t.Sinks = []Sink{{Name: soleSink}}
	}
	t.Sinks = slices.Clone(t.Sinks) // scenarios of a suite share what they have in common
	seen := map[string]bool{"input": true}
	for i := range t.Sinks {
		k, path := &t.Sinks[i], fmt.Sprintf("topology.sinks.%d", i)
		if k.Name == "" || seen[k.Name] {
			return s.wrong(path+".name", "a sink wants a name of its own, other than input; this is %q", names.Clip(k.Name))
		}
		if !nameForm.MatchString(k.Name) {
			return s.wrong(path+".name", "the name of a sink is made of letters, digits, dots and dashes; this is %q", names.Clip(k.Name))
		}
		seen[k.Name] = true
		role := checker.RoleOutput
		if k.Reader != nil {
			role = checker.RoleSubscription
			own := *k.Reader
			k.Reader = &own
			if err := s.completeReader(&own, path+".reader"); err != nil {
				return err
			}
		}
		if err := s.choose(path+".role", "role of a sink", &k.Role, string(role), texts(checker.Roles)); err != nil {
			return err
		}
		if err := s.completeEffects(k, path); err != nil {
			return err
		}
		s.imply(k)
		if err := s.choose(path+".oracle", "oracle", &k.Oracle, "identity", v.Oracles); err != nil {
			return err
		}
		o, _ := checker.OracleNamed(k.Oracle)
		if err := o.Check(k.params()); err != nil {
			return s.wrong(path, "sink %s: %s", k.Name, err)
		}
		if err := s.completeRows(k, path+".rows"); err != nil {
			return err
		}
		if err := k.reading().Check(); err != nil {
			return s.wrong(path+".identity", "sink %s: %s", k.Name, err)
		}
	}
	for i, k := range t.Sinks {
		if k.Equals != "" && (!seen[k.Equals] || k.Equals == k.Name || k.Equals == "input") {
			return s.wrong(fmt.Sprintf("topology.sinks.%d.equals", i), "the sink %s equals %q, which is no other sink of this scenario", k.Name, names.Clip(k.Equals))
		}
	}
	if slices.IndexFunc(t.Sinks, func(k Sink) bool { return k.Role != string(checker.RoleDeadLetter) }) < 0 {
		return s.wrong("topology.sinks", "all sinks are for dead letters; name the one where the others come out")
	}
	return nil
}

// imply gives a sink that says nothing of its oracle that of the reference
// processor that fills it.
func (s *Scenario) imply(k *Sink) {
	if k.Oracle != "" || k.Role == string(checker.RoleDeadLetter) || k.params() != (checker.Params{}) {
		return
	}
	k.Oracle, k.Keep, k.Outputs = s.implied.Oracle, s.implied.Keep, s.implied.Outputs
	k.Size, k.Lateness = s.implied.Size, s.implied.Lateness
}

// env tells processors what they are meant to do, where that has parameters.
func (k *Sink) env() map[string]string {
	env := map[string]string{}
	if !k.Keep.IsZero() {
		env["SURETY_KEEP"] = k.Keep.String()
	}
	if k.Role == string(checker.RoleDeadLetter) {
		env["SURETY_DEAD_LETTERS"] = fmt.Sprintf("{{index .Outputs %q}}", k.Name)
	}
	if k.Size > 0 {
		env["SURETY_WINDOW"], env["SURETY_LATENESS"] = k.Size.String(), k.Lateness.String()
	}
	if k.Outputs > 0 {
		env["SURETY_OUTPUTS"] = strconv.Itoa(int(k.Outputs))
	}
	return env
}
