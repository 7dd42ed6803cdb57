package scenarios

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"surety/checker"
	"surety/topologies/names"
	"surety/workload"
)

// Rate is records a second.
type Rate float64

// Max is the rate of a client that is never waited for.
const Max Rate = -1

var rateForm = regexp.MustCompile(`^([0-9]+(?:\.[0-9]+)?)\s*/\s*s$`)

// ParseRate reads "2000/s" or "max".
func ParseRate(s string) (Rate, error) {
	if s == "max" {
		return Max, nil
	}
	m := rateForm.FindStringSubmatch(s)
	if m == nil {
		return 0, fmt.Errorf("a rate is written as 2000/s, or max; this is %q", names.Clip(s))
	}
	f, err := strconv.ParseFloat(m[1], 64)
	if err != nil || f <= 0 || f > 1e8 {
		return 0, fmt.Errorf("a rate lies above 0/s and is at most 100000000/s; this is %q", names.Clip(s))
	}
	return Rate(f), nil
}

// UnmarshalYAML reads "2000/s" or "max".
func (r *Rate) UnmarshalYAML(n *yaml.Node) error {
	v, err := ParseRate(n.Value)
	if err != nil {
		return at(n, "%s", err)
	}
	*r = v
	return nil
}

// Size is a number of bytes.
type Size int

var sizeForm = regexp.MustCompile(`^([0-9]+)\s*(B|KiB|MiB)$`)

// UnmarshalYAML reads "100B", "1KiB" or "1MiB".
func (s *Size) UnmarshalYAML(n *yaml.Node) error {
	m := sizeForm.FindStringSubmatch(n.Value)
	if m == nil {
		return at(n, "a size is written as 100B, 1KiB or 1MiB; this is %q", names.Clip(n.Value))
	}
	v, err := strconv.Atoi(m[1])
	unit := map[string]int{"B": 1, "KiB": 1 << 10, "MiB": 1 << 20}[m[2]]
	if err != nil || v > workload.MaxSize/unit {
		return at(n, "a size is at most %dMiB; this is %q", workload.MaxSize>>20, names.Clip(n.Value))
	}
	*s = Size(v * unit)
	return nil
}

// Share is a part of a whole, 0 to 1.
type Share float64

// UnmarshalYAML reads "30%".
func (s *Share) UnmarshalYAML(n *yaml.Node) error {
	p, err := point(n, n.Value)
	if err != nil || p.Timed {
		return at(n, "a share is written as 30%%, between 0%% and 100%%; this is %q", names.Clip(n.Value))
	}
	*s = Share(p.Share)
	return nil
}

// length is how long the load takes; 0 where it goes as fast as it can.
func (w Workload) length() time.Duration {
	if w.Rate <= 0 {
		return 0
	}
	return time.Duration(float64(w.Records) / float64(w.Rate) * float64(time.Second))
}

// load is the workload as the driver takes it.
func (w Workload) load() workload.Load {
	return workload.Load{
		Records: w.Records, Rate: max(0, float64(w.Rate)), Keys: w.Keys,
		Skew: w.Skew, Hot: float64(w.Hot), Size: int(w.Value), Writers: w.Writers,
		OutOfOrder: w.OutOfOrder, Template: string(w.Template), Poison: w.Poison,
	}
}

// Moment is a point of the load: a share of it, or a time after its start; with
// two of them, drawn from the seed between both.
type Moment struct{ From, To Point }

// Point is a share of the load (0..1) or a time after its start.
type Point struct {
	Share float64
	After time.Duration
	Timed bool
}

// UnmarshalYAML reads "30%", "2s" or "20%..40%".
func (m *Moment) UnmarshalYAML(n *yaml.Node) error {
	a, b, ranged := strings.Cut(n.Value, "..")
	if !ranged {
		b = a
	}
	var err error
	if m.From, err = point(n, a); err != nil {
		return err
	}
	if m.To, err = point(n, b); err != nil {
		return err
	}
	if m.From.Timed != m.To.Timed || m.From.Share > m.To.Share || m.From.After > m.To.After {
		return at(n, "a range wants two shares or two times, the smaller first; this is %q", names.Clip(n.Value))
	}
	return nil
}

func point(n *yaml.Node, s string) (Point, error) {
	s = strings.TrimSpace(s)
	if p, ok := strings.CutSuffix(s, "%"); ok {
		f, err := strconv.ParseFloat(p, 64)
		if err != nil || !(f >= 0 && f <= 100) {
			return Point{}, at(n, "a share lies between 0%% and 100%%; this is %q", names.Clip(s))
		}
		return Point{Share: f / 100}, nil
	}
	d, err := time.ParseDuration(s)
	if err != nil || d < 0 {
		return Point{}, at(n, "a moment is written as 30%% of the load, 2s after its start, or 20%%..40%%; this is %q", names.Clip(s))
	}
	return Point{After: d, Timed: true}, nil
}

// share settles a range of shares.
func (m Moment) share(u float64) float64 { return m.From.Share + u*(m.To.Share-m.From.Share) }

// Draw settles a moment: u is a number of the seed in [0, 1), load the length of
// the load.
func (m Moment) Draw(u float64, load time.Duration) time.Duration {
	if m.From.Timed {
		return m.From.After + time.Duration(u*float64(m.To.After-m.From.After))
	}
	return time.Duration(m.share(u) * float64(load))
}

// UnmarshalYAML reads "upheld", "inconclusive" or {violated: CLASS}.
func (e *Expect) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode {
		e.Answer = checker.Answer(n.Value)
		switch e.Answer {
		case checker.Upheld, checker.Inconclusive:
			return nil
		case checker.Violated:
			return at(n, "expect: violated wants the class that must show: expect: {violated: duplicated}")
		}
		return at(n, "%s", names.Unknown("expectation", n.Value, []string{"upheld", "inconclusive", "{violated: CLASS}"}))
	}
	if n.Kind != yaml.MappingNode || len(n.Content) != 2 || n.Content[0].Value != string(checker.Violated) {
		return at(n, "expect is upheld, inconclusive or {violated: CLASS}")
	}
	e.Answer, e.Class = checker.Violated, checker.Class(n.Content[1].Value)
	var known []string
	for _, c := range checker.Judged {
		if c == e.Class {
			return nil
		}
		known = append(known, string(c))
	}
	return at(n.Content[1], "%s", names.Unknown("class", n.Content[1].Value, known))
}

func (e Expect) String() string {
	if e.Answer == checker.Violated {
		return fmt.Sprintf("violated: %s", e.Class)
	}
	return string(e.Answer)
}
