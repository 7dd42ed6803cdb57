package topologies

// EffectsPort is what the links to a sink that takes effects are for.
const EffectsPort = "http"

// EffectsPath is where such a sink takes them.
const EffectsPath = "/effects"

// SinkID is the node of a sink of the harness.
func SinkID(name string) string { return name + "-1" }

// Tell replaces the place of a sink that takes effects by where this processor posts
// them to, in the first output as well.
func (v *Vars) Tell(sink, url string) {
	outputs := map[string]string{}
	for name, place := range v.Outputs { // others are told from the same map
		outputs[name] = place
	}
	if v.Output == outputs[sink] {
		v.Output = url
	}
	outputs[sink] = url
	v.Outputs = outputs
}
