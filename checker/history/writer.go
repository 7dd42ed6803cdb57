package history

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"
)

// flushEvery is how long a record may wait in memory: what a killed harness loses.
const flushEvery = 100 * time.Millisecond

var errClosed = errors.New("it was closed before its last record came")

// Writer appends to a history. It is safe for concurrent use; the order in the
// file is the order of the calls, so an outcome is never on disk without the
// intent that was recorded before it. The methods that take several records of
// one kind take the lock once; the disk is left to a goroutine of its own.
//
// The file is handed to the operating system within flushEvery, and not synced
// unless Sync is called: the death of this process loses no more than that, the
// death of the machine ends the run anyway.
//
// No method blocks the workload with an error. A disk that is too slow holds the
// callers back, which Waited measures; nothing is left out for it. After a failed
// write every later record is dropped and counted, and after any dropped record
// End is refused: a history with a hole reads as cut off, never as complete.
type Writer struct {
	mu      sync.Mutex
	path    string
	spool   *spool
	buf     []byte // the open block, its header first
	records int64  // in buf
	deltas  deltas
	names   map[string]Name
	broken  bool // nothing more can be recorded
	closed  bool
	err     error // the first
	dropped int64

	stop chan struct{}
	done chan struct{}
}

// Create starts the history of a run in dir: history.bin, which must not exist,
// and header.json. It sets the header's Format. The caller closes the writer.
func Create(dir Dir, h Header) (*Writer, error) {
	h.Format = Format
	text, err := json.MarshalIndent(h, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("history header: %w", err)
	}
	f, err := os.OpenFile(dir.History(), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return nil, fmt.Errorf("history %s cannot be made: %w", dir.History(), cause(err))
	}
	w, err := newWriter(dir.History(), f, h)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	if err := os.WriteFile(dir.Header(), append(text, '\n'), 0o644); err != nil {
		err = fmt.Errorf("history header %s cannot be written: %w", dir.Header(), cause(err))
		return nil, errors.Join(err, w.Close())
	}
	return w, nil
}

// newWriter writes the header at once: the file is readable from its first moment.
func newWriter(path string, f file, h Header) (*Writer, error) {
	head, err := json.Marshal(h)
	if err == nil && len(head) > maxBlock {
		err = fmt.Errorf("%d bytes are over the bound of %d", len(head), maxBlock)
	}
	if err != nil {
		return nil, fmt.Errorf("history %s: header: %w", path, err)
	}
	block := append(make([]byte, blockHeader), head...)
	sealBlock(block)
	start := append(appendPrefix(nil), block...)
	if _, err := f.Write(start); err != nil {
		return nil, fmt.Errorf("history %s cannot be written: %w", path, cause(err))
	}
	w := &Writer{
		path:  path,
		spool: newSpool(f, int64(len(start))),
		buf:   newBuffer(),
		names: make(map[string]Name),
		stop:  make(chan struct{}),
		done:  make(chan struct{}),
	}
	go w.flushLoop()
	return w, nil
}

func (w *Writer) flushLoop() {
	defer close(w.done)
	tick := time.NewTicker(flushEvery)
	defer tick.Stop()
	for {
		select {
		case <-w.stop:
			return
		case <-tick.C:
			w.mu.Lock()
			w.flush()
			w.mu.Unlock()
		}
	}
}

// Name interns a string: any bytes, up to the bound of a block.
func (w *Writer) Name(s string) Name {
	if s == "" {
		return 0
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if n, ok := w.names[s]; ok {
		return n
	}
	if len(s) > maxBody {
		// Its records would be told of another key: end the history here.
		w.fail(fmt.Errorf("a name of %d bytes is over the bound of %d", len(s), maxBody))
		return 0
	}
	n := Name(len(w.names) + 1) //nolint:gosec // memory ends first
	w.names[strings.Clone(s)] = n
	if w.broken || w.closed {
		return n
	}
	w.room(len(s))
	w.buf = append(w.buf, byte(KindName))
	w.buf = binary.AppendUvarint(w.buf, uint64(len(s)))
	w.buf = append(w.buf, s...)
	w.flushFull()
	return n
}

// Intent records an attempt. Call it before the client gets the record.
func (w *Writer) Intent(v Intent) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.intent(&v)
}

// Intents records several attempts at once.
func (w *Writer) Intents(vs []Intent) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := range vs {
		w.intent(&vs[i])
	}
}

// Outcome records how an attempt ended.
func (w *Writer) Outcome(v Outcome) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.outcome(&v)
}

// Outcomes records how several attempts ended.
func (w *Writer) Outcomes(vs []Outcome) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := range vs {
		w.outcome(&vs[i])
	}
}

// Observation records one record that a session saw.
func (w *Writer) Observation(v Observation) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.observation(&v)
}

// Observations records several sightings at once, in their order.
func (w *Writer) Observations(vs []Observation) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := range vs {
		w.observation(&vs[i])
	}
}

