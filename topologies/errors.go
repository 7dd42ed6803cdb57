package topologies

// EnvironmentError says that this machine lacks something that a topology
// needs: Docker, an image, a compiler. It is about the harness and never about
// the system under test.
type EnvironmentError struct {
	What string // what is wrong, one sentence
	Try  string // what to do about it, one sentence; may be empty
	Err  error  // the cause, where there is one
}

// Error gives What and Try in one line.
func (e *EnvironmentError) Error() string {
	if e.Try == "" {
		return e.What
	}
	return e.What + "; " + e.Try
}

// Unwrap gives the cause.
func (e *EnvironmentError) Unwrap() error { return e.Err }
