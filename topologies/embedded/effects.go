package embedded

import (
	"slices"

	"surety/topologies"
	"surety/topologies/gateway"
)

// effects is a sink of the harness that processors post effects to. Nothing can be done
// to it but to its links.
type effects string

func (e effects) ID() string                { return string(e) }
func (e effects) Kind() topologies.NodeKind { return topologies.SinkNode }

// effects gives each processor a proxy to each sink that takes effects.
func (t *topology) effects() []gateway.Route {
	var routes []gateway.Route
	for _, sink := range t.spec.Effects {
		for _, from := range t.clients() {
			if from == string(topologies.Drive) {
				continue
			}
			routes = append(routes, gateway.Route{
				From: from, To: topologies.SinkID(sink), Port: topologies.EffectsPort,
				Listen: "127.0.0.1:0", Upstream: t.env.Effects[sink],
			})
		}
	}
	return routes
}

// tellEffects tells an instance where it posts effects to.
func (t *topology) tellEffects(v *topologies.Vars) {
	for _, sink := range t.spec.Effects {
		i := slices.IndexFunc(t.cluster.others, func(r gateway.Route) bool {
			return r.From == v.Name && r.To == topologies.SinkID(sink)
		})
		v.Tell(sink, "http://"+t.cluster.others[i].Listen+topologies.EffectsPath)
	}
}
