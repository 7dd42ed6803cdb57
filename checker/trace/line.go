package trace

import (
	"slices"
	"strings"

	"surety/checker/history"
	"surety/topologies/names"
)

type kind uint8

const (
	attempt kind = iota
	observation
	end
)

var kinds = []string{"attempt", "observation", "end"}

// field is one of the known fields of a line.
type field uint8

const (
	fKind field = iota
	fKey
	fSeq
	fOutcome
	fTime
	fTopic
	fPartition
	fOffset
	fCorrupt
	fTx
	fTxOutcome
	fDrained
	fEventTime
	fValue
	fWindow
	fAltered
	fields
)

var fieldNames = [fields]string{
	"kind", "key", "seq", "outcome", "time", "topic", "partition", "offset", "corrupt", "tx", "tx_outcome", "drained",
	"event_time", "value", "window", "altered",
}

type set uint32

func setOf(list ...field) (s set) {
	for _, f := range list {
		s |= 1 << f
	}
	return s
}

func (s set) has(f field) bool { return s&(1<<f) != 0 }

func (s set) names() (list []string) {
	for f := range fields {
		if s.has(f) {
			list = append(list, fieldNames[f])
		}
	}
	return list
}

// The fields that a line of each kind may have, and those that it must have.
var (
	may = [...]set{
		attempt:     setOf(fKind, fKey, fSeq, fOutcome, fTime, fTopic, fPartition, fOffset, fTx, fTxOutcome, fEventTime, fValue),
		observation: setOf(fKind, fKey, fSeq, fTime, fTopic, fPartition, fOffset, fCorrupt, fValue, fWindow, fAltered),
		end:         setOf(fKind, fTime, fDrained),
	}
	must = [...]set{
		attempt:     setOf(fKey, fSeq, fOutcome),
		observation: setOf(fKey, fSeq),
		end:         0,
	}
)

var (
	outcomes = []string{"unknown", "ok", "failed"} // by history.OutcomeClass
	txEnds   = []string{"unknown", "committed", "aborted"}
)

// line is one decoded line. Its texts are valid until the next one is decoded.
type line struct {
	has       set
	cols      [fields]int // where the value of each field stands in the line, in bytes from 0
	kind      kind
	outcome   history.OutcomeClass
	txOutcome history.OutcomeClass
	corrupt   bool
	drained   bool
	partition int32 // -1 = not told
	seq       int64
	time      int64
	offset    int64 // -1 = not told
	amount    int64
	event     int64 // of an attempt its event time, of an observation the start of its window
	altered   bool
	key       []byte
	topic     []byte
	tx        []byte

	spare [4][]byte // room for texts with escapes: key, topic, tx, all others
}

// decode reads one line into l. An error knows its column only.
func (l *line) decode(text []byte) *SyntaxError {
	l.has, l.partition, l.offset = 0, -1, -1
	l.corrupt, l.altered, l.drained, l.time = false, false, true, 0
	l.seq, l.amount, l.event = 0, 0, 0
	l.txOutcome = history.Unknown
	l.topic = nil
	s := scanner{text: text}
	if err := s.object(l); err != nil {
		return err
	}
	return l.check()
}

// value reads the value of a field.
func (l *line) value(s *scanner, f field) (err *SyntaxError) {
	switch f {
	case fKind:
		var i int
		i, err = s.word("kind", kinds, &l.spare[3])
		l.kind = kind(i) //nolint:gosec // an index of three
	case fKey:
		l.key, err = s.words(f, &l.spare[0])
	case fTopic:
		l.topic, err = s.words(f, &l.spare[1])
	case fSeq:
		l.seq, err = s.integer(f)
	case fTime:
		l.time, err = s.integer(f)
	case fPartition:
		var n int64
		at := s.i
		if n, err = s.integer(f); err == nil && n != n&(1<<31-1) {
			err = wrong(at, "expected a partition from 0 to 2147483647; leave it out where it is not known")
		}
		l.partition = int32(n) //nolint:gosec // an error otherwise
	case fOffset:
		at := s.i
		if l.offset, err = s.integer(f); err == nil && l.offset < 0 {
			err = wrong(at, "expected an offset of at least 0; leave it out where it is not known")
		}
	case fOutcome:
		var i int
		i, err = s.word("outcome", outcomes, &l.spare[3])
		l.outcome = history.OutcomeClass(i) //nolint:gosec // an index of three
	case fTxOutcome:
		var i int
		i, err = s.word("tx_outcome", txEnds, &l.spare[3])
		l.txOutcome = history.OutcomeClass(i) //nolint:gosec // an index of three
	case fTx:
		l.tx, err = s.transaction(&l.spare[2])
	case fCorrupt:
		l.corrupt, err = s.boolean(f)
	case fDrained:
		l.drained, err = s.boolean(f)
	case fAltered:
		l.altered, err = s.boolean(f)
	case fEventTime, fWindow:
		l.event, err = s.integer(f)
	case fValue:
		l.amount, err = s.integer(f)
	}
	return err
}

// check wants the fields of the line's kind, and no others.
func (l *line) check() *SyntaxError {
	if !l.has.has(fKind) {
		return wrong(0, `the field "kind" is missing: expected one of %s`, strings.Join(kinds, ", "))
	}
	if extra := l.has &^ may[l.kind]; extra != 0 {
		f := slices.Index(fieldNames[:], extra.names()[0])
		return wrong(l.cols[f], "the field %q does not belong to a line of kind %s; known: %s",
			fieldNames[f], kinds[l.kind], strings.Join(may[l.kind].names(), ", "))
	}
	need := must[l.kind]
	switch {
	case l.corrupt:
		need = 0 // of a corrupted record nothing else is known
	case l.kind == observation && l.has.has(fValue):
		need &^= setOf(fSeq) // a result stands for many records
	}
	if missing := need &^ l.has; missing != 0 {
		return wrong(0, "the field %q is missing: expected %s in a line of kind %s",
			missing.names()[0], strings.Join(must[l.kind].names(), ", "), kinds[l.kind])
	}
	if l.kind == attempt && l.amount < 0 {
		return wrong(l.cols[fValue], "expected a value of at least 0: sums are judged of terms that are not negative")
	}
	if l.has.has(fTxOutcome) && !l.has.has(fTx) {
		return wrong(l.cols[fTxOutcome], `expected "tx" beside "tx_outcome": the outcome of which transaction?`)
	}
	return nil
}

// fieldOf finds a field by its name.
func fieldOf(name []byte) (field, bool) {
	switch string(name) {
	case "kind":
		return fKind, true
	case "key":
		return fKey, true
	case "seq":
		return fSeq, true
	case "outcome":
		return fOutcome, true
	case "time":
		return fTime, true
	case "topic":
		return fTopic, true
	case "partition":
		return fPartition, true
	case "offset":
		return fOffset, true
	case "corrupt":
		return fCorrupt, true
	case "tx":
		return fTx, true
	case "tx_outcome":
		return fTxOutcome, true
	case "drained":
		return fDrained, true
	case "event_time":
		return fEventTime, true
	case "value":
		return fValue, true
	case "window":
		return fWindow, true
	case "altered":
		return fAltered, true
	}
	return 0, false
}

func unknownField(at int, name []byte) *SyntaxError {
	return wrong(at, "%s", names.Unknown("field", string(name), fieldNames[:]))
}
