package kafka

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"surety/checker/history"
	"surety/topologies"
)

// owner finds the processor that has been given a partition. While the group
// rebalances nobody has it, which is waited for.
func (r *Roles) owner(ctx context.Context, role, arg string) ([]topologies.Node, history.Evidence, error) {
	n, ev, err := r.ownerOf(ctx, arg)
	if err != nil {
		return nil, history.Evidence{}, fmt.Errorf("resolve the role %s: %w", role, err)
	}
	return []topologies.Node{n}, ev, nil
}

func (r *Roles) ownerOf(ctx context.Context, arg string) (topologies.Node, history.Evidence, error) {
	alias, topic, p, err := r.partition(arg)
	group := r.Groups[topic]
	if err == nil && group == "" {
		err = fmt.Errorf("no group of processors reads %s", alias)
	}
	if err != nil {
		return nil, history.Evidence{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, resolveWithin)
	defer cancel()
	for {
		g, err := r.Admin.Group(ctx, group)
		if m, has := g.owner(topic, p); err == nil && has {
			n, err := r.processorOf(ctx, m)
			return n, history.Evidence{
				Shown: true,
				Text:  fmt.Sprintf("the group had given %s/%d to its member %s", alias, p, m.ID),
				Facts: map[string]any{"member": m.ID, "members": len(g.Members)},
			}, err
		}
		if err == nil {
			err = fmt.Errorf("the group is %s with %d members and has given %s/%d to nobody", g.State, len(g.Members), alias, p)
		}
		if !sleep(ctx) {
			return nil, history.Evidence{}, err
		}
	}
}

// processorOf finds the processor that a member is: by its client id or its instance
// id, which are the processor's name or have it in them, else by the address that it
// comes from.
func (r *Roles) processorOf(ctx context.Context, m Member) (topologies.Node, error) {
	var named, there []topologies.Node
	for _, n := range r.Nodes {
		if n.Kind() != topologies.ProcessorNode {
			continue
		}
		if names(m.Client, n.ID()) || names(m.Instance, n.ID()) {
			named = append(named, n)
		}
		if a, ok := n.(topologies.Addressed); ok {
			// One that cannot be asked is not found by its address.
			if all, err := a.Addresses(ctx); err == nil && slices.Contains(all, strings.TrimPrefix(m.Host, "/")) {
				there = append(there, n)
			}
		}
	}
	for _, found := range [][]topologies.Node{named, there} {
		if len(found) == 1 {
			return found[0], nil
		}
	}
	return nil, fmt.Errorf("the owner is the client %q at %s, and no processor's name is part of that: give each instance its own name as client.id, which {{.Name}} tells it",
		m.Client, m.Host)
}

// names tells whether a client's id is a node's name, or has it in it as a word.
func names(id, node string) bool {
	word := regexp.MustCompile(`(^|[^a-zA-Z0-9])` + regexp.QuoteMeta(node) + `($|[^a-zA-Z0-9])`)
	return word.MatchString(id)
}
