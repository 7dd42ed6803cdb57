package workload

import (
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Value is what a record of the workload says about itself. It is carried in the
// record's value alone, so nothing depends on keys, headers or timestamps that a
// processor may drop. As text it is one line of printable ASCII around the key:
//
//	s1:<run>:<writer>:<key>:<seq>:<index>:<event>:<padding>:<crc32c in hex>
//
// so it passes through any language and any line-oriented tool unharmed.
type Value struct {
	Run    string // id of the run
	Writer uint32 // the driver's writer that owns the key
	Key    []byte // without ':' and line breaks; see CheckKey
	Seq    int64  // rises in send order within the key
	Index  int32  // which output of a fan-out; 0 for one to one
	Event  int64  // event time in milliseconds since the epoch
}

// Term is what the record adds to the sum of its key: each its own, none zero, and
// told by the value as it is, in any language.
func (v Value) Term() int64 { return v.Seq + 1 }

// CorrelationHeader is the header that a record carries where headers are to come
// through; its value is that of
// AppendCorrelation.
const CorrelationHeader = "correlation-id"

// AppendCorrelation appends the correlation id of a record, drawn from what it is.
func AppendCorrelation(dst, key []byte, seq int64) []byte {
	return strconv.AppendInt(append(append(dst, key...), '-'), seq, 10)
}

// The three ways in which bytes are not a value of this run. Errors of
// ParseValue wrap exactly one of them.
var (
	// ErrNotOurs: the bytes do not begin as a value does.
	ErrNotOurs = errors.New("not a value of the workload")
	// ErrWrongRun: a whole value, of another run.
	ErrWrongRun = errors.New("a value of another run")
	// ErrCorrupt: begins as a value, but its checksum or a field is wrong.
	ErrCorrupt = errors.New("a corrupt value")
)

const (
	valueTag  = "s1:" // a new layout gets a new tag
	crcDigits = 8
)

// filling is what values are filled up with at a time.
var filling = dots(256)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// AppendValue appends the text of v to dst, padded to at least size bytes in
// all, and returns the extended slice. It allocates only where dst is too small.
func AppendValue(dst []byte, v Value, size int) []byte {
	start := len(dst)
	dst = append(dst, valueTag...)
	dst = append(dst, v.Run...)
	dst = append(dst, ':')
	dst = strconv.AppendUint(dst, uint64(v.Writer), 10)
	dst = append(dst, ':')
	dst = append(dst, v.Key...)
	dst = append(dst, ':')
	dst = strconv.AppendInt(dst, v.Seq, 10)
	dst = append(dst, ':')
	dst = strconv.AppendInt(dst, int64(v.Index), 10)
	dst = append(dst, ':')
	dst = strconv.AppendInt(dst, v.Event, 10)
	dst = append(dst, ':')
	if pad := size - (len(dst) - start) - 1 - crcDigits; pad > 0 {
		dst = slices.Grow(dst, pad+1+crcDigits)
		for ; pad > len(filling); pad -= len(filling) {
			dst = append(dst, filling...)
		}
		dst = append(dst, filling[:pad]...)
	}
	dst = append(dst, ':')
	return appendHex(dst, crc32.Checksum(dst[start:len(dst)-1], castagnoli))
}

// stencil makes the values of one writer from pieces that many of them share.
type stencil struct {
	run    string
	writer uint32
	size   int
	keys   [][]byte // by index of the key: everything before the sequence number
	event  int64    // of tail
	tail   []byte   // everything behind it: index, event time, padding for any size
	fields int      // how much of tail is no padding
	stays  *padding // what is in the memory of a value already; nil = nothing
}

// newStencil makes the stencil of a writer for so many keys, of which none is longer
// than the one given.
func newStencil(run string, writer uint32, size, keys int, longest string) *stencil {
	s := &stencil{run: run, writer: writer, size: size, keys: make([][]byte, keys)}
	head := len(AppendValue(nil, Value{
		Run: run, Writer: writer, Key: []byte(longest), Seq: math.MinInt64, Event: math.MinInt64,
	}, 0)) - 1 - crcDigits
	s.stays = newPadding(head, size-1-crcDigits)
	return s
}

// write is AppendValue for a record of a key whose text must always be the same. It
// writes into memory of its own or of an equal stencil, which must be made of dots;
// where that is too short, into a new one.
func (s *stencil) write(memory []byte, index int, key []byte, seq, event int64) []byte {
	if s.keys[index] == nil {
		s.keys[index] = fmt.Appendf(nil, "%s%s:%d:%s:", valueTag, s.run, s.writer, key)
	}
	if event != s.event || s.tail == nil {
		s.event = event
		s.tail = fmt.Appendf(s.tail[:0], ":0:%d:", event)
		s.fields = len(s.tail)
		s.tail = append(s.tail, dots(s.size)...)
	}
	dst := append(memory[:0], s.keys[index]...)
	dst = appendDecimal(dst, seq)
	if s.stays != nil && cap(dst) >= s.size {
		return s.finish(dst)
	}
	room := s.size - len(dst) - 1 - crcDigits
	dst = append(dst, s.tail[:max(room, s.fields)]...)
	sum := crc32.Checksum(dst, castagnoli)
	return appendHex(append(dst, ':'), sum)
}

// finish writes what stands behind the sequence number of a long value, but for the
// padding that stays.
func (s *stencil) finish(dst []byte) []byte {
	dst = append(dst, s.tail[:s.stays.from-len(dst)]...)
	sum := s.stays.sum(crc32.Checksum(dst, castagnoli))
	return appendHex(append(dst[:s.stays.to], ':'), sum)
}

// appendDecimal is strconv.AppendInt for numbers that are mostly small and not
// negative: a sequence number stands in every value.
func appendDecimal(dst []byte, n int64) []byte {
	if n < 0 || n > 99_999 {
		return strconv.AppendInt(dst, n, 10)
	}
	var digits [5]byte
	i := len(digits)
	for u := uint32(n); ; u /= 10 {
		i--
		digits[i] = byte('0' + u%10)
		if u < 10 {
			return append(dst, digits[i:]...)
		}
	}
}

const hexDigits = "0123456789abcdef"

func appendHex(dst []byte, sum uint32) []byte {
	var text [crcDigits]byte
	for i := range text {
		sum = sum<<4 | sum>>28
		text[i] = hexDigits[sum&0xf]
	}
	return append(dst, text[:]...)
}

// isHex tells whether text is what appendHex appends.
func isHex(text []byte, sum uint32) bool {
	var wrong byte
	for _, c := range text[:crcDigits] {
		sum = sum<<4 | sum>>28
		wrong |= c ^ hexDigits[sum&0xf]
	}
	return wrong == 0
}

// ParseValue reads the text of a value of the given run. Key aliases b. With
// ErrWrongRun the value is filled in as well, its Run being the other run's.
func ParseValue(b []byte, run string) (Value, error) {
	if !bytes.HasPrefix(b, []byte(valueTag)) {
		return Value{}, ErrNotOurs
	}
	body := len(b) - crcDigits - 1
	if body < len(valueTag) || b[body] != ':' {
		return Value{}, errCutShort
	}
	if !isHex(b[body+1:], crc32.Checksum(b[:body], castagnoli)) {
		return Value{}, errChecksum
	}
	c := fields{rest: b[len(valueTag):body]}
	of := c.text()
	v := Value{
		Run:    run,
		Writer: uint32(c.number(0, math.MaxUint32)),
		Key:    c.text(),
		Seq:    c.number(math.MinInt64, math.MaxInt64),
		Index:  int32(c.number(math.MinInt32, math.MaxInt32)),
		Event:  c.number(math.MinInt64, math.MaxInt64),
	}
	switch {
	case c.few || bytes.IndexByte(c.rest, ':') >= 0: // the rest is padding
		return Value{}, errFields
	case c.bad:
		return Value{}, errNumber
	case string(of) != run:
		v.Run = string(of)
		return v, ErrWrongRun
	}
	return v, nil
}

var (
	errCutShort = fmt.Errorf("%w: it is cut short", ErrCorrupt)
	errChecksum = fmt.Errorf("%w: the checksum does not match", ErrCorrupt)
	errFields   = fmt.Errorf("%w: it has another number of fields", ErrCorrupt)
	errNumber   = fmt.Errorf("%w: a number cannot be read", ErrCorrupt)
)

// fields takes a value apart, without allocation.
type fields struct {
	rest []byte
	few  bool // it ended before its last field
	bad  bool // a number could not be read
}

func (f *fields) text() []byte {
	end := bytes.IndexByte(f.rest, ':')
	if end < 0 {
		f.few = true
		return nil
	}
	text := f.rest[:end]
	f.rest = f.rest[end+1:]
	return text
}

// number reads a decimal in its one canonical spelling.
func (f *fields) number(low, high int64) int64 {
	if n, after := natural(f.rest); after > 0 && n >= low && n <= high {
		f.rest = f.rest[after:]
		return n
	}
	text := f.text()
	digits, negative := text, false
	if len(text) > 0 && text[0] == '-' {
		digits, negative = text[1:], true
	}
	var n uint64
	for _, c := range digits {
		if c < '0' || c > '9' || n > (math.MaxUint64-9)/10 {
			f.bad = true
			return 0
		}
		n = n*10 + uint64(c-'0')
	}
	i := int64(n)
	if negative {
		i = -i
	}
	switch {
	case len(digits) == 0,
		digits[0] == '0' && (len(digits) > 1 || negative),
		n > math.MaxInt64 && (!negative || n > 1<<63),
		i < low || i > high:
		f.bad = true
		return 0
	}
	return i
}

// natural reads what most numbers are: not negative, canonical, far from overflow. It
// tells where the next field begins; 0 = this is another number, or none.
func natural(text []byte) (n int64, next int) {
	const digits = 18 // of any value below the bound of an int64
	for i, c := range text[:min(len(text), digits+1)] {
		switch {
		case c >= '0' && c <= '9':
			n = n*10 + int64(c-'0')
		case c == ':' && i > 0 && (i == 1 || text[0] != '0'):
			return n, i + 1
		default:
			return 0, 0
		}
	}
	return 0, 0
}

// CheckKey says why a key or run id cannot be part of a value.
func CheckKey(key string) error {
	if i := strings.IndexAny(key, ":\r\n"); i >= 0 {
		return fmt.Errorf("key %q holds %q: keys of the workload have no ':' and no line break", key, key[i])
	}
	return nil
}
