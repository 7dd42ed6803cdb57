package faults

import (
	"fmt"

	"surety/topologies"
)

// How is in which way the far side of a cut link is gone. Clients take them
// differently: silence costs a time-out, a refusal tells at once that the peer is
// down, a reset tells that the connection is, and none of them tells whether what
// was sent was applied.
type How string

// The kinds of gone.
const (
	// Silent holds bytes and delivers them at the healing. It is the default.
	Silent How = "silent"
	// SilentReset holds bytes and at the healing resets the connections: nothing of
	// what was held is delivered.
	SilentReset How = "silent-reset"
	// Refused closes open connections and refuses dials, as a process that ended.
	Refused How = "refuse"
	// Rejected resets open connections and new ones, as a firewall may.
	Rejected How = "reset"
)

// Check tells whether the kind is known, and whether it can be done one way.
func (h How) Check(oneWay bool) error {
	switch h {
	case "", Silent, SilentReset:
		return nil
	case Refused, Rejected:
		if oneWay {
			return fmt.Errorf("how: %s ends whole connections, which have no direction: write between: [A, B]", h)
		}
		return nil
	}
	return fmt.Errorf("unknown how %q; known: %s, %s, %s, %s", string(h), Silent, SilentReset, Refused, Rejected)
}

// needs is what the kind asks of a provider beyond the cut itself.
func (h How) needs() []topologies.Capability {
	switch h {
	case SilentReset:
		return []topologies.Capability{topologies.DiscardHeld}
	case Refused:
		return []topologies.Capability{topologies.RefuseLinks}
	case Rejected:
		return []topologies.Capability{topologies.RejectLinks}
	}
	return nil
}

// suffix names the kind in a label, where it is not the default.
func (h How) suffix() string {
	if h == "" || h == Silent {
		return ""
	}
	return " (" + string(h) + ")"
}
