package checker

var identityOracle = Oracle{
	Name:  "identity",
	About: "every record comes out as it went in",
}
