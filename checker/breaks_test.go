package checker

import (
	"fmt"
	"strings"
	"testing"
)

// breaksTable is the table of the definitions: ! always, o with order: key, a with
// declared atomicity, - never.
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
recovered        -            -             -
absent           -            -             -
reread           -            -             -
split            -            -             -
`

func TestBreaksFollowsTheTable(t *testing.T) {
	classes := []Class{
		Lost, Vanished, Stuck, Duplicated, Reordered, Torn, AbortedRead, Inconsistent, Corrupted,
		Phantom, Misrouted, FailedAppeared, Recovered, Absent, Reread, Split,
	}
	var got strings.Builder
	fmt.Fprintf(&got, "\n%-16s %-12s %-13s %s\n", "class", AtMostOnce, AtLeastOnce, ExactlyOnce)
	for _, c := range classes {
		var cells [3]string
		for i, d := range Deliveries {
			plain := Guarantee{Delivery: d, Order: OrderNone}.Breaks(c)
			ordered := Guarantee{Delivery: d, Order: OrderKey}.Breaks(c)
			atomic := Guarantee{Delivery: d, Atomicity: true}.Breaks(c)
			switch {
			case plain && ordered && atomic:
				cells[i] = "!"
			case !plain && ordered && !atomic:
				cells[i] = "o"
			case !plain && !ordered && atomic:
				cells[i] = "a"
			case !plain && !ordered && !atomic:
				cells[i] = "-"
			default:
				t.Errorf("%s under %s: plain %v, ordered %v, atomic %v", c, d, plain, ordered, atomic)
			}
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
