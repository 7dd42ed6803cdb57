package faults

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"surety/checker/history"
	"surety/topologies"
)

// revival starts victims again and keeps what their disks showed on the way.
type revival struct {
	t      Target
	disk   Disk
	starts map[string]int  // of each victim before the fault
	theirs map[string]bool // victims whose program is under test

	mu   sync.Mutex
	lost map[string]*lost
}

// newRevival reads how often the victims were started before the fault.
func newRevival(ctx context.Context, t Target, d Disk) (*revival, error) {
	r := &revival{t: t, disk: d, starts: map[string]int{}, theirs: map[string]bool{}, lost: map[string]*lost{}}
	for _, n := range t.Nodes {
		st, err := n.(topologies.Stater).State(ctx)
		if err != nil {
			return nil, err
		}
		r.starts[n.ID()] = st.Starts
		r.theirs[n.ID()] = n.Kind() == topologies.ProcessorNode
	}
	return r, nil
}

// start starts a victim that has ended.
func (r *revival) start(ctx context.Context, n topologies.Node) error {
	l, err := r.disk.start(ctx, n)
	r.mu.Lock()
	defer r.mu.Unlock()
	if l != nil {
		r.lost[n.ID()] = l
	}
	return err
}

// all starts the victims that do not run.
func (r *revival) all(ctx context.Context) error {
	return together(ctx, r.t.Nodes, func(ctx context.Context, n topologies.Node) error {
		st, err := n.(topologies.Stater).State(ctx)
		if err != nil || st.Status != topologies.Exited {
			return err
		}
		return r.start(ctx, n)
	})
}

// shown reads that every victim runs as a new process, that a disk that was to be
// lost held nothing at its start, and for brokers that the cluster is whole again. A
// processor that was started and has ended by itself is what is under test, and is not
// waited for.
func (r *revival) shown(ctx context.Context) (history.Evidence, error) {
	ev, err := r.t.processes(ctx, func(id string, st topologies.ProcessState) (bool, string) {
		started := st.Starts > r.starts[id]
		if started && r.theirs[id] && st.Status == topologies.Exited {
			return true, fmt.Sprintf("ended by itself with code %d, start %d", st.ExitCode, st.Starts)
		}
		return started && st.Status == topologies.Running, fmt.Sprintf("%s, start %d", st.Status, st.Starts)
	})
	if err != nil {
		return ev, err
	}
	r.disks(&ev)
	return r.t.whole(ctx, ev)
}

// disks adds to evidence what the victims' disks showed.
func (r *revival) disks(ev *history.Evidence) {
	if r.disk != Empty {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, n := range r.t.Nodes {
		l := r.lost[n.ID()]
		if l == nil || l.atStart.Files > 0 {
			ev.Shown = false
		}
		if l == nil {
			continue
		}
		ev.Text = strings.Trim(ev.Text+"; "+n.ID()+" "+l.String(), "; ")
		ev.Facts[n.ID()+"_lost_files"], ev.Facts[n.ID()+"_lost_bytes"] = l.before.Files, l.before.Bytes
		ev.Facts[n.ID()+"_files_at_start"] = l.atStart.Files
	}
}
