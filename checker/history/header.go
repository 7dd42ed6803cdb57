package history

import (
	"encoding/json"
	"time"
)

// Format is the version of the file format that this package writes.
const Format = 1

// Header is the first thing in a history: what ran, with which seed, on what.
type Header struct {
	Format   int               `json:"format"`
	Run      string            `json:"run"` // id that every value of the workload carries
	Scenario string            `json:"scenario"`
	Seed     string            `json:"seed"`
	Began    time.Time         `json:"began"` // wall clock of Nanos 0, for people only
	Versions map[string]string `json:"versions,omitempty"`
	Plan     json.RawMessage   `json:"plan,omitempty"` // as in plan.json
}
