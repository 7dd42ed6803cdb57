package scenarios

import (
	"strings"

	"surety/topologies"
)

// Database is the one beside the brokers, which processors are told as {{.Database}}.
type Database struct {
	Kind    string            `yaml:"kind"`
	Version string            `yaml:"version"`
	Config  map[string]string `yaml:"config"` // settings of the server, as synchronous_commit
	Limits  Limits            `yaml:"limits"`
}

// completeDatabase settles the database, where there is one, and refuses processors that
// want one that is not there.
func (s *Scenario) completeDatabase(v Vocabulary) error {
	d := s.Topology.Database
	if d == nil {
		for _, p := range s.Topology.Processors {
			if p.wants("{{.Database}}") {
				return s.wrong("topology", "processor %s is told {{.Database}}, and there is no database: say topology: {database: {kind: postgres}}", p.Name)
			}
		}
		return nil
	}
	own := *d // scenarios of a suite share what they have in common
	s.Topology.Database = &own
	if err := s.choose("topology.database.kind", "database", &own.Kind, "postgres", v.Databases); err != nil {
		return err
	}
	return s.completeLimits("topology.database.limits", own.Limits)
}

// wants tells whether the processor is told something.
func (p Processor) wants(template string) bool {
	for _, told := range append(texts(p.Command), values(p.Env, p.Files)...) {
		if strings.Contains(strings.ReplaceAll(told, " ", ""), template) {
			return true
		}
	}
	return false
}

func values(all ...map[string]string) (out []string) {
	for _, m := range all {
		for _, v := range m {
			out = append(out, v)
		}
	}
	return out
}

// spec is the database as the plan holds it.
func (d *Database) spec() topologies.DatabaseSpec {
	if d == nil {
		return topologies.DatabaseSpec{}
	}
	return topologies.DatabaseSpec{Kind: d.Kind, Version: d.Version, Config: d.Config, Limits: d.Limits.spec()}
}
