package workload

// Rows says where a sink that is a table of a database has what. A row tells what it is
// by Value, or by Key and Seq.
type Rows struct {
	Table string `json:"table"`           // may begin with a schema: audit.orders
	Value string `json:"value,omitempty"` // column with the value that went in, or a text that Reading finds it in
	Key   string `json:"key,omitempty"`   // column with its key
	Seq   string `json:"seq,omitempty"`   // column with its sequence number
	// OrderedBy is the column that tells in which order the rows came; empty = nothing
	// does, and no order can be judged.
	OrderedBy string `json:"ordered_by,omitempty"`
}

// String says in words what is read.
func (r Rows) String() string {
	s := "the rows of table " + r.Table + ", which are told by " + r.Value
	if r.Value == "" {
		s = "the rows of table " + r.Table + ", which are told by " + r.Key + " and " + r.Seq
	}
	if r.OrderedBy != "" {
		s += ", ordered by " + r.OrderedBy
	}
	return s + ", in one transaction"
}
