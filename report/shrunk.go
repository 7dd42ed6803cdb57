package report

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/olekukonko/tablewriter/tw"

	"surety/checker"
)

// Shrunk is what became of a violating run that was reduced.
type Shrunk struct {
	Of      string          `json:"of"`      // the directory of the run
	Classes []checker.Class `json:"classes"` // of which one must show
	Was     ShrunkSize      `json:"was"`
	Is      ShrunkSize      `json:"is"`
	// Violated is how many of the last runs of the smallest were; of none it was not
	// confirmed.
	Violated   Rate    `json:"violated"`
	Least      int64   `json:"least"` // of them, to be confirmed
	Candidates int     `json:"candidates"`
	Runs       int     `json:"runs"`
	Ended      string  `json:"ended,omitempty"` // what ended the reducing before it was done
	TookS      float64 `json:"took_s"`
	File       string  `json:"file,omitempty"` // the smallest as a scenario that runs by itself
	Kept       string  `json:"kept"`
	Again      string  `json:"again,omitempty"` // command line that runs the smallest
	ExitCode   int     `json:"exit_code"`
}

// ShrunkSize measures a scenario.
type ShrunkSize struct {
	Faults    []string `json:"faults"`   // labels with their times
	BrokenS   float64  `json:"broken_s"` // the sum of all faults
	Instances int      `json:"instances"`
	Keys      int      `json:"keys"`
	Records   int64    `json:"records"`
	LoadS     float64  `json:"load_s"`
}

// Confirmed tells whether the smallest violated often enough.
func (s *Shrunk) Confirmed() bool { return s.Violated.Trials > 0 && s.Violated.Hits >= s.Least }

// JSON writes one document.
func (s *Shrunk) JSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(s)
}

// Text writes it for people.
func (s *Shrunk) Text(w io.Writer) error {
	var b strings.Builder
	var classes []string
	for _, c := range s.Classes {
		classes = append(classes, string(c))
	}
	fmt.Fprintf(&b, " %s violated (%s)\n\n", s.Of, strings.Join(classes, ", "))
	seconds := func(v float64) string { return tenths(time.Duration(v * float64(time.Second))) }
	rows := [][]string{
		{"faults", grouped(int64(len(s.Was.Faults))), grouped(int64(len(s.Is.Faults)))},
		{"broken for", seconds(s.Was.BrokenS), seconds(s.Is.BrokenS)},
		{"instances", grouped(int64(s.Was.Instances)), grouped(int64(s.Is.Instances))},
		{"keys", grouped(int64(s.Was.Keys)), grouped(int64(s.Is.Keys))},
		{"records", grouped(s.Was.Records), grouped(s.Is.Records)},
		{"load", seconds(s.Was.LoadS), seconds(s.Is.LoadS)},
	}
	if err := table(&b, []tw.Align{tw.AlignLeft, tw.AlignRight, tw.AlignRight}, []string{"", "was", "is"}, rows); err != nil {
		return err
	}
	b.WriteString("\n")
	for _, f := range s.Is.Faults {
		fmt.Fprintf(&b, " %s\n", f)
	}
	if s.Ended != "" {
		fmt.Fprintf(&b, " not reduced to the end: %s\n", s.Ended)
	}
	sign, word := signUpheld, "confirmed"
	if !s.Confirmed() {
		sign, word = signInconclusive, "not confirmed"
	}
	if s.Violated.Trials > 0 {
		fmt.Fprintf(&b, " %s %s: violated in %d of %d runs %s\n", sign, word, s.Violated.Hits, s.Violated.Trials, s.Violated)
	} else {
		fmt.Fprintf(&b, " %s %s: the smallest was not run once more\n", sign, word)
	}
	fmt.Fprintf(&b, " %s in %s, %s\n kept   %s\n", plural(int64(s.Candidates), "candidate"), plural(int64(s.Runs), "run"), seconds(s.TookS), s.Kept)
	if s.File != "" {
		fmt.Fprintf(&b, " file   %s\n", s.File)
	}
	if s.Again != "" {
		fmt.Fprintf(&b, " again  %s\n", s.Again)
	}
	_, err := io.WriteString(w, b.String())
	return err
}
