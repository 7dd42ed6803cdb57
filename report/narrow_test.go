package report

import (
	"slices"
	"strings"
	"testing"

	"github.com/olekukonko/tablewriter/tw"
)

// A table that is wider than the terminal becomes lines that are not, and loses no
// number.
func TestATableThatIsTooWideIsStacked(t *testing.T) {
	for name, m := range models() {
		wide := string(render(t, Terminal{}, m))
		for _, width := range []int{60, 80, 100, 500} {
			narrow := string(render(t, Terminal{Width: width}, m))
			if width == 500 && narrow != wide {
				t.Errorf("%s: a table that fits is changed:\n%s", name, narrow)
			}
			for _, number := range strings.FieldsFunc(wide, func(r rune) bool { return !strings.ContainsRune("0123456789,.", r) }) {
				if !strings.Contains(narrow, number) {
					t.Errorf("%s at %d columns: %s is gone", name, width, number)
				}
			}
		}
	}
}

func TestTheNarrowFormHasTheVerdictFirst(t *testing.T) {
	header := []string{"scenario", "declared", "verdict", "ok/failed/unknown", "lost", "faults shown"}
	cells := [][]string{
		{"crash-at-least-once", "at-least-once + order", "✔ upheld", "20,000/0/0", "0", "kill ×2"},
		{"cut", "exactly-once", "✘ violated", "5,000/0/0", "12", ""},
	}
	var b strings.Builder
	if err := (Terminal{Width: 50}).rows(&b, slices.Repeat([]tw.Align{tw.AlignLeft}, len(header)), header, cells); err != nil {
		t.Fatal(err)
	}
	want := ` crash-at-least-once  ✔ upheld
   declared at-least-once + order
   ok/failed/unknown 20,000/0/0 · lost 0
   faults shown kill ×2
 cut                  ✘ violated
   declared exactly-once
   ok/failed/unknown 5,000/0/0 · lost 12
`
	if b.String() != want {
		t.Errorf("the narrow form is\n%s\nand not\n%s", b.String(), want)
	}
}
