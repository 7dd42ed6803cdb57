package main

import (
	"fmt"

	"surety/scenarios"
	"surety/scenarios/catalogue"
)

// elsewhere says which other provider can do all that the plan asks for; empty where
// none can.
func elsewhere(p *scenarios.Plan) string {
	need, err := p.Needs(catalogue.Vocabulary())
	if err != nil {
		return ""
	}
	for _, other := range catalogue.Providers {
		if other.Name() != p.Topology.Provider && len(other.Capabilities().Missing(need)) == 0 {
			return fmt.Sprintf("run it with --provider %s, which can", other.Name())
		}
	}
	return ""
}
