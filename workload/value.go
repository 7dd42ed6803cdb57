package workload

import (
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
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
		for range pad {
			dst = append(dst, '.')
		}
	}
	dst = append(dst, ':')
	return appendHex(dst, crc32.Checksum(dst[start:len(dst)-1], castagnoli))
}

func appendHex(dst []byte, sum uint32) []byte {
	const digits = "0123456789abcdef"
	for shift := 28; shift >= 0; shift -= 4 {
		dst = append(dst, digits[sum>>shift&0xf])
	}
	return dst
}

// ParseValue reads the text of a value of the given run. Key aliases b. With
// ErrWrongRun the value is filled in as well, its Run being the other run's.
func ParseValue(b []byte, run string) (Value, error) {
	if !bytes.HasPrefix(b, []byte(valueTag)) {
		return Value{}, ErrNotOurs
	}
	body := len(b) - crcDigits - 1
	if body < len(valueTag) || b[body] != ':' {
		return Value{}, fmt.Errorf("%w: it is cut short", ErrCorrupt)
	}
	var sum [crcDigits]byte
	if !bytes.Equal(appendHex(sum[:0], crc32.Checksum(b[:body], castagnoli)), b[body+1:]) {
		return Value{}, fmt.Errorf("%w: the checksum does not match", ErrCorrupt)
	}
	var fields [7][]byte // run, writer, key, seq, index, event, padding
	rest := b[len(valueTag):body]
	for i := range fields {
		end := bytes.IndexByte(rest, ':')
		if last := i == len(fields)-1; last != (end < 0) {
			return Value{}, fmt.Errorf("%w: it has another number of fields", ErrCorrupt)
		} else if last {
			end = len(rest)
		}
		fields[i], rest = rest[:end], rest[min(end+1, len(rest)):]
	}
	writer, ok1 := parseInt(fields[1], 0, 1<<32-1)
	seq, ok2 := parseInt(fields[3], -1<<63, 1<<63-1)
	index, ok3 := parseInt(fields[4], -1<<31, 1<<31-1)
	event, ok4 := parseInt(fields[5], -1<<63, 1<<63-1)
	if !ok1 || !ok2 || !ok3 || !ok4 {
		return Value{}, fmt.Errorf("%w: a number cannot be read", ErrCorrupt)
	}
	v := Value{Run: run, Writer: uint32(writer), Key: fields[2], Seq: seq, Index: int32(index), Event: event}
	if string(fields[0]) != run {
		v.Run = string(fields[0])
		return v, ErrWrongRun
	}
	return v, nil
}

// parseInt reads a decimal in its one canonical spelling, without allocation.
func parseInt(b []byte, low, high int64) (int64, bool) {
	var buf [20]byte
	if len(b) == 0 || len(b) > len(buf) {
		return 0, false
	}
	negative := b[0] == '-'
	digits := b
	if negative {
		digits = b[1:]
	}
	var n uint64
	for _, c := range digits {
		if c < '0' || c > '9' || n > (1<<64-1-9)/10 {
			return 0, false
		}
		n = n*10 + uint64(c-'0')
	}
	i := int64(n)
	if negative {
		i = -i
	}
	if i < low || i > high || !bytes.Equal(strconv.AppendInt(buf[:0], i, 10), b) {
		return 0, false
	}
	return i, true
}

// CheckKey says why a key or run id cannot be part of a value.
func CheckKey(key string) error {
	if i := strings.IndexAny(key, ":\r\n"); i >= 0 {
		return fmt.Errorf("key %q holds %q: keys of the workload have no ':' and no line break", key, key[i])
	}
	return nil
}
