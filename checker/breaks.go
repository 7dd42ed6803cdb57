package checker

// rule says when a class breaks a guarantee.
type rule uint8

const (
	legal     rule = iota
	violation      // always
	ordered        // if the guarantee declares an order
	atomic         // if it declares atomicity
	stateful       // if it declares what states may do
	timely         // if it declares when everything must have come out
	preserved      // if it declares that headers or correlation ids come through
	available      // if it declares how much must be acknowledged
)

// rules is the table from class to guarantee, in the order of Deliveries. A class
// that is not in it breaks nothing.
var rules = map[Class][3]rule{
	Lost:           {legal, violation, violation},
	Vanished:       {legal, violation, violation},
	Stuck:          {legal, violation, violation},
	Duplicated:     {violation, legal, violation},
	Reordered:      {ordered, ordered, ordered},
	Torn:           {atomic, atomic, violation},
	AbortedRead:    {atomic, atomic, violation},
	Inconsistent:   {violation, violation, violation},
	Corrupted:      {violation, violation, violation},
	Phantom:        {violation, violation, violation},
	Misrouted:      {violation, violation, violation},
	FailedAppeared: {violation, violation, violation},
	WrongState:     {violation, violation, violation}, // by the bounds of the guarantee
	Regressed:      {stateful, stateful, violation},
	Late:           {timely, timely, timely},
	Altered:        {preserved, preserved, preserved},
	Unavailable:    {available, available, available},
	Differed:       {violation, violation, violation},

	// Of a log by itself, where it is a sink. A log that lost a record may give its
	// offset to another one: legal where the loss is. What readers of the sink were
	// shown differently is Inconsistent. The other anomalies of logs are evidence:
	// unseen records are lost ones if anybody needs them; the order of sends is
	// judged by key, which is what is declared; and a reader of the harness that
	// skips or goes back shows either a fault of the log or one of its own client,
	// which cannot be told apart from outside, so the final read alone decides what
	// is there.
	LostWrite:           {legal, violation, violation},
	InconsistentOffsets: {legal, violation, violation},
	Duplicate:           {violation, legal, violation},
}

// Breaks says whether a finding of class c breaks g. Of an unknown delivery
// nothing is broken: such a guarantee is not judged at all.
func (g Guarantee) Breaks(c Class) bool {
	for i, d := range Deliveries {
		if d != g.Delivery {
			continue
		}
		switch rules[c][i] {
		case violation:
			return true
		case ordered:
			return g.Order == OrderKey
		case atomic:
			return g.Atomicity
		case stateful:
			return g.State != ""
		case timely:
			return g.Recovery > 0
		case preserved:
			return g.Preserve
		case available:
			return g.Accepted > 0
		}
	}
	return false
}
