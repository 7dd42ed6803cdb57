// Package effects is a sink of the harness that takes effects over HTTP, as a service
// with side effects would: a payment, a mail, a shipment. Each is applied once for each
// request, unless the request has an idempotency key that the sink has seen before.
package effects

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"

	"surety/checker/history"
	"surety/topologies"
	"surety/workload"
)

// KeyHeader carries the idempotency key of a request, as in the IETF draft
// "The Idempotency-Key HTTP Header Field".
const KeyHeader = "Idempotency-Key"

// mostBytes bounds the body of a request.
const mostBytes = workload.MaxSize + 1<<20

// Sink takes effects. Requests are POST to topologies.EffectsPath; the body and the
// headers say which record the effect is of, as the Reading tells. Answers are 201 for
// an effect that was applied, 200 for one that the key says was applied before, 503
// while nobody observes.
type Sink struct {
	Name string
	// Idempotent: the sink applies the effects of one idempotency key once.
	Idempotent bool
	Reading    workload.Reading
	Written    workload.Written
	Recorder   workload.Recorder
	Clock      workload.Clock
	// What the live view feeds; each may be nil.
	Tracker  *workload.Tracker
	Fences   *workload.Fences
	Progress *workload.Progress
	// Unreadable collects effects that do not say of which record they are.
	Unreadable *workload.Unreadable

	listener net.Listener
	server   *http.Server
	served   chan struct{}

	mu       sync.Mutex
	session  uint32 // that observes; 0 = none
	applied  int64
	keys     map[string]bool
	tracked  map[string]workload.TrackedKey
	every    int64 // answers that are lost: one of so many; 0 = none
	since    int64 // effects applied since answers are lost
	counters Counters
}

// Counters is what a sink has done so far.
type Counters struct {
	Applied  int64 // effects
	Repeated int64 // requests whose key was known, and that had no effect
	Lost     int64 // effects whose answer never went out
	Answered int64 // requests that were answered
}

var _ workload.Sink = (*Sink)(nil)

// Listen opens the address, host:port with port 0 for any, and takes requests until
// Close.
func (s *Sink) Listen(ctx context.Context, address string) error {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return fmt.Errorf("listen for the effects of %s: %w", s.Name, err)
	}
	s.listener, s.served = l, make(chan struct{})
	s.keys, s.tracked = map[string]bool{}, map[string]workload.TrackedKey{}
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+topologies.EffectsPath, s.take)
	s.server = &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	go func() {
		defer close(s.served)
		_ = s.server.Serve(l) // it ends by Close
	}()
	return nil
}

// Address is where it listens, as host:port.
func (s *Sink) Address() string { return s.listener.Addr().String() }

// Close ends it. Requests that are being taken are cut off.
func (s *Sink) Close() error {
	err := s.server.Close()
	<-s.served
	return err
}

// Position implements workload.Sink: effects are numbered as they are applied.
func (*Sink) Position() workload.PositionKind { return workload.LogPosition }

// Destructive implements workload.Sink: nobody else has seen them.
func (*Sink) Destructive() bool { return true }

// Snapshot implements workload.Sink.
func (*Sink) Snapshot() bool { return false }

// Observe implements workload.Sink: its one session lasts until ctx ends.
func (s *Sink) Observe(ctx context.Context, session history.Session) error {
	session.Topic, session.At = s.Name, s.Clock.Now()
	s.Recorder.Append(history.KindSession, session)
	s.mu.Lock()
	s.session = session.Session
	s.mu.Unlock()
	<-ctx.Done()
	s.mu.Lock()
	s.session = 0
	s.mu.Unlock()
	s.Recorder.Append(history.KindSessionEnd, history.SessionEnd{Session: session.Session, At: s.Clock.Now()})
	return nil
}

// LoseAnswers loses the answer to one of so many effects from now on, 0 to none: the
// effect is applied and the connection closed.
func (s *Sink) LoseAnswers(every int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.every, s.since = every, 0
}

// Answers counts the effects that were applied without an answer, and the requests that
// were answered.
func (s *Sink) Answers() (lost, answered int64) {
	c := s.Counters()
	return c.Lost, c.Answered
}

// Counters reads what was done so far.
func (s *Sink) Counters() Counters {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.counters
}

// errUnobserved refuses effects that nobody would know of.
var errUnobserved = errors.New("nobody observes the effects now; try again")

func (s *Sink) take(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, mostBytes))
	if err != nil {
		http.Error(w, "the effect cannot be read: "+err.Error(), http.StatusBadRequest)
		return
	}
	status, lost, err := s.apply(body, r.Header)
	switch {
	case err != nil:
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
	case lost && hangUp(w):
	default:
		w.WriteHeader(status)
	}
}

// hangUp closes the connection of a request without an answer.
func hangUp(w http.ResponseWriter) bool {
	h, ok := w.(http.Hijacker)
	if !ok {
		return false
	}
	c, _, err := h.Hijack()
	if err != nil {
		return false
	}
	_ = c.Close() // what it says changes nothing
	return true
}

// apply applies an effect and records it, in one step for all requests: the order of
// the records is the order of the effects.
func (s *Sink) apply(body []byte, header http.Header) (status int, lost bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.session == 0 {
		return 0, false, errUnobserved
	}
	if key := header.Get(KeyHeader); key != "" && s.Idempotent {
		if s.keys[key] {
			s.counters.Repeated++
			s.counters.Answered++
			return http.StatusOK, false, nil
		}
		s.keys[key] = true
	}
	s.observe(body, header)
	s.counters.Applied++
	if s.every > 0 {
		if s.since++; s.since%s.every == 0 {
			s.counters.Lost++
			return 0, true, nil
		}
	}
	s.counters.Answered++
	return http.StatusCreated, false, nil
}

// observe records an effect at the next position.
func (s *Sink) observe(body []byte, header http.Header) {
	at := s.Clock.Now()
	o := history.Observation{Session: s.session, Offset: s.applied, At: at}
	s.applied++
	v, err := s.Reading.Parse(body, func(name string) []byte { return []byte(header.Get(name)) }, s.Written)
	switch {
	case err == nil:
		o.Key, o.Seq, o.Index, o.Fence = s.Recorder.Name(string(v.Key)), v.Seq, v.Index, workload.IsFence(v.Key)
		s.saw(v.Value, at)
	case errors.Is(err, workload.ErrWrongRun): // as in a log: a phantom, whatever the load has
		o.Key, o.Seq, o.Index = s.Recorder.Name(v.Run+":"+string(v.Key)), v.Seq, v.Index
	default:
		o.Corrupt = true
		s.Unreadable.Add(body, err)
	}
	s.Recorder.Observation(o)
}

// saw tells those who watch the run.
func (s *Sink) saw(v workload.Value, at history.Nanos) {
	if workload.IsFence(v.Key) {
		if s.Fences != nil {
			s.Fences.Seen(s.Name, v.Key, v.Seq, at)
		}
		return
	}
	if s.Tracker != nil {
		key, known := s.tracked[string(v.Key)]
		if !known {
			key = s.Tracker.Key(v.Key)
			s.tracked[string(v.Key)] = key
		}
		s.Tracker.SeenAll([]workload.Sighting{{Key: key, Seq: v.Seq, Index: v.Index}}, at)
	}
	if s.Progress != nil {
		s.Progress.Seen.Add(1)
	}
}
