package main

import (
	"strings"

	"github.com/mattn/go-runewidth"
)

// Colours, as a terminal is told of them.
const (
	bold    = "1"
	faint   = "2"
	red     = "31"
	green   = "32"
	amber   = "33"
	magenta = "35"
	cyan    = "36"
)

// gap stands between the two sides of a line.
const gap = 2

// line is text in parts, each with its colour or none.
type line struct{ parts []part }

type part struct{ color, text string }

func (l *line) add(color, text string) { l.parts = append(l.parts, part{color, text}) }

// columns is how wide the line is on a terminal.
func (l line) columns() (n int) {
	for _, p := range l.parts {
		n += columns(p.text)
	}
	return n
}

// fit writes the line with right at the right edge of a terminal. Where there is no room
// for both, the left side is cut, or right is left out if it would take nearly all.
func (l line) fit(width int, right line, color bool) string {
	var b strings.Builder
	beside := right.columns()
	if beside > width*3/4 {
		right, beside = line{}, 0
	}
	room := width
	if beside > 0 {
		room -= beside + gap
	}
	used := l.write(&b, max(0, room), color)
	if beside > 0 {
		b.WriteString(strings.Repeat(" ", width-used-beside))
		right.write(&b, beside, color)
	}
	return strings.TrimRight(b.String(), " ")
}

// write writes as much as there is room for, and tells how much that is.
func (l line) write(b *strings.Builder, room int, color bool) (used int) {
	for _, p := range l.parts {
		if used >= room {
			break
		}
		text := runewidth.Truncate(p.text, room-used, "…")
		used += columns(text)
		if color && p.color != "" {
			text = "\x1b[" + p.color + "m" + text + "\x1b[0m"
		}
		b.WriteString(text)
	}
	return used
}

// columns is how wide a text is on a terminal.
func columns(text string) int { return runewidth.StringWidth(text) }

// padded makes a text exactly so wide.
func padded(text string, width int) string {
	return runewidth.FillRight(runewidth.Truncate(text, width, "…"), width)
}
