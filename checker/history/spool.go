package history

import (
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"
)

// file is what a Writer needs of a file.
type file interface {
	io.Writer
	Sync() error
	Close() error
}

// maxQueued bounds the blocks that wait for the disk: 16 MiB, most of a second
// of the fastest load. Whoever brings one more waits.
const maxQueued = 256

// block is a block on its way to the file, its header first.
type block struct {
	bytes   []byte
	records int64
}

// spool writes blocks to the file in the order in which they came, in a goroutine
// of its own: those who record do not wait for the disk unless it is far behind.
type spool struct {
	file file
	done chan struct{}

	failed atomic.Bool // err is set

	mu      sync.Mutex
	changed sync.Cond // something below did
	queue   []block
	free    [][]byte
	writing bool
	ended   bool
	written int64 // bytes of the file, whole blocks
	over    bool  // nothing more will be written
	err     error // the first; nothing is written after it
	lost    int64 // records of blocks that were not written
	held    int   // callers that wait for room
	waited  time.Duration
}

// newSpool goes on with a file that has so many bytes.
func newSpool(f file, written int64) *spool {
	s := &spool{file: f, written: written, done: make(chan struct{})}
	s.changed.L = &s.mu
	go s.write()
	return s
}

// put takes over a block and gives an empty buffer for the next. It waits while
// the queue is full.
func (s *spool) put(b block) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.queue) >= maxQueued && s.err == nil {
		began := time.Now()
		s.held++
		for len(s.queue) >= maxQueued && s.err == nil {
			s.changed.Wait()
		}
		s.held--
		s.waited += time.Since(began)
	}
	if s.err != nil {
		s.lost += b.records
		return b.bytes[:blockHeader]
	}
	s.queue = append(s.queue, b)
	s.changed.Broadcast()
	if n := len(s.free); n > 0 {
		buf := s.free[n-1]
		s.free = s.free[:n-1]
		return buf
	}
	return newBuffer()
}

func newBuffer() []byte { return make([]byte, blockHeader, blockFill+blockFill/4) }

// flush waits until the file has all blocks.
func (s *spool) flush() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for (len(s.queue) > 0 || s.writing) && s.err == nil {
		s.changed.Wait()
	}
}

// end lets the goroutine end after the last block and waits for it.
func (s *spool) end() {
	s.mu.Lock()
	s.ended = true
	s.changed.Broadcast()
	s.mu.Unlock()
	<-s.done
}

// fail ends the writing; what is in the queue is lost.
func (s *spool) fail(err error) {
	if s.err == nil {
		s.err = err
		s.failed.Store(true)
	}
	for _, b := range s.queue {
		s.lost += b.records
	}
	s.queue = nil
	s.changed.Broadcast()
}

// state is the first error, and the records that are lost to it.
func (s *spool) state() (lost int64, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.lost, s.err
}

func (s *spool) write() {
	defer close(s.done)
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		for len(s.queue) == 0 && !s.ended {
			s.changed.Wait()
		}
		if len(s.queue) == 0 {
			s.over = true
			s.changed.Broadcast()
			return
		}
		b := s.queue[0]
		copy(s.queue, s.queue[1:])
		s.queue = s.queue[:len(s.queue)-1]
		s.writing = true
		s.mu.Unlock()
		// In one call: a torn write is a prefix of a block.
		sealBlock(b.bytes)
		_, err := s.file.Write(b.bytes)
		s.mu.Lock()
		s.writing = false
		if err == nil {
			s.written += int64(len(b.bytes))
		} else {
			s.lost += b.records
			s.fail(fmt.Errorf("a block cannot be written: %w", cause(err)))
		}
		if cap(b.bytes) <= 4*blockFill {
			s.free = append(s.free, b.bytes[:blockHeader])
		}
		s.changed.Broadcast()
	}
}
