package checker

var fanOutOracle = Oracle{
	Name:  "fan-out",
	About: "every record comes out as several, numbered from 0",
	Takes: []string{"outputs"},
	owes:  func(p *Params, _ string, _ int64) int32 { return p.Outputs },
}
