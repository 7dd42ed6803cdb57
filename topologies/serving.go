package topologies

// Serving is a topology whose processors may serve clients of their own.
type Serving interface {
	// Served gives for each instance that serves, by its id, where a view of the
	// harness reaches it, as host:port.
	Served(View) map[string]string
}
