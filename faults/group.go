package faults

import (
	"context"
	"fmt"
	"slices"

	"surety/checker/history"
)

// Group is the processors' consumer group as its coordinator sees it.
type Group struct {
	Stable  bool // no rebalance is going on
	Members []string
}

// joined tells whether the group is stable with at least so many members, one of which
// was not there before.
func (g Group) joined(many int, before []string) bool {
	fresh := slices.ContainsFunc(g.Members, func(id string) bool { return !slices.Contains(before, id) })
	return g.Stable && fresh && len(g.Members) >= many
}

// membership is how a fault sees the group before and meanwhile. Processors need not
// use the group that they were told of: then there is nothing to see.
type membership struct {
	ask    func(ctx context.Context) (Group, error)
	before Group
}

// members looks at the group before a fault.
func (t Target) members(ctx context.Context) membership {
	if t.Group == nil {
		return membership{}
	}
	g, err := t.Group(ctx)
	if err != nil || len(g.Members) == 0 {
		return membership{}
	}
	return membership{ask: t.Group, before: g}
}

// used tells whether the processors use the group.
func (m membership) used() bool { return m.ask != nil }

// now looks at the group. While brokers are broken, nobody may answer: that is no
// member and no error.
func (m membership) now(ctx context.Context) (Group, bool) {
	if !m.used() {
		return Group{}, false
	}
	g, err := m.ask(ctx)
	return g, err == nil
}

// tell adds to evidence how many members the group has now, and who has gone since.
func (m membership) tell(ctx context.Context, ev *history.Evidence) {
	g, ok := m.now(ctx)
	if !ok {
		return
	}
	gone := 0
	for _, id := range m.before.Members {
		if !slices.Contains(g.Members, id) {
			gone++
		}
	}
	ev.Text += fmt.Sprintf("; the group has %d members", len(g.Members))
	if gone > 0 {
		ev.Text += fmt.Sprintf(", %d of the %d before have gone", gone, len(m.before.Members))
	}
	ev.Facts["group_members_before"], ev.Facts["group_members"] = len(m.before.Members), len(g.Members)
	ev.Facts["group_members_gone"] = gone
}
