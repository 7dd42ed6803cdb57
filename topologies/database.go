package topologies

// DatabaseSpec is the database beside the brokers, which processors read and write:
// one node, database-1. The zero value is none.
type DatabaseSpec struct {
	Kind    string            `json:"kind"`              // postgres
	Version string            `json:"version,omitempty"` // empty = the provider's default
	Config  map[string]string `json:"config,omitempty"`  // settings of the server over the provider's own
	Limits  Limits            `json:"limits,omitzero"`
}

// Any tells whether there is one.
func (d DatabaseSpec) Any() bool { return d.Kind != "" }

// Databased is a topology that may have a database.
type Databased interface {
	// Database is the URL under which one of the harness's own views reaches it, with
	// user and name of the database; empty where there is none.
	Database(View) string
}
