package checker

// windowOracle counts by tumbling windows of event time, as KIP-328 closes them: the
// window [start, start+size) takes records until the watermark reaches its end plus
// the allowed lateness.
var windowOracle = Oracle{
	Name:   "window",
	About:  "results are the number of records of a key in each tumbling window of event time",
	Takes:  []string{"size", "lateness?"},
	result: func(p *Params, _, event int64) (window, weight int64) { return p.window(event), 1 },
}

// window is the start of the window that an event time falls into.
func (p *Params) window(event int64) int64 {
	size := p.Size.Milliseconds()
	start := event - event%size
	if event%size < 0 {
		start -= size
	}
	return start
}

// closes is the watermark that ends the taking of records with that event time.
func (p *Params) closes(event int64) int64 {
	return p.window(event) + p.Size.Milliseconds() + p.Lateness.Milliseconds()
}
