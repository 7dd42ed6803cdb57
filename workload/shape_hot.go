package workload

import "math/rand/v2"

var hot = Shape{
	Name: "hot",
	Doc:  "the first key gets the share given as hot, the others share the rest evenly",
	Draw: func(l Load, r *rand.Rand) func() int {
		return func() int {
			if l.Keys == 1 || r.Float64() < l.Hot {
				return 0
			}
			return 1 + r.IntN(l.Keys-1)
		}
	},
}
