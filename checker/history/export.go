package history

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
)

// The lines of the packed kinds. A rare kind is its struct with kind in front.
type (
	headerLine struct {
		Kind string `json:"kind"`
		Header
	}
	keyField struct {
		Key    *string `json:"key,omitempty"`     // valid UTF-8
		KeyB64 []byte  `json:"key_b64,omitempty"` // anything else
	}
	intentLine struct {
		Kind    string `json:"kind"`
		Attempt uint64 `json:"attempt"`
		Writer  uint32 `json:"writer"`
		keyField
		Seq      int64  `json:"seq"`
		Tx       uint64 `json:"tx,omitempty"`
		At       Nanos  `json:"at"`
		Intended Nanos  `json:"intended"`
		Event    int64  `json:"event_ms,omitempty"`
		Term     int64  `json:"term,omitempty"`
	}
	outcomeLine struct {
		Kind      string       `json:"kind"`
		Attempt   uint64       `json:"attempt"`
		Class     OutcomeClass `json:"class"`
		Partition int32        `json:"partition"`
		Offset    int64        `json:"offset"`
		Reason    string       `json:"reason,omitempty"`
		At        Nanos        `json:"at"`
	}
	observationLine struct {
		Kind      string `json:"kind"`
		Session   uint32 `json:"session"`
		Partition int32  `json:"partition"`
		Offset    int64  `json:"offset"`
		keyField
		Seq     int64  `json:"seq"`
		Index   int32  `json:"index,omitempty"`
		Corrupt bool   `json:"corrupt,omitempty"`
		Fence   bool   `json:"fence,omitempty"`
		Append  int64  `json:"append_ms,omitempty"`
		At      Nanos  `json:"at"`
		Altered bool   `json:"altered,omitempty"`
		Value   *int64 `json:"value,omitempty"`
		Event   int64  `json:"event_ms,omitempty"`
		First   bool   `json:"first,omitempty"`
	}
)

// ExportJSONL writes what r still has to read as JSON Lines: the header, then
// one object for every record in the order of the file. The field kind says
// what a line is: header, intent, outcome, observation, session, session-end,
// tx-begin, tx-end, poll, rebalance, committed-offset, fence, fault, sample,
// phase, drain, end, signal. The other fields are those of the struct of that name:
//
//	intent       attempt, writer, key, seq, tx, at, intended, event_ms, term
//	outcome      attempt, class (ok, failed, unknown), partition, offset, reason, at
//	observation  session, partition, offset, key, seq, index, corrupt, fence, append_ms, at,
//	             altered, value, event_ms, first
//
// at and intended are nanoseconds since the run began, append_ms and event_ms
// milliseconds since the epoch. Names are resolved; a key that is not valid UTF-8
// stands in key_b64 instead of key, as base64. tx, reason, index, corrupt, fence,
// append_ms, event_ms, term, altered and first are absent where they are zero,
// value where there is none. A history that was cut off has no line of kind end.
func ExportJSONL(w io.Writer, r *Reader) error {
	out := bufio.NewWriterSize(w, blockFill)
	lines := json.NewEncoder(out)
	lines.SetEscapeHTML(false)
	err := exportAll(lines, out, r)
	// What was read before an error is sound: it is written all the same.
	if flushErr := out.Flush(); err == nil {
		err = flushErr
	}
	if err != nil {
		return fmt.Errorf("export: %w", err)
	}
	return nil
}

func exportAll(lines *json.Encoder, out *bufio.Writer, r *Reader) error {
	if err := lines.Encode(headerLine{Kind: "header", Header: r.Header()}); err != nil {
		return err
	}
	var rec Record
	for {
		switch err := r.Next(&rec); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
		if err := exportRecord(lines, out, r, &rec); err != nil {
			return err
		}
	}
}

func exportRecord(lines *json.Encoder, out *bufio.Writer, r *Reader, rec *Record) error {
	kind := rec.Kind.String()
	switch rec.Kind {
	case KindIntent:
		v := &rec.Intent
		return lines.Encode(intentLine{
			kind, v.Attempt, v.Writer, keyOf(r, v.Key), v.Seq, v.Tx, v.At, v.Intended, v.Event, v.Term,
		})
	case KindOutcome:
		v := &rec.Outcome
		return lines.Encode(outcomeLine{
			kind, v.Attempt, v.Class, v.Partition, v.Offset, r.Name(v.Reason), v.At,
		})
	case KindObservation:
		v := &rec.Observation
		var value *int64
		if v.Valued {
			value = &v.Value
		}
		return lines.Encode(observationLine{
			kind, v.Session, v.Partition, v.Offset, keyOf(r, v.Key), v.Seq, v.Index,
			v.Corrupt, v.Fence, v.Append, v.At, v.Altered, value, v.Event, v.First,
		})
	default:
		return exportBody(out, kind, rec.Body)
	}
}

// exportBody puts the kind in front of the fields of a rare record.
func exportBody(out *bufio.Writer, kind string, body []byte) error {
	if len(body) < 2 || body[0] != '{' || !json.Valid(body) || bytes.ContainsRune(body, '\n') {
		return fmt.Errorf("the body of a %s is not a JSON object on one line", kind)
	}
	comma := ","
	if len(body) == 2 {
		comma = ""
	}
	_, err := fmt.Fprintf(out, `{"kind":%q%s%s`+"\n", kind, comma, body[1:])
	return err
}

func keyOf(r *Reader, n Name) keyField {
	key := r.Name(n)
	if utf8.ValidString(key) {
		return keyField{Key: &key}
	}
	return keyField{KeyB64: []byte(key)}
}
