package history

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"os"
	"sync"
)

// Reader streams a history. It holds one block and the names.
type Reader struct {
	path   string
	in     *bufio.Reader
	closer io.Closer
	whole  io.ReaderAt // the file, if nobody writes it any more
	header Header
	names  []string     // names[0] is the empty string
	naming sync.RWMutex // Name may be asked while Next adds names

	at     int64 // byte position of the open block in the file
	next   int64 // and of what follows it
	block  []byte
	last   int // of the record that was read last in block
	off    int // of the next one
	deltas deltas

	index  *Index     // what this reading sums up; nil: nothing
	group  *group     // of the open block
	narrow *narrowing // nil: everything is wanted

	ended   bool // an End record was read
	torn    bool
	skipped int64
	err     error // sticky, io.EOF too
}

// Open opens a history file, or that of a run directory. A file that was cut
// off in its header reads as an empty history.
func Open(path string) (*Reader, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("history %s cannot be read: %w", path, cause(err))
	}
	if info.IsDir() {
		path = Dir(path).History()
	}
	f, err := os.Open(path) //nolint:gosec // the user names the file
	if err != nil {
		return nil, fmt.Errorf("history %s cannot be read: %w", path, cause(err))
	}
	r, err := newReader(path, f)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	r.closer, r.whole = f, f
	return r, nil
}

// newReader reads the prefix and the header.
func newReader(path string, in io.Reader) (*Reader, error) {
	r := &Reader{path: path, in: bufio.NewReaderSize(in, blockFill), names: []string{""}}
	prefix := make([]byte, prefixSize)
	n, err := io.ReadFull(r.in, prefix)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return nil, fmt.Errorf("history %s cannot be read: %w", path, cause(err))
	}
	if got := prefix[:min(n, len(magic))]; string(got) != magic[:len(got)] {
		return nil, fmt.Errorf("%s is not a history: it starts with %q", path, got)
	}
	if n < prefixSize {
		r.torn, r.err = true, io.EOF
		return r, nil
	}
	if format := binary.LittleEndian.Uint32(prefix[len(magic):]); format != Format {
		return nil, fmt.Errorf("history %s has format %d; this version reads format %d", path, format, Format)
	}
	r.next = int64(prefixSize)
	switch err := r.readBlock(); {
	case errors.Is(err, io.EOF):
		r.torn, r.err = true, io.EOF
		return r, nil
	case err != nil:
		return nil, err
	}
	if err := json.Unmarshal(r.block, &r.header); err != nil {
		return nil, r.corrupted(r.at, "the header is not valid: "+err.Error())
	}
	r.off = len(r.block)
	return r, nil
}

// Header is what ran. It is zero if the file was cut off before it.
func (r *Reader) Header() Header { return r.header }

// Name is the string of an interned name. Every name of a record that Next
// returned is known; for any other it is the empty string. It may be called by
// several goroutines, also while Next is.
func (r *Reader) Name(n Name) string {
	r.naming.RLock()
	defer r.naming.RUnlock()
	if int64(n) >= int64(len(r.names)) {
		return ""
	}
	return r.names[n]
}

// CutOff reports, once Next has returned io.EOF, that the history has no end:
// the harness died, was interrupted, or could not record everything.
func (r *Reader) CutOff() bool { return r.torn || !r.ended }

// Skipped counts the records of kinds that this version does not know.
func (r *Reader) Skipped() int64 { return r.skipped }

// Close closes the file.
func (r *Reader) Close() error {
	if r.closer == nil {
		return nil
	}
	return r.closer.Close()
}

// Next decodes the next record into rec, in the order of the file. Names are
// resolved by Name and unknown kinds are passed over: neither is returned. At the
// end, torn or not, it returns io.EOF; any other error names the byte position of
// the damage. An error is final.
func (r *Reader) Next(rec *Record) error {
	if r.err == nil {
		r.err = r.read(rec)
	}
	return r.err
}

// Read decodes the next records: at least one, and as many as stand in one block
// and have room in recs. Unlike with Next their bodies stay valid. At the end it
// gives none and io.EOF; errors are those of Next.
func (r *Reader) Read(recs []Record) (n int, err error) {
	for n < len(recs) && r.err == nil && (n == 0 || r.off < len(r.block)) {
		rec := &recs[n]
		if r.err = r.read(rec); r.err != nil {
			break
		}
		if rec.Kind > KindObservation {
			rec.Body = bytes.Clone(rec.Body)
		}
		n++
	}
	if n > 0 {
		return n, nil
	}
	return 0, r.err
}

// Index lets this reading, which has not begun, sum up what it comes by. The index is
// whole when the reading has come to the end.
func (r *Reader) Index() *Index {
	r.index = &Index{most: 1, blocks: 1}
	return r.index
}

// Narrow lets this reading, which has not begun, give the attempts and observations
// of wanted records only, with the outcomes of those attempts. Of the other kinds all
// come that say who read, what was one transaction, which faults there were and how
// the history ended; others may be passed over. An index of an earlier reading of the
// same history spares it most blocks; it may be nil.
func (r *Reader) Narrow(wanted *Wanted, index *Index) {
	r.narrow = &narrowing{wanted: wanted, open: map[uint64]bool{}, until: r.next}
	if r.whole != nil && index != nil && len(index.groups) > 0 {
		r.narrow.index, r.names = index, index.names
	}
}

