package topologies

// EngineSpec is a use of a stream processing engine, as topologies/engines knows it.
type EngineSpec struct {
	Kind      string            `json:"kind"`
	Version   string            `json:"version"`
	Job       string            `json:"job"`
	Guarantee string            `json:"guarantee"` // in the engine's own words
	Settings  map[string]string `json:"settings,omitempty"`
}

func (e EngineSpec) String() string {
	return e.Kind + " " + e.Version + ", job " + e.Job + ", " + e.Guarantee
}
