package workload

import (
	"bytes"
	"hash/crc32"
	"math"
)

// Parser reads many values of one run, with the answers of ParseValue. Most values
// share all but their key and sequence number with one that came before: that is
// compared, not read again. It is for one goroutine.
type Parser struct {
	run   string
	head  []byte // the tag and the run
	sum   uint32 // of head
	tail  []byte // index and event time as the last value had them
	index int32
	event int64
	known []*padding // of the first lengths that came
}

// knownPaddings bounds the lengths whose padding a parser knows: of a load, all values
// have one.
const knownPaddings = 4

// NewParser makes a parser for the values of a run.
func NewParser(run string) *Parser {
	head := []byte(valueTag + run + ":")
	return &Parser{run: run, head: head, sum: crc32.Checksum(head, castagnoli)}
}

// Parse is ParseValue with the result in v, which is changed in any case.
func (p *Parser) Parse(b []byte, v *Value) error {
	if p.sound(b, v) {
		return nil
	}
	var err error
	*v, err = ParseValue(b, p.run)
	return err
}

// sound reads a value of this run with ordinary numbers and the right checksum. Of
// all others ParseValue has to tell what they are.
func (p *Parser) sound(b []byte, v *Value) bool {
	body := len(b) - crcDigits - 1
	if body < len(p.head) || b[body] != ':' || string(b[:len(p.head)]) != string(p.head) {
		return false
	}
	at := len(p.head)
	writer, n := natural(b[at:body])
	if n == 0 || writer > math.MaxUint32 {
		return false
	}
	at += n
	key := at
	for at < body && b[at] != ':' {
		at++
	}
	v.Key = b[key:at]
	at = min(at+1, body)
	seq, n := natural(b[at:body])
	if n == 0 {
		return false
	}
	at += n
	if !bytes.HasPrefix(b[at:body], p.tail) || len(p.tail) == 0 {
		if !p.learn(b[at:body]) {
			return false
		}
	}
	v.Run, v.Writer, v.Seq, v.Index, v.Event = p.run, uint32(writer), seq, p.index, p.event
	at += len(p.tail)
	var sum uint32
	if pad := p.padding(b, at, body); pad != nil {
		sum = pad.sum(crc32.Update(p.sum, castagnoli, b[len(p.head):pad.from]))
		body = pad.from
	} else {
		sum = crc32.Update(p.sum, castagnoli, b[len(p.head):body])
	}
	return isHex(b[len(b)-crcDigits:], sum) && bytes.IndexByte(b[at:body], ':') < 0
}

// learn reads the fields behind the sequence number.
func (p *Parser) learn(text []byte) bool {
	index, n := natural(text)
	if n == 0 || index > math.MaxInt32 {
		return false
	}
	event, m := natural(text[n:])
	if m == 0 {
		return false
	}
	p.index, p.event, p.tail = int32(index), event, append(p.tail[:0], text[:n+m]...)
	return true
}

// maxDigits is by how much the fields of values of one length differ: the digits of
// a sequence number, and some of a key.
const maxDigits = 32

// padding gives what is known of the end of a value, if the value ends so: its padding
// begins at the given place. nil = its checksum must be counted.
func (p *Parser) padding(b []byte, at, body int) *padding {
	if body-at < longPadding+maxDigits {
		return nil
	}
	for _, pad := range p.known {
		if pad.to != body {
			continue
		}
		if at > pad.from || !bytes.Equal(b[pad.from:body], pad.text) {
			return nil
		}
		return pad
	}
	if len(p.known) < knownPaddings {
		p.known = append(p.known, newPadding(at+maxDigits, body))
	}
	return nil
}
