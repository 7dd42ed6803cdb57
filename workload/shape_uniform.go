package workload

import "math/rand/v2"

var uniform = Shape{
	Name: "uniform",
	Doc:  "every key is as likely as any other",
	Draw: func(l Load, r *rand.Rand) func() int {
		return func() int { return r.IntN(l.Keys) }
	},
}
