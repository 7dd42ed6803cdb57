package faults

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"surety/checker/history"
)

const (
	// rolesEvery is how often it is asked who plays the roles that a fault was aimed at.
	rolesEvery = 250 * time.Millisecond
	// rolesWithin bounds one such question: nobody may play a role for a while.
	rolesWithin = 2 * time.Second
	// mostMoves bounds what one fault tells of roles that come and go.
	mostMoves = 50
)

// WatchRoles writes to the history when a role that the fault was aimed at moves to
// another node, until ctx ends. Unlike the other steps it runs beside them. Nobody
// playing a role, or a question that fails, is no move.
func (l *Life) WatchRoles(ctx context.Context) {
	playing := l.roles.players()
	if len(playing) == 0 {
		return
	}
	began := time.Now()
	tick := time.NewTicker(rolesEvery)
	defer tick.Stop()
	for moves := 0; moves < mostMoves; {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		for _, role := range slices.Sorted(maps.Keys(playing)) {
			now, ok := l.ask(ctx, role)
			was := playing[role]
			if !ok || now.ids() == was.ids() {
				continue
			}
			playing[role] = now
			moves++
			after := time.Since(began)
			l.note(history.FaultRoleMoved, history.Evidence{
				Shown: true,
				Text:  fmt.Sprintf("%s moved from %s to %s after %.1f s", role, was.ids(), now.ids(), after.Seconds()),
				Facts: map[string]any{"role": role, "from": was.ids(), "to": now.ids(), "after_ms": ms(after)},
			}, nil)
		}
	}
}

func (l *Life) ask(ctx context.Context, role string) (player, bool) {
	short, cancel := context.WithTimeout(ctx, rolesWithin)
	defer cancel()
	nodes, seen, err := l.sys.Roles.Resolve(short, role)
	return player{nodes, seen}, err == nil
}
