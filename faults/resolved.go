package faults

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"surety/checker/history"
	"surety/topologies"
)

// resolved asks who plays a role once, and remembers: all of one fault is aimed at the
// same nodes, whatever moves meanwhile.
type resolved struct {
	of topologies.Roles

	mu    sync.Mutex
	known map[string]player
}

// player is who played a role, and how that showed.
type player struct {
	nodes []topologies.Node
	seen  history.Evidence
}

func (p player) ids() string {
	var out []string
	for _, n := range p.nodes {
		out = append(out, n.ID())
	}
	slices.Sort(out)
	return strings.Join(out, ", ")
}

// Resolve implements topologies.Roles.
func (r *resolved) Resolve(ctx context.Context, role string) ([]topologies.Node, history.Evidence, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if p, known := r.known[role]; known {
		return p.nodes, p.seen, nil
	}
	nodes, seen, err := r.of.Resolve(ctx, role)
	if err != nil {
		return nil, seen, err
	}
	if r.known == nil {
		r.known = map[string]player{}
	}
	r.known[role] = player{nodes, seen}
	return nodes, seen, nil
}

// evidence tells who played which role, role by role.
func (r *resolved) evidence() history.Evidence {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.known) == 0 {
		return history.Evidence{}
	}
	ev := history.Evidence{Shown: true, Facts: map[string]any{}}
	var said []string
	for _, role := range slices.Sorted(maps.Keys(r.known)) {
		p := r.known[role]
		said = append(said, fmt.Sprintf("%s was %s: %s", role, p.ids(), p.seen.Text))
		ev.Facts[role] = p.ids()
	}
	ev.Text = strings.Join(said, "; ")
	return ev
}

// players are the roles that were asked for and who played them.
func (r *resolved) players() map[string]player {
	r.mu.Lock()
	defer r.mu.Unlock()
	return maps.Clone(r.known)
}
