package checker

var dedupOracle = Oracle{
	Name:  "dedup",
	About: "copies of a record come out once while it is remembered: a copy later than ttl after the one that came out may come out again",
	Takes: []string{"ttl"},
}
