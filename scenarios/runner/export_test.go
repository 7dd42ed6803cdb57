package runner

// Afterwards lets a run be judged when it is over, not while it goes on.
func (o Options) Afterwards() Options {
	o.afterwards = true
	return o
}
