package checker

var joinOracle = Oracle{
	Name:  "join",
	About: "every record that is not one of the table comes out with the newest record of the table that went in before it under its key",
	Takes: []string{"table"},
	owes: func(p *Params, key string, seq int64) int32 {
		if p.Table.Holds(key, seq) {
			return 0
		}
		return 1
	},
}
