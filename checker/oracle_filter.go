package checker

var filterOracle = Oracle{
	Name:  "filter",
	About: "the records that keep holds for come out; any other is misrouted",
	Takes: []string{"keep"},
	owes: func(p *Params, key string, seq int64) int32 {
		if p.Keep.Holds(key, seq) {
			return 1
		}
		return 0
	},
}
