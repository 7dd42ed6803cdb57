package scenarios

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"surety/topologies/names"
)

// Span is how long a fault lasts; with two times, drawn from the seed between both.
type Span struct{ From, To time.Duration }

// Lasting is a span with nothing to draw.
func Lasting(d time.Duration) Span { return Span{d, d} }

// longestSpan bounds a typing error.
const longestSpan = time.Hour

// span reads "2s" or "500ms..2s" of a step.
func span(n *yaml.Node, field string) (Span, error) {
	a, b, ranged := strings.Cut(n.Value, "..")
	if !ranged {
		b = a
	}
	from, errFrom := time.ParseDuration(strings.TrimSpace(a))
	to, errTo := time.ParseDuration(strings.TrimSpace(b))
	if errFrom != nil || errTo != nil || from < 0 || to > longestSpan || from > to {
		return Span{}, at(n, "%s is a time between 0s and 1h, as 500ms, 3s or 500ms..3s; this is %q", field, names.Clip(n.Value))
	}
	return Span{from, to}, nil
}

// Draw settles a span: u draws a number of the seed in [0, 1), where there is
// something to draw.
func (s Span) Draw(u func() float64) time.Duration {
	if s.From == s.To {
		return s.From
	}
	return s.From + time.Duration(u()*float64(s.To-s.From))
}

// Event is what a fault waits for instead of a time of the load. At most one of its
// fields is given; with none there is nothing to wait for.
type Event struct {
	// From..To is the share of the load that is acknowledged.
	After Moment
	// Rebalance is the n-th one of the processors' group since the load began.
	Rebalance int
	// While is a state of the cluster.
	While string
}

// FollowersBehind is the state in which a replica of the input is not in sync with
// its leader.
const FollowersBehind = "followers-behind"

// States lists what an Event can wait for by While.
var States = []string{FollowersBehind}

// IsZero tells that there is nothing to wait for.
func (e Event) IsZero() bool { return e == Event{} }

var rebalanceForm = regexp.MustCompile(`^rebalance ([1-9][0-9]{0,3})$`)

// placed are the fields that say when a fault happens.
var placed = []string{"at", "after", "in", "while"}

// place reads one of them into the step.
func (s *Step) place(field string, n *yaml.Node) error {
	switch field {
	case "at":
		return s.At.UnmarshalYAML(n)
	case "after":
		if err := s.On.After.UnmarshalYAML(n); err != nil {
			return err
		}
		if m := s.On.After; m.From.Timed || m.From.Share <= 0 || m.To.Share > 0.99 {
			return at(n, "after: is a share of the load between 1%% and 99%%, as 20%% or 20%%..40%%; this is %q", names.Clip(n.Value))
		}
	case "in":
		m := rebalanceForm.FindStringSubmatch(n.Value)
		if m == nil {
			return at(n, "in: is a rebalance of the processors' group, as rebalance 3; this is %q", names.Clip(n.Value))
		}
		s.On.Rebalance, _ = strconv.Atoi(m[1]) // its form is known
	case "while":
		if !slices.Contains(States, n.Value) {
			return at(n, "%s", names.Unknown("state of the cluster", n.Value, States))
		}
		s.On.While = n.Value
	}
	return nil
}

// Draw is a part of the schedule that the seed draws: how many faults, out of which,
// and how they may lie to each other.
type Draw struct {
	Count int           // so many faults, anywhere in During
	Every time.Duration // in the place of Count: one fault in each such time
	// During is the part of the load in which all of them begin and end.
	During Moment
	// Quiet is how long at least nothing is broken between two faults of a lane.
	Quiet time.Duration
	// Overlap is how many lanes there are: so many faults may be on at once. Two of
	// one target never are.
	Overlap int
	From    []Template
	Line    int
	written map[string]bool // the fields that the file has
}

// Template is a fault that may be drawn.
type Template struct {
	Step
	Weight int  // how often in relation to the others; 1 unless said
	Alone  bool // never while another one is on
}

// drawForm is a Draw before its faults are known.
type drawForm struct {
	Count   int           `yaml:"count"`
	Every   time.Duration `yaml:"every"`
	During  Moment        `yaml:"during"`
	Quiet   time.Duration `yaml:"quiet"`
	Overlap int           `yaml:"overlap"`
	From    []raw         `yaml:"from"`
}

// parseDraw reads - draw: {count: 8, from: [- kill: {target: ..., weight: 2}]}.
func parseDraw(n *yaml.Node, v Vocabulary) (Draw, error) {
	body := target(n.Content[1])
	if err := strict(body, reflect.TypeFor[drawForm]()); err != nil {
		return Draw{}, err
	}
	var f drawForm
	if err := body.Decode(&f); err != nil {
		return Draw{}, err
	}
	d := Draw{
		Count: f.Count, Every: f.Every, During: f.During, Quiet: f.Quiet, Overlap: f.Overlap,
		Line: n.Content[0].Line, written: map[string]bool{},
	}
	for i := 0; i < len(body.Content); i += 2 {
		d.written[body.Content[i].Value] = true
	}
	for _, r := range f.From {
		t := Template{Weight: 1}
		var err error
		t.Step, err = parseFault(r.node, v, map[string]func(*yaml.Node) error{
			"weight": func(n *yaml.Node) (err error) {
				if t.Weight, err = strconv.Atoi(n.Value); err != nil || t.Weight < 1 || t.Weight > 1000 {
					return at(n, "weight: is a number between 1 and 1000; this is %q", names.Clip(n.Value))
				}
				return nil
			},
			"alone": func(n *yaml.Node) (err error) {
				if t.Alone, err = strconv.ParseBool(n.Value); err != nil {
					return at(n, "alone: is true or false; this is %q", names.Clip(n.Value))
				}
				return nil
			},
		})
		if err != nil {
			return Draw{}, err
		}
		d.From = append(d.From, t)
	}
	return d, nil
}

