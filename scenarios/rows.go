package scenarios

import (
	"regexp"

	"surety/checker"
	"surety/topologies/names"
	"surety/workload"
)

// Rows make a sink a table of the database: each row is a record, all of them read in
// one transaction. A row tells what it is by value:, the column with what went in, or by
// key: and seq:.
type Rows struct {
	Table     string `yaml:"table"` // the name of the sink unless said
	Value     string `yaml:"value"`
	Key       string `yaml:"key"`
	Seq       string `yaml:"seq"`
	OrderedBy string `yaml:"ordered-by"` // column that tells in which order the rows came, as a bigserial
}

// columnForm is a name that PostgreSQL takes, and a table's may have that of a schema
// before it.
var (
	columnForm = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_$]{0,62}$`)
	tableForm  = regexp.MustCompile(`^([A-Za-z_][A-Za-z0-9_$]{0,62}\.)?[A-Za-z_][A-Za-z0-9_$]{0,62}$`)
)

// completeRows settles where a sink that is a table has what.
func (s *Scenario) completeRows(k *Sink, path string) error {
	if k.Rows == nil {
		return nil
	}
	r := *k.Rows // scenarios of a suite share what they have in common
	k.Rows = &r
	fill(s, path+".table", &r.Table, k.Name)
	o, _ := checker.OracleNamed(k.Oracle)
	switch {
	case s.Topology.Database == nil:
		return s.wrong(path, "the sink %s is a table, and there is no database: say topology: {database: {kind: postgres}}", k.Name)
	case k.Reader != nil:
		return s.wrong(path, "the sink %s cannot be a table and have a reader:, which subscribes to a topic", k.Name)
	case !tableForm.MatchString(r.Table):
		return s.wrong(path+".table", "the table of the sink %s is named by letters, digits and underscores, with a schema before a dot or without; this is %q", k.Name, names.Clip(r.Table))
	case (r.Value == "") == (r.Key == "" && r.Seq == "") || r.Value == "" && (r.Key == "" || r.Seq == ""):
		return s.wrong(path, "rows of the sink %s tell what they are either by value:, the column with the value that went in, or by key: and seq:", k.Name)
	case r.Value == "" && o.Results():
		return s.wrong(path, "the sink %s has results: say value:, a column with JSON, and identity: where it has what", k.Name)
	}
	for _, c := range []struct{ field, is string }{{"value", r.Value}, {"key", r.Key}, {"seq", r.Seq}, {"ordered-by", r.OrderedBy}} {
		if c.is != "" && !columnForm.MatchString(c.is) {
			return s.wrong(path+"."+c.field, "a column is named by letters, digits and underscores; this is %q", names.Clip(c.is))
		}
	}
	return nil
}

// checkRows finds guarantees that a table cannot be judged by.
func (s *Scenario) checkRows(k *Sink, path string) error {
	switch g := k.Guarantee; {
	case k.Rows == nil:
	case g.Routing != "":
		return s.wrong(path, "the sink %s is a table, which has no partitions: declare routing: of another sink", k.Name)
	case g.Preserve != "":
		return s.wrong(path, "the sink %s is a table, whose rows have no headers: declare preserve: of another sink", k.Name)
	case g.Order == checker.OrderKey && k.Rows.OrderedBy == "" && k.Oracle != "latest":
		return s.wrong(path, "order: key of the sink %s cannot be judged: nothing tells in which order its rows came; name a column with ordered-by:, or say order: none", k.Name)
	}
	return nil
}

// plan is where the plan finds the rows.
func (r *Rows) plan() *workload.Rows {
	if r == nil {
		return nil
	}
	out := workload.Rows(*r)
	return &out
}
