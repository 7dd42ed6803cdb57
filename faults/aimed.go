package faults

import (
	"fmt"
	"sync"
)

// Aimed keeps what each fault of a run was aimed at, for later ones that want the
// same. The zero value is ready; it is safe for concurrent use.
type Aimed struct {
	mu sync.Mutex
	of map[int][]Selector // by the fault's place in the list, from 1
}

func (a *Aimed) note(place int, nodes []Selector) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.of == nil {
		a.of = map[int][]Selector{}
	}
	a.of[place] = nodes
}

func (a *Aimed) at(place int) ([]Selector, error) {
	if a == nil {
		return nil, fmt.Errorf("nobody keeps what fault %d was aimed at", place)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	nodes := a.of[place]
	if len(nodes) == 0 {
		return nil, fmt.Errorf("fault %d has not been aimed at anything yet", place)
	}
	return nodes, nil
}

// Earlier lists the places of the faults whose targets f takes over by same-as.
func Earlier(f Fault) []int {
	var out []int
	for _, s := range selectors(f) {
		if a, err := s.aim(); err == nil {
			a.walk(func(a aim) {
				if a.op == sameAs {
					out = append(out, a.step)
				}
			})
		}
	}
	return out
}

// Bind settles what same-as means in f, which is changed: earlier are the drawn faults
// before it in the list. Where such a fault is aimed at nodes by their names, these are
// put in its place.
func Bind(f Fault, earlier []Fault) error {
	for _, s := range selectors(f) {
		a, err := s.aim()
		if err != nil {
			return err
		}
		if a, err = a.bind(earlier); err != nil {
			return fmt.Errorf("target %q: %w", string(*s), err)
		}
		*s = Selector(a.String())
	}
	return nil
}

func (a aim) bind(earlier []Fault) (aim, error) {
	if a.op == sameAs {
		if a.step > len(earlier) {
			return a, fmt.Errorf("it stands in place %d of the list: same-as takes the place of an earlier fault", len(earlier)+1)
		}
		first := selectors(earlier[a.step-1])
		if len(first) == 0 {
			return a, fmt.Errorf("fault %d, %s, is aimed at no node", a.step, earlier[a.step-1].Name())
		}
		meant, err := first[0].aim()
		if err != nil {
			return a, err
		}
		if !meant.moving() {
			return meant, nil
		}
		a.of = []aim{meant}
		return a, nil
	}
	out := a
	out.of = nil
	for _, of := range a.of {
		bound, err := of.bind(earlier)
		if err != nil {
			return a, err
		}
		out.of = append(out.of, bound)
	}
	return out, nil
}
