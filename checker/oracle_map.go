package checker

var mapOracle = Oracle{
	Name:  "map",
	About: "every record comes out once, changed; the sink says where its identity stands",
}
