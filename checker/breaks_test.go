package checker

import (
	"cmp"
	"fmt"
	"strings"
	"testing"
)

// breaksTable is the table of the definitions: ! always, o with order: key, a with
// declared atomicity, s with a declared state, t with
// a recovery deadline, p with declared preservation, - never.
const breaksTable = `
class            at-most-once at-least-once exactly-once
lost             -            !             !
vanished         -            !             !
stuck            -            !             !
duplicated       !            -             !
reordered        o            o             o
torn             a            a             !
aborted-read     a            a             !
inconsistent     !            !             !
corrupted        !            !             !
phantom          !            !             !
misrouted        !            !             !
failed-appeared  !            !             !
wrong-state      !            !             !
regressed        s            s             !
late             t            t             t
altered          p            p             p
unavailable      v            v             v
differed         !            !             !
recovered        -            -             -
absent           -            -             -
reread           -            -             -
split            -            -             -
dead-lettered    -            -             -
dropped-late     -            -             -
`

func TestBreaksFollowsTheTable(t *testing.T) {
	classes := []Class{
		Lost, Vanished, Stuck, Duplicated, Reordered, Torn, AbortedRead, Inconsistent, Corrupted,
		Phantom, Misrouted, FailedAppeared, WrongState, Regressed, Late, Altered, Unavailable, Differed,
		Recovered, Absent, Reread, Split, DeadLettered, DroppedLate,
	}
	declared := []struct {
		sign string
		with func(*Guarantee)
	}{
		{"o", func(g *Guarantee) { g.Order = OrderKey }},
		{"a", func(g *Guarantee) { g.Atomicity = true }},
		{"s", func(g *Guarantee) { g.State = StateFinal }},
		{"t", func(g *Guarantee) { g.Recovery = 1 }},
		{"p", func(g *Guarantee) { g.Preserve = true }},
		{"v", func(g *Guarantee) { g.Accepted = 0.5 }},
	}
	var got strings.Builder
	fmt.Fprintf(&got, "\n%-16s %-12s %-13s %s\n", "class", AtMostOnce, AtLeastOnce, ExactlyOnce)
	for _, c := range classes {
		var cells [3]string
		for i, d := range Deliveries {
			if (Guarantee{Delivery: d, Order: OrderNone}).Breaks(c) {
				cells[i] = "!"
				continue
			}
			for _, more := range declared {
				g := Guarantee{Delivery: d}
				if more.with(&g); g.Breaks(c) {
					cells[i] += more.sign
				}
			}
			cells[i] = cmp.Or(cells[i], "-")
		}
		fmt.Fprintf(&got, "%-16s %-12s %-13s %s\n", c, cells[0], cells[1], cells[2])
	}
	if got.String() != breaksTable {
		t.Errorf("got %s\nwant %s", got.String(), breaksTable)
	}
}

func TestUnknownDeliveryBreaksNothing(t *testing.T) {
	if (Guarantee{Delivery: "perhaps"}).Breaks(Lost) {
		t.Error("a guarantee that nobody knows was broken")
	}
}
