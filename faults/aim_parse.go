package faults

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"surety/topologies"
	"surety/topologies/names"
)

// The grammar of a target:
//
//	target = term { "+" term }
//	term   = FAMILY "/" ( NUMBER | "*" )               processor/1, broker/*
//	       | "driver"                                  the harness's own writers
//	       | "database"                                database/1: there is one at most
//	       | ROLE [ "(" TEXT ")" ]                     leader(input/0), controller
//	       | ( "any" | "all" | "minority" | "majority" | "not" ) "(" set ")"
//	       | "same-as" "(" NUMBER ")"                  the fault of that place in the list
//	set    = FAMILY | target                           any(broker) is any(broker/*)
//
// A choice among nodes that are known by name is made when the plan is drawn. For
// another the plan stores what was drawn for it, as any(follower(input/0), 17); what
// same-as means stands there as well, as same-as(1, controller).

var (
	word  = regexp.MustCompile(`^[a-z][a-z0-9-]*`)
	index = regexp.MustCompile(`^/(\*|[1-9][0-9]*)`)
)

// mostNested bounds how deep a target may nest.
const mostNested = 8

type aimParser struct {
	rest string
	deep int
}

func parseAim(text string) (aim, error) {
	p := &aimParser{rest: text}
	a, err := p.target()
	if err == nil && p.space() != "" {
		err = fmt.Errorf("what is %q for?", p.rest)
	}
	return a, err
}

// space skips blanks and gives what follows.
func (p *aimParser) space() string {
	p.rest = strings.TrimLeft(p.rest, " ")
	return p.rest
}

// take tells whether the text goes on with this, and passes it.
func (p *aimParser) take(this string) bool {
	rest, is := strings.CutPrefix(p.space(), this)
	if is {
		p.rest = rest
	}
	return is
}

func (p *aimParser) want(this string) error {
	if !p.take(this) {
		return fmt.Errorf("%q is missing before %q", this, p.rest)
	}
	return nil
}

func (p *aimParser) target() (aim, error) {
	if p.deep++; p.deep > mostNested {
		return aim{}, fmt.Errorf("it is nested more than %d deep", mostNested)
	}
	defer func() { p.deep-- }()
	var parts []aim
	for {
		a, err := p.term()
		if err != nil {
			return aim{}, err
		}
		parts = append(parts, a)
		if !p.take("+") {
			break
		}
	}
	if len(parts) == 1 {
		return parts[0], nil
	}
	return aim{op: aUnion, of: parts}, nil
}

func (p *aimParser) term() (aim, error) {
	name := word.FindString(p.space())
	if name == "" {
		return aim{}, fmt.Errorf("a name is missing before %q", p.rest)
	}
	p.rest = p.rest[len(name):]
	if at := index.FindString(p.rest); at != "" {
		p.rest = p.rest[len(at):]
		return aim{op: aNode, arg: name + at}, nil
	}
	if r, is := roleNamed(name); is {
		return p.role(r)
	}
	switch {
	case name == aDriver:
		return aim{op: aDriver}, nil
	case name == string(topologies.DatabaseNode):
		return aim{op: aNode, arg: name + "/1"}, nil
	case name == sameAs:
		return p.same()
	case choices[name] != nil, name == allOf, name == notOf:
		return p.taken(name)
	}
	if !strings.HasPrefix(p.space(), "(") {
		return aim{}, fmt.Errorf("%q alone means nobody", name)
	}
	err := fmt.Errorf("%q is neither a role nor a choice", name)
	if near := names.Nearest(name, forms()); near != "" {
		err = fmt.Errorf("%w (did you mean %q?)", err, near)
	}
	return aim{}, err
}

// forms are the names that brackets can follow.
func forms() []string {
	all := append(slices.Sorted(maps.Keys(choices)), allOf, notOf, sameAs)
	for _, r := range Roles {
		all = append(all, r.Name)
	}
	return all
}

// role reads what stands in the brackets of a role, where it has some.
func (p *aimParser) role(r Role) (aim, error) {
	if r.Of == "" {
		return aim{op: r.Name}, nil
	}
	if err := p.want("("); err != nil {
		return aim{}, fmt.Errorf("%s wants what it is of: %s", r.Name, r)
	}
	end := strings.IndexAny(p.rest, "()")
	if end <= 0 || p.rest[end] != ')' {
		return aim{}, fmt.Errorf("%s wants what it is of: %s", r.Name, r)
	}
	arg := strings.TrimSpace(p.rest[:end])
	p.rest = p.rest[end+1:]
	return aim{op: r.Name, arg: arg}, nil
}

// same reads same-as(1), or what a plan made of it.
func (p *aimParser) same() (aim, error) {
	if err := p.want("("); err != nil {
		return aim{}, fmt.Errorf("same-as wants the place of an earlier fault in the list, as same-as(1)")
	}
	end := strings.IndexAny(p.rest, ",)")
	if end < 0 {
		return aim{}, fmt.Errorf("same-as wants the place of an earlier fault in the list, as same-as(1)")
	}
	step, err := number(strings.TrimSpace(p.rest[:end]), mostSteps)
	if err != nil {
		return aim{}, fmt.Errorf("same-as wants the place of an earlier fault in the list, as same-as(1): %w", err)
	}
	p.rest = p.rest[end:]
	a := aim{op: sameAs, step: step}
	if p.take(",") {
		of, err := p.target()
		if err != nil {
			return aim{}, err
		}
		a.of = []aim{of}
	}
	return a, p.want(")")
}

// mostSteps bounds the place of a fault in the list.
const mostSteps = 10_000

// taken reads what a choice or a complement is taken from, and what was drawn for it.
func (p *aimParser) taken(op string) (aim, error) {
	if err := p.want("("); err != nil {
		return aim{}, fmt.Errorf("%s wants what it is taken from, as %s(broker)", op, op)
	}
	a := aim{op: op}
	if name := word.FindString(p.space()); name != "" && p.family(name) {
		p.rest = p.rest[len(name):]
		a.of = []aim{{op: aNode, arg: name + "/*"}}
	} else {
		of, err := p.target()
		if err != nil {
			return aim{}, err
		}
		a.of = []aim{of}
	}
	if choices[op] != nil && p.take(",") {
		digits := p.space()[:len(p.rest)-len(strings.TrimLeft(p.rest, "0123456789"))]
		n, err := strconv.ParseUint(digits, 10, 64)
		if err != nil {
			return aim{}, fmt.Errorf("after the comma of %s stands the number that was drawn for it", op)
		}
		p.rest = p.rest[len(digits):]
		a.draw, a.set = n, true
	}
	return a, p.want(")")
}

// family tells whether the name that follows stands alone, as that of a family.
func (p *aimParser) family(name string) bool {
	if _, is := roleNamed(name); is || name == aDriver {
		return false
	}
	after := strings.TrimLeft(p.rest[len(name):], " ")
	return after == "" || slices.Contains([]byte(",)"), after[0])
}
