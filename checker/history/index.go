package history

import "math"

// Index sums up what the blocks of a history tell of, as a reading comes by them. A
// later reading passes over the blocks that tell nothing of what it wants. Blocks are
// summed up in groups, which grow so that there are never many.
type Index struct {
	names  []string
	groups []group
	blocks int // of the last group
	most   int // blocks of a group
	torn   bool
}

// manyGroups is how many groups there are at most: an index takes less than 2 MiB.
const manyGroups = 4096

// spreads is over how many ranges the keys of a group are spread: where all share
// one, a key that is far ahead of the others hides where they stand.
const spreads = 16

// group is a row of neighbouring blocks.
type group struct {
	at, next int64                 // where its first block begins, and what follows its last
	framed   bool                  // it has a record of a kind that always comes
	outcomes reach[uint64]         // their attempts
	seqs     [spreads]reach[int64] // of intents and observations, by key
}

// reach is from the lowest to the highest number of some, if there is any.
type reach[T int64 | uint64] struct {
	any    bool
	lo, hi T
}

func (r *reach[T]) add(x T) {
	switch {
	case !r.any:
		*r = reach[T]{true, x, x}
	case x < r.lo:
		r.lo = x
	case x > r.hi:
		r.hi = x
	}
}

func (r *reach[T]) merge(o reach[T]) {
	if o.any {
		r.add(o.lo)
		r.add(o.hi)
	}
}

func (r *reach[T]) has(x T) bool { return r.any && r.lo <= x && x <= r.hi }

// block begins to sum up the block that stands from at to next.
func (x *Index) block(at, next int64) *group {
	if x.blocks == x.most {
		if len(x.groups) == manyGroups {
			x.coarsen()
		}
		x.groups, x.blocks = append(x.groups, group{at: at}), 0
	}
	last := &x.groups[len(x.groups)-1]
	last.next = next
	x.blocks++
	return last
}

// coarsen makes one group of each two.
func (x *Index) coarsen() {
	for i := range len(x.groups) / 2 {
		a, b := x.groups[2*i], &x.groups[2*i+1]
		a.next, a.framed = b.next, a.framed || b.framed
		a.outcomes.merge(b.outcomes)
		for k := range a.seqs {
			a.seqs[k].merge(b.seqs[k])
		}
		x.groups[i] = a
	}
	x.groups = x.groups[:len(x.groups)/2]
	x.most *= 2
}

func (g *group) record(key Name, seq int64) { g.seqs[key%spreads].add(seq) }

// always says whether records of a rare kind come in a narrowed reading too: they
// say who read what, what was one transaction, what was done to the system, and how
// the history ended.
func always(k Kind) bool {
	switch k {
	case KindSession, KindSessionEnd, KindTxBegin, KindTxEnd, KindFault, KindDrain, KindEnd:
		return true
	}
	return false
}

// narrowing is what a narrowed reading wants, and where it stands.
type narrowing struct {
	wanted *Wanted
	open   map[uint64]bool // wanted attempts that were not answered yet
	index  *Index          // nil: all blocks are read
	group  int             // the next one to be looked at
	until  int64           // up to where blocks are read
}

// wants says whether a group may tell of something wanted.
func (n *narrowing) wants(g *group) bool {
	if g.framed {
		return true
	}
	for attempt := range n.open {
		if g.outcomes.has(attempt) {
			return true
		}
	}
	for key := range n.wanted.whole {
		if g.seqs[key%spreads].any {
			return true
		}
	}
	for key, seqs := range n.wanted.records {
		for _, seq := range seqs {
			if g.seqs[key%spreads].has(seq) {
				return true
			}
		}
	}
	return false
}

// next is where the first block stands from at on that may tell of something wanted;
// MaxInt64 if there is none.
func (n *narrowing) next(at int64) int64 {
	if n.index == nil || at < n.until {
		return at
	}
	for ; n.group < len(n.index.groups); n.group++ {
		if g := &n.index.groups[n.group]; n.wants(g) {
			n.group++
			n.until = g.next
			return g.at
		}
	}
	return math.MaxInt64
}

// takes says whether a record of a packed kind is wanted.
func (n *narrowing) takes(kind Kind, rec *Record) bool {
	switch kind {
	case KindIntent:
		if !n.wanted.Has(rec.Intent.Key, rec.Intent.Seq) {
			return false
		}
		n.open[rec.Intent.Attempt] = true
	case KindOutcome:
		if !n.open[rec.Outcome.Attempt] {
			return false
		}
		delete(n.open, rec.Outcome.Attempt)
	case KindObservation:
		return n.wanted.Has(rec.Observation.Key, rec.Observation.Seq)
	}
	return true
}
