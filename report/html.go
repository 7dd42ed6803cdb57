package report

import (
	"embed"
	"fmt"
	"html/template"
	"io"
	"maps"
	"slices"
	"strings"

	"surety/checker"
)

// HTML writes one page that needs nothing besides: no network, no script. It has the
// verdict first, and what leads to it below.
type HTML struct{}

// Name implements Format.
func (HTML) Name() string { return "html" }

func (HTML) wantsRecords() bool { return true }

//go:embed page.html style.html detection.html
var pageFiles embed.FS

// pages are the templates: those of pages, and the style that they share.
var pages = template.Must(template.ParseFS(pageFiles, "*.html"))

// pageData is what the template sees: texts and pictures, nothing to compute.
type pageData struct {
	Headline    string
	State       string // good, bad or open: the colour of the headline
	About, Seed string
	Took        string
	Again, Kept string
	Allowed     string
	Matrix      *matrix
	TriedHeader []string
	Tried       [][]string
	Notes       []string
	Replay      string // what was replayed
	Hits        [][]string
	HitsHeader  []string
	Among       bool // there is not exactly one run
	Runs        []pageRun
}

type pageRun struct {
	Trial                         int
	ID, Scenario, Headline, State string
	Declared, Observed, Expected  string
	Processor                     string
	Details                       string // what the terminal says of it
	Figures                       []pageFigure
	Counts                        []pageCount
	Faults                        []pageFault
	Plots                         []plot
	Lanes                         []lanePicture
	Signals                       []string
	Logs                          []LogLines
	Versions                      []pageFigure
	Missing                       string
	Dir, Again, Began             string
}

type pageFigure struct{ Name, Value string }

// pageCount is a class at a sink.
type pageCount struct {
	Sink, Class string
	Count       string
	Judgement   string // breaks it, or legal
	Bad         bool
}

type pageFault struct {
	No                                                       int
	Label, Targets, When, Offered, Recovery, Shown, Evidence string
	Bar                                                      float64 // recovery, in percent of the run's longest
}