func (r *Reader) read(rec *Record) error {
	for {
		if r.off == len(r.block) {
			if err := r.readBlock(); err != nil {
				if r.index != nil && errors.Is(err, io.EOF) {
					r.index.names, r.index.torn = r.names, r.torn
				}
				return err
			}
			continue
		}
		kind, body, err := r.record()
		if err != nil {
			return err
		}
		c := cursor{b: body}
		var name Name
		switch kind {
		case KindIntent:
			r.deltas.readIntent(&c, &rec.Intent)
			name = rec.Intent.Key
			if r.group != nil {
				r.group.record(name, rec.Intent.Seq)
			}
		case KindOutcome:
			r.deltas.readOutcome(&c, &rec.Outcome)
			name = rec.Outcome.Reason
			if r.group != nil {
				r.group.outcomes.add(rec.Outcome.Attempt)
			}
		case KindObservation:
			r.deltas.readObservation(&c, &rec.Observation)
			name = rec.Observation.Key
			if r.group != nil {
				r.group.record(name, rec.Observation.Seq)
			}
		case KindName:
			if len(body) == 0 {
				return r.corrupted(r.position(), "a name is empty")
			}
			if r.narrow != nil && r.narrow.index != nil { // which knows them all
				continue
			}
			r.naming.Lock()
			r.names = append(r.names, string(body))
			r.naming.Unlock()
			continue
		default:
			if kind == 0 || kind > lastKind {
				r.skipped++
				continue
			}
			if kind == KindEnd {
				r.ended = true
			}
			if r.group != nil {
				r.group.framed = r.group.framed || always(kind)
			}
			rec.Body = body
		}
		if c.bad {
			return r.corrupted(r.position(), "a record is malformed")
		}
		if int64(name) >= int64(len(r.names)) {
			return r.corrupted(r.position(), fmt.Sprintf("name %d is used before it is known", name))
		}
		if r.narrow != nil && !r.narrow.takes(kind, rec) {
			continue
		}
		rec.Kind = kind
		return nil
	}
}

// record takes the next record off the block.
func (r *Reader) record() (Kind, []byte, error) {
	r.last = r.off
	kind := Kind(r.block[r.off])
	var size uint64
	n := 0
	if rest := r.block[r.off+1:]; len(rest) > 0 && rest[0] < 0x80 { // as of all packed kinds
		size, n = uint64(rest[0]), 1
	} else {
		size, n = binary.Uvarint(rest)
	}
	body := r.off + 1 + n
	if n <= 0 || size > uint64(len(r.block)-body) { //nolint:gosec // n > 0: body is within the block
		return 0, nil, r.corrupted(r.position(), "a record runs past its block")
	}
	r.off = body + int(size) //nolint:gosec // checked
	return kind, r.block[body:r.off:r.off], nil
}

// readBlock reads and checks the next block. A tail that a dying writer leaves is
// the end of the file: a piece of a block, a last block that is not whole, or the
// zeros of a file that grew before its data came.
func (r *Reader) readBlock() error {
	if r.narrow != nil {
		if err := r.pass(); err != nil {
			return err
		}
	}
	r.at, r.block, r.off = r.next, r.block[:0], 0
	var head [blockHeader]byte
	switch _, err := io.ReadFull(r.in, head[:]); {
	case err == io.EOF:
		return io.EOF
	case err != nil:
		return r.tail(err)
	}
	size := binary.LittleEndian.Uint32(head[0:])
	if crc32.Checksum(head[:8], castagnoli) != binary.LittleEndian.Uint32(head[8:]) || size > maxBlock {
		if head == [blockHeader]byte{} && onlyZeros(r.in) {
			return r.tail(io.ErrUnexpectedEOF)
		}
		return r.corrupted(r.at, "the length of a block is damaged")
	}
	if cap(r.block) < int(size) {
		r.block = make([]byte, size+size/4)
	}
	r.block = r.block[:size]
	if _, err := io.ReadFull(r.in, r.block); err != nil {
		r.block = r.block[:0]
		return r.tail(err)
	}
	if crc32.Checksum(r.block, castagnoli) != binary.LittleEndian.Uint32(head[4:]) {
		r.block = r.block[:0]
		if _, err := r.in.ReadByte(); err != nil {
			return r.tail(err)
		}
		return r.corrupted(r.at, "a block is damaged")
	}
	r.next = r.at + blockHeader + int64(size)
	r.deltas = deltas{}
	if r.index != nil {
		r.group = r.index.block(r.at, r.next)
	}
	return nil
}

// pass goes over the blocks in which nothing is wanted.
func (r *Reader) pass() error {
	switch at := r.narrow.next(r.next); at {
	case r.next:
	case math.MaxInt64:
		r.torn = r.narrow.index.torn
		return io.EOF
	default:
		r.in.Reset(io.NewSectionReader(r.whole, at, math.MaxInt64-at))
		r.next = at
	}
	return nil
}

// tail turns the end of the data within a block into the end of the history.
func (r *Reader) tail(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		r.torn = true
		return io.EOF
	}
	return fmt.Errorf("history %s cannot be read: %w", r.path, cause(err))
}

func onlyZeros(in io.Reader) bool {
	buf := make([]byte, blockFill)
	for {
		n, err := in.Read(buf)
		if len(bytes.Trim(buf[:n], "\x00")) > 0 {
			return false
		}
		if err != nil {
			return err == io.EOF
		}
	}
}

// position is where the record that was read last starts in the file.
func (r *Reader) position() int64 { return r.at + blockHeader + int64(r.last) }

func (r *Reader) corrupted(at int64, what string) error {
	return fmt.Errorf("history %s is corrupted at byte %d: %s", r.path, at, what)
}

// As decodes the body of a rare kind into the struct of that kind.
func (rec *Record) As(v any) error {
	if rec.Kind <= KindObservation {
		return fmt.Errorf("a record of kind %v has no body", rec.Kind)
	}
	if err := json.Unmarshal(rec.Body, v); err != nil {
		return fmt.Errorf("the body of a record of kind %v: %w", rec.Kind, err)
	}
	return nil
}