// templates lists every fault that the scenario may see, drawn or not.
func (s *Scenario) templates() []Step {
	out := slices.Clone(s.Faults)
	for _, d := range s.Draws {
		for _, t := range d.From {
			out = append(out, t.Step)
		}
	}
	return out
}

// LineOf is the line of the scenario's file that a step of its plans comes from; 0
// where there is none.
func (s *Scenario) LineOf(step int) int {
	if step < len(s.Faults) {
		return s.Faults[step].Line
	}
	step -= len(s.Faults)
	for _, d := range s.Draws {
		n := d.size(s.Workload.length())
		if step < n {
			return d.Line
		}
		step -= n
	}
	return 0
}

// completeSchedule checks that the faults have their place in the load.
func (s *Scenario) completeSchedule(Vocabulary) error {
	w := s.Workload
	for _, st := range s.Faults {
		blame := func(text string, args ...any) error {
			return &FileError{File: s.File, Line: st.Line, Text: fmt.Sprintf(text, args...)}
		}
		switch {
		case st.On.Rebalance > 0 && len(s.Topology.Processors) == 0:
			return blame("%s waits for a rebalance, but there is no processor whose group could have one", st.Fault.Name())
		case !st.On.IsZero():
		case w.Rate == Max && !st.At.From.Timed && st.At.To.Share > 0:
			return blame("with rate: max the length of the load is not known: say at: 2s or after: 30%%, not a share of its time")
		case w.Rate != Max && st.At.To.After > w.length():
			return blame("%s would begin %s after the start of the load, which is over after %s", st.Fault.Name(), st.At.To.After, w.length())
		}
	}
	s.Draws = slices.Clone(s.Draws) // scenarios of a suite share what they have in common
	for i := range s.Draws {
		if err := s.completeDraw(&s.Draws[i]); err != nil {
			return err
		}
	}
	return nil
}

// mostDrawn bounds a typing error.
const mostDrawn = 1000

func (s *Scenario) completeDraw(d *Draw) error {
	blame := func(text string, args ...any) error {
		return &FileError{File: s.File, Line: d.Line, Text: "draw: " + fmt.Sprintf(text, args...)}
	}
	if !d.written["during"] {
		d.During = Moment{Point{Share: 0.05}, Point{Share: 0.9}}
	}
	if !d.written["overlap"] {
		d.Overlap = 1
	}
	if !d.written["quiet"] {
		d.Quiet = 500 * time.Millisecond
		if s.Topology.Provider == embedded {
			d.Quiet = 2 * s.Timing.Session
		}
	}
	switch {
	case len(d.From) == 0:
		return blame("it wants the faults to draw from: from: [kill: {target: any(processor), for: 500ms}]")
	case (d.Count != 0) == (d.Every != 0):
		return blame("it wants either count:, how many faults there are, or every:, one in each such time")
	case d.Count < 0 || d.Count > mostDrawn:
		return blame("count: lies between 1 and %d; this is %d", mostDrawn, d.Count)
	case d.Every < 0 || d.Quiet < 0:
		return blame("every: and quiet: are times above 0s")
	case d.Every > 0 && d.written["overlap"]:
		return blame("overlap: goes with count:; with every: no two faults overlap")
	case d.Overlap < 1 || d.Overlap > 100:
		return blame("overlap: lies between 1 and 100; this is %d", d.Overlap)
	case s.Workload.Rate == Max && !d.During.From.Timed:
		return blame("with rate: max the length of the load is not known: say during: 2s..10s")
	case s.Workload.Rate != Max && d.During.To.After > s.Workload.length():
		return blame("during: ends %s after the start of the load, which is over after %s", d.During.To.After, s.Workload.length())
	}
	from, to := d.window(s.Workload.length())
	if to <= from {
		return blame("during: wants two different moments, as 10%%..90%%")
	}
	if d.Every > to-from {
		return blame("every: is %s, longer than the %s of during:", d.Every, to-from)
	}
	// Also the longest faults must find room.
	longest := time.Duration(0)
	for _, t := range d.From {
		longest = max(longest, t.For.To)
	}
	lane := (d.Count + d.Overlap - 1) / d.Overlap
	switch need := time.Duration(lane)*(longest+d.Quiet) - d.Quiet; {
	case d.Every > 0 && longest+d.Quiet > d.Every:
		return blame("a fault of %s and %s of quiet do not fit into every: %s", longest, d.Quiet, d.Every)
	case d.Every == 0 && need > to-from:
		return blame("%d faults of up to %s, with %s of quiet between them, take up to %s and do not fit into the %s of during:",
			d.Count, longest, d.Quiet, need, to-from)
	}
	return nil
}

// size is how many faults are drawn over a load.
func (d *Draw) size(load time.Duration) int {
	if d.Every > 0 {
		from, to := d.window(load)
		return int((to - from) / d.Every)
	}
	return d.Count
}

// window gives the part of a load in which the faults of a draw lie.
func (d *Draw) window(load time.Duration) (from, to time.Duration) {
	return Moment{d.During.From, d.During.From}.Draw(0, load), Moment{d.During.To, d.During.To}.Draw(0, load)
}