// Write implements Format.
func (HTML) Write(w io.Writer, m *Model) error {
	d := pageData{
		Headline: headline(m), About: m.About, Seed: m.Seed, Took: tenths(m.Took), Again: m.Again, Kept: m.Kept, Allowed: allowances(m),
		State: "good",
	}
	for i, r := range m.Runs {
		p := pageOf(r)
		p.ID = fmt.Sprintf("run-%d", i+1)
		if p.State == "bad" || p.State == "open" && d.State == "good" {
			d.State = p.State
		}
		d.Runs = append(d.Runs, p)
	}
	switch {
	case m.Trials != nil:
		d.TriedHeader, d.Notes = triedHeader, m.notes()
		for _, t := range m.Tried() {
			d.Tried = append(d.Tried, t.cells())
		}
	case len(m.Runs) != 1:
		d.Matrix = matrixOf(m.Runs)
	}
	d.Among = len(m.Runs) != 1
	if m.Replay != nil {
		d.Replay, d.HitsHeader = m.Replay.title(), replayHeader
		for _, s := range m.Replay.Steps {
			d.Hits = append(d.Hits, s.cells())
		}
	}
	if len(m.Runs) == 0 {
		d.State = "open"
	}
	var b strings.Builder
	if err := pages.ExecuteTemplate(&b, "page.html", d); err != nil {
		return err
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// stateOf is how a run looks: as it should be, not so, or open.
func stateOf(r Run) string {
	switch urgency(r) {
	case 0:
		return "bad"
	case calm:
		return "good"
	}
	return "open"
}

func pageOf(r Run) pageRun {
	p := pageRun{
		Scenario: r.Scenario, Trial: r.Trial, Headline: sentence(r), State: stateOf(r), Declared: declared(r.Guarantee), Observed: observed(r),
		Expected: r.Expect, Processor: r.Processor, Details: strings.TrimSpace(detailed(r)), Dir: r.Dir, Again: r.Again,
	}
	for _, f := range r.Figures() {
		p.Figures = append(p.Figures, pageFigure{f.Name, f.Text()})
	}
	v := r.Verdict
	if v != nil {
		for _, s := range v.Sinks {
			p.Counts = append(p.Counts, pageCounts(s.Sink, s.Counts, s.Breaks)...)
		}
		for _, l := range v.Logs {
			p.Counts = append(p.Counts, pageCounts("log of "+l.Log, l.Counts, l.Breaks)...)
		}
		p.Faults = pageFaults(v)
	}
	if rec := r.Records; rec != nil {
		p.Missing, p.Logs, p.Signals = rec.Missing, rec.Lines, rec.signalLines()
		if !rec.Began.IsZero() {
			p.Began = rec.Began.UTC().Format("2006-01-02 15:04:05 UTC")
		}
		for _, name := range slices.Sorted(maps.Keys(rec.Versions)) {
			p.Versions = append(p.Versions, pageFigure{name, rec.Versions[name]})
		}
		if v != nil {
			p.Plots, p.Lanes = plots(rec.Timeline, v.Faults), lanePictures(r)
			for i := range p.Plots {
				p.Plots[i].Note = placed(p.Plots[i], r)
			}
		}
	}
	return p
}

// placed says where a plot could not place all that was counted.
func placed(p plot, r Run) string {
	for _, l := range p.Lines {
		if all := r.figure(l.Name); l.Last != "" && all != "" && all != l.Last {
			return fmt.Sprintf("%s; %s of %s %s could be placed in time", p.Note, l.Last, all, l.Name)
		}
	}
	return p.Note
}

// observed says what came out, in the words of the classes that are counted.
func observed(r Run) string {
	if r.Verdict == nil {
		return "nothing was judged"
	}
	var parts []string
	for _, name := range []string{"lost", "duplicated", "reordered"} {
		parts = append(parts, r.figure(name)+" "+name)
	}
	for _, c := range checker.Judged {
		switch c {
		case checker.Lost, checker.Vanished, checker.Duplicated, checker.Reordered:
		default:
			if n := r.count(c); n > 0 {
				parts = append(parts, grouped(n)+" "+string(c))
			}
		}
	}
	return strings.Join(parts, ", ")
}

// pageCounts lists the classes that were found, and those that break the guarantee.
func pageCounts(sink string, counts, breaks map[checker.Class]int64) (out []pageCount) {
	for _, c := range slices.Sorted(maps.Keys(counts)) {
		if counts[c] == 0 {
			continue
		}
		row := pageCount{Sink: sink, Class: string(c), Count: grouped(counts[c]), Judgement: "legal"}
		if breaks[c] > 0 {
			row.Judgement, row.Bad = "breaks the guarantee", true
		}
		out = append(out, row)
	}
	return out
}

func pageFaults(v *checker.Verdict) (out []pageFault) {
	longest := longestRecovery(v).Nanoseconds()
	for i, f := range v.Faults {
		p := pageFault{
			No: i + 1, Label: f.Label, Targets: strings.Join(f.Targets, ", "), When: stamp(f.From) + " to " + stamp(f.To), Offered: grouped(f.Offered),
			Recovery: "not seen", Shown: signUpheld + " shown",
		}
		if !f.Shown {
			p.Shown = signInconclusive + " " + unshown(f)
		}
		if f.Recovery > 0 {
			p.Recovery, p.Bar = stamp(f.Recovery), 100*float64(f.Recovery)/float64(max(1, longest))
			if n := len(f.Recoveries); n > 1 {
				p.Recovery += fmt.Sprintf(", the quickest of %d partitions %s", n, stamp(quickest(f)))
			}
		}
		var texts []string
		for _, e := range f.Evidence {
			if e.Text != "" && !slices.Contains(texts, e.Text) {
				texts = append(texts, e.Text)
			}
		}
		if f.Error != "" {
			texts = append(texts, f.Error)
		}
		p.Evidence = strings.Join(texts, "; ")
		out = append(out, p)
	}
	return out
}
