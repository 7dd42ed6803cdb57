package faults

import (
	"context"
	"fmt"

	"surety/topologies"
)

// Disk is what a node finds of what it stored when it starts again.
type Disk string

// What becomes of a disk.
const (
	// Kept is the disk as the process left it. It is the default.
	Kept Disk = "kept"
	// Empty is a new disk: what was stored on the node alone is lost.
	Empty Disk = "empty"
)

// Check tells whether the word is known.
func (d Disk) Check() error { return oneOf("disk", d, Kept, Empty) }

// needs is what the word asks of a provider.
func (d Disk) needs(target Selector) []topologies.Capability {
	if d != Empty {
		return nil
	}
	return forNodes(target, topologies.EmptyBroker, topologies.EmptyProcessor)
}

// suffix names the disk in a label, where it is not the default.
func (d Disk) suffix() string {
	if d != Empty {
		return ""
	}
	return " (empty disk)"
}

func (d Disk) can(n topologies.Node) error {
	if _, ok := n.(topologies.Wiper); d == Empty && !ok {
		return fmt.Errorf("%s cannot lose its disk in its provider", n.ID())
	}
	return nil
}

// lost is what a node had stored before it lost its disk, and what the new one held
// when the node was started on it.
type lost struct{ before, atStart topologies.Stored }

func (l lost) String() string {
	return fmt.Sprintf("lost %s, started with %s", l.before, l.atStart)
}

// start starts a node that has ended, on the disk that is meant. What is lost is nil
// where the disk is kept.
func (d Disk) start(ctx context.Context, n topologies.Node) (*lost, error) {
	var l *lost
	if d == Empty {
		w := n.(topologies.Wiper)
		before, err := w.Stored(ctx)
		if err != nil {
			return nil, err
		}
		if err := w.Wipe(ctx); err != nil {
			return nil, err
		}
		after, err := w.Stored(ctx)
		if err != nil {
			return nil, err
		}
		l = &lost{before, after}
	}
	return l, n.(topologies.Starter).Start(ctx)
}
