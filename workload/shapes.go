package workload

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// Shape is a way to spread records over keys.
type Shape struct {
	Name string
	Doc  string // one line for people
	// Draw returns a function that draws key indexes in [0, Keys) from r.
	Draw func(l Load, r *rand.Rand) func() int
}

// Shapes is the catalogue of key distributions.
var Shapes = []Shape{uniform, zipf, hot}

// ShapeNamed finds a shape; the empty name is uniform. The error of an unknown
// name lists the known ones.
func ShapeNamed(name string) (Shape, error) {
	if name == "" {
		return uniform, nil
	}
	known := make([]string, len(Shapes))
	for i, s := range Shapes {
		if s.Name == name {
			return s, nil
		}
		known[i] = s.Name
	}
	return Shape{}, fmt.Errorf("unknown skew %q: known are %s", name, strings.Join(known, ", "))
}
