package workload

import "math/rand/v2"

// zipfExponent 1.1 gives the most frequent of 1,000 keys about a sixth of the
// records: as skewed as real keys commonly are, without a single hot one.
const zipfExponent = 1.1

var zipf = Shape{
	Name: "zipf",
	Doc:  "the k-th key is drawn in proportion to 1/k^1.1",
	Draw: func(l Load, r *rand.Rand) func() int {
		z := rand.NewZipf(r, zipfExponent, 1, uint64(l.Keys-1))
		return func() int { return int(z.Uint64()) }
	},
}
