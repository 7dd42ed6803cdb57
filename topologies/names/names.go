// Package names is the one place that answers a name which nothing knows: what
// was asked for, what may have been meant, and what is known.
package names

import (
	"fmt"
	"strings"
)

// longest is how much of a wrong name is quoted, and the longest name that is
// compared with the known ones.
const longest = 60

// Unknown says in one sentence that nothing of this kind has the name, what may
// have been meant, and what is known, in the order given:
//
//	unknown fault "parttion" (did you mean "partition"?); known: kill, partition
func Unknown(kind, name string, known []string) string {
	s := fmt.Sprintf("unknown %s %q", kind, Clip(name))
	if near := Nearest(name, known); near != "" {
		s += fmt.Sprintf(" (did you mean %q?)", near)
	}
	if len(known) == 0 {
		return s + "; none is known"
	}
	return s + "; known: " + strings.Join(known, ", ")
}

// Clip shortens what somebody typed to what a message can quote.
func Clip(s string) string {
	if r := []rune(s); len(r) > longest {
		return string(r[:longest]) + "…"
	}
	return s
}

// Nearest gives the known name with the fewest slips of the pen from name, the
// first of several, or "" where none is near: at most a third of the letters may
// differ, and of a short name one or two.
func Nearest(name string, known []string) string {
	typed := []rune(name)
	if len(typed) > longest {
		return ""
	}
	best, least := "", 1+max(len(typed)/3, min(2, len(typed)/2))
	for _, k := range known {
		if d := edits(typed, []rune(k)); d < least {
			best, least = k, d
		}
	}
	return best
}

// edits is the optimal string alignment distance: letters inserted, left out,
// changed, or swapped with their neighbour.
func edits(a, b []rune) int {
	d := make([][]int, len(a)+1)
	for i := range d {
		d[i] = make([]int, len(b)+1)
		d[i][0] = i
	}
	for j := range b {
		d[0][j+1] = j + 1
	}
	for i := range a {
		for j := range b {
			change := d[i][j]
			if a[i] != b[j] {
				change++
			}
			d[i+1][j+1] = min(change, d[i][j+1]+1, d[i+1][j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				d[i+1][j+1] = min(d[i+1][j+1], d[i-1][j-1]+1)
			}
		}
	}
	return d[len(a)][len(b)]
}
