package processors

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// Processor is one reference or planted processor.
type Processor struct {
	Name  string
	About string // one sentence for people

	// Declares is the delivery guarantee that it claims: at-most-once,
	// at-least-once or exactly-once. Order is key where the order of each key is
	// claimed too, else none.
	Declares string
	Order    string

	// Broken marks a planted one, which keeps its claim without a fault and breaks
	// it with Under. The other fields are set for planted ones only.
	Broken bool
	Twin   string // the correct processor to run beside it
	Breaks string // class of the violation: lost, duplicated, reordered
	Under  string // fault that shows it: kill, pause, cut, lag
	How    string // what the fault does to it, and the fault's parameters

	// Run processes until the context ends, then finishes what it has in hand,
	// leaves the group and returns nil. An error says why it could not go on.
	Run func(ctx context.Context, cfg Config) error
}

// All lists every processor: the correct ones, then the planted ones.
var All = []Processor{
	atMostOnce,
	atLeastOnce,
	exactlyOnce,
	autoCommitSingleThreaded,
	hashedWorkers,
	rememberingDedup,

	commitBeforeProcessing,
	asyncAutoCommit,
	offsetsOutsideTransaction,
	zombieTransactionalID,
	noRewindAfterAbort,
	commitWithoutFlush,
	stealingWorkers,
	forgetfulDedup,
}

// Find gives the processor of that name. The error for an unknown name lists the
// known ones.
func Find(name string) (Processor, error) {
	names := make([]string, len(All))
	for i, p := range All {
		if p.Name == name {
			return p, nil
		}
		names[i] = p.Name
	}
	hint := ""
	if near := nearest(name, names); near != "" {
		hint = fmt.Sprintf("; did you mean %q?", near)
	}
	return Processor{}, fmt.Errorf("no processor is called %q%s Known: %s", name, orStop(hint), strings.Join(names, ", "))
}

// orStop ends a clause with a full stop where no hint has ended it.
func orStop(hint string) string {
	if hint == "" {
		return "."
	}
	return hint
}

// nearest is the known name with the least edits to it, if at most a third of
// the name has to change.
func nearest(name string, known []string) string {
	best, least := "", len(name)/3+1
	for _, k := range known {
		if d := edits(name, k); d < least {
			best, least = k, d
		}
	}
	return best
}

// edits is the Levenshtein distance of two names.
func edits(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = slices.Min([]int{change, row[j] + 1, row[j+1] + 1})
		}
	}
	return row[len(b)]
}
