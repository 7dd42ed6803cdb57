package checker

var latestOracle = Oracle{
	Name:   "latest",
	About:  "the sink is a table with the newest record of each key",
	newest: true,
}
