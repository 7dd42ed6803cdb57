package kafka

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// sends watches the requests of one kind of one client, to prove that a record was
// sent at most once. The client does not tell how often it sent a batch, and it fails
// the batches that are in flight together with the one that it gives up, so an
// error alone proves nothing.
type sends struct {
	key   int16      // of the API; the zero value is Produce
	mu    sync.Mutex // held by those who change the state
	state atomic.Pointer[sendState]
}

// sendState is what the client has done so far.
type sendState struct {
	begun int64 // requests written, wholly or in part
	ended int64 // of begun: answered, or known to get no answer
	lost  int64 // of ended: no answer came
	other bool  // the last answer that came was one of another kind
}

var (
	_ kgo.HookBrokerWrite = (*sends)(nil)
	_ kgo.HookBrokerE2E   = (*sends)(nil)
)

// now is asked for every record, and changes with every request.
func (s *sends) now() *sendState {
	if state := s.state.Load(); state != nil {
		return state
	}
	return &nothingSent
}

var nothingSent sendState

func (s *sends) change(by func(*sendState)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	next := *s.now()
	by(&next)
	s.state.Store(&next)
}

// neverSent: nothing was in flight when the record was handed over, and no
// Produce request has been written since.
func neverSent(handed, failed *sendState) bool {
	return handed.begun == handed.ended && failed.begun == handed.begun
}

// sentOnce: never sent, or the one request written since was answered, and the
// error came with that answer and not with a later one.
func sentOnce(handed, failed *sendState) bool {
	if neverSent(handed, failed) {
		return true
	}
	return handed.begun == handed.ended &&
		failed.begun == handed.begun+1 && failed.ended == failed.begun &&
		failed.lost == handed.lost && !failed.other
}

// OnBrokerWrite is called before the answer to the request can be handled.
func (s *sends) OnBrokerWrite(_ kgo.BrokerMetadata, key int16, _ int, _, _ time.Duration, _ error) {
	if key != s.key {
		return
	}
	s.change(func(n *sendState) { n.begun++ })
}

// OnBrokerE2E is called when an answer was read, before it is handled, and when
// it is known that none will come.
func (s *sends) OnBrokerE2E(_ kgo.BrokerMetadata, key int16, e2e kgo.BrokerE2E) {
	lost := e2e.Err() != nil
	s.change(func(n *sendState) {
		if key == s.key {
			n.ended++
			if lost {
				n.lost++
			}
		}
		if !lost {
			n.other = key != s.key
		}
	})
}