// Append records one of the rare kinds; body is the struct of that kind. A body
// that JSON cannot carry, such as a sample of NaN, is dropped and reported by Err.
func (w *Writer) Append(k Kind, body any) {
	text, err := json.Marshal(body)
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case k <= KindObservation || k > lastKind:
		err = fmt.Errorf("a record of kind %v cannot be appended as JSON", k)
	case err != nil:
		err = fmt.Errorf("a record of kind %v: %w", k, err)
	case text[0] != '{':
		err = fmt.Errorf("a record of kind %v: its body is no struct", k)
	case len(text) > maxBody:
		err = fmt.Errorf("a record of kind %v has %d bytes, over the bound of %d", k, len(text), maxBody)
	}
	if err != nil {
		w.drop(err)
		return
	}
	if !w.accepts(0) {
		return
	}
	if lost, _ := w.spool.state(); k == KindEnd && w.dropped+lost > 0 {
		w.drop(nil)
		return
	}
	w.room(len(text))
	w.buf = append(w.buf, byte(k))
	w.buf = binary.AppendUvarint(w.buf, uint64(len(text)))
	w.buf = append(w.buf, text...)
	w.added()
}

// Err is the first error of the history, nil while everything is recorded.
func (w *Writer) Err() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.report()
}

// Waited is how long those who record were held back by a slow disk, all in all.
func (w *Writer) Waited() time.Duration {
	w.spool.mu.Lock()
	defer w.spool.mu.Unlock()
	return w.spool.waited
}

// Flush hands all records to the operating system: they outlive this process.
func (w *Writer) Flush() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.flush()
	w.spool.flush()
	return w.report()
}

// Sync flushes and waits until the disk has everything.
func (w *Writer) Sync() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.flush()
	w.spool.flush()
	if !w.closed && !w.spool.failed.Load() {
		if err := w.spool.file.Sync(); err != nil {
			w.fail(fmt.Errorf("the disk did not take it: %w", cause(err)))
		}
	}
	return w.report()
}

// Close flushes and closes the file. It returns the first error of the history
// with the number of records that are missing. It adds no End record: a history
// that is complete gets one by Append before. Closing twice is harmless.
func (w *Writer) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return w.report()
	}
	w.flush()
	w.closed = true
	w.spool.end()
	if err := w.spool.file.Close(); err != nil && w.err == nil {
		w.err = fmt.Errorf("the file cannot be closed: %w", cause(err))
	}
	close(w.stop)
	err := w.report()
	w.mu.Unlock()
	<-w.done // it may want the lock
	w.mu.Lock()
	return err
}

func (w *Writer) intent(v *Intent) {
	if w.accepts(v.Key) {
		w.buf = w.deltas.appendIntent(w.buf, v)
		w.added()
	}
}

func (w *Writer) observation(v *Observation) {
	if w.accepts(v.Key) {
		w.buf = w.deltas.appendObservation(w.buf, v)
		w.added()
	}
}

func (w *Writer) outcome(v *Outcome) {
	if v.Class > Failed {
		w.drop(fmt.Errorf("an outcome of %v", v.Class))
		return
	}
	if w.accepts(v.Reason) {
		w.buf = w.deltas.appendOutcome(w.buf, v)
		w.added()
	}
}

// accepts says whether a record that uses n can be written, and drops it if not.
func (w *Writer) accepts(n Name) bool {
	switch {
	case w.closed:
		w.drop(errClosed)
	case w.broken || w.spool.failed.Load():
		w.drop(nil)
	case int64(n) > int64(len(w.names)):
		w.drop(fmt.Errorf("name %d was not interned in this history", n))
	default:
		return true
	}
	return false
}

func (w *Writer) added() {
	w.records++
	w.flushFull()
}

// room ends the open block if a body of n bytes would take it over the bound.
func (w *Writer) room(n int) {
	if len(w.buf)-blockHeader+n > maxBody {
		w.flush()
	}
}

func (w *Writer) flushFull() {
	if len(w.buf) >= blockFill {
		w.flush()
	}
}

// flush hands the open block over and opens the next.
func (w *Writer) flush() {
	if w.broken || w.closed || len(w.buf) == blockHeader {
		return
	}
	w.buf = w.spool.put(block{w.buf, w.records})
	w.records = 0
	w.deltas = deltas{}
}

// fail ends the history: the open block is lost, what comes is dropped.
func (w *Writer) fail(err error) {
	w.first(err)
	w.broken = true
	w.dropped += w.records
	w.buf, w.records = w.buf[:blockHeader], 0
}

func (w *Writer) drop(err error) {
	w.first(err)
	w.dropped++
}

// first keeps the error that came before all others, also that of the disk.
func (w *Writer) first(err error) {
	if w.err == nil && !w.spool.failed.Load() {
		w.err = err
	}
}

func (w *Writer) report() error {
	lost, err := w.spool.state()
	missing := w.dropped + lost
	if w.err != nil {
		err = w.err
	}
	switch {
	case err == nil:
		return nil
	case missing == 0:
		return fmt.Errorf("history %s: %w", w.path, err)
	}
	return fmt.Errorf("history %s: %w; records missing: %d", w.path, err, missing)
}
