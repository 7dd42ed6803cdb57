package trace

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"testing"

	"surety/checker/history"
)

// FuzzLine holds the decoder to encoding/json: what it accepts, json accepts, with
// the same values.
func FuzzLine(f *testing.F) {
	for line := range strings.Lines(small) {
		f.Add([]byte(line))
	}
	for _, line := range []string{
		`{"kind":"attempt","key":"\ud83d\ude00\"\\\/\b\f\n\r\t","seq":-9223372036854775808,"outcome":"unknown","tx":-0,"tx_outcome":"aborted"}`,
		`{"kind":"observation","corrupt":true,"topic":"a\u0000b","partition":2147483647,"offset":9223372036854775807}`,
		"{\"kind\":\"end\" , \"time\" : 1\t, \"drained\":false}\r", `{"kind":"end","time":1e3}`, `{"key":"\ud800"}`, "{\"key\":\"\xff\"}", `{}`, ``,
	} {
		f.Add([]byte(line))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var l line
		before := bytes.Clone(text)
		err := l.decode(text)
		if !bytes.Equal(text, before) {
			t.Fatal("it writes into the line")
		}
		if err != nil {
			if err.Column < 1 || err.Column > len(text)+1 || err.Text == "" {
				t.Fatalf("column %d of %d bytes: %s", err.Column, len(text), err.Text)
			}
			return
		}
		dec := json.NewDecoder(bytes.NewReader(text))
		dec.UseNumber()
		var want map[string]any
		if err := dec.Decode(&want); err != nil || !json.Valid(text) {
			t.Fatalf("json refuses it: %v", err)
		}
		got := map[string]any{"kind": kinds[l.kind]}
		number := func(n int64) any { return json.Number(strconv.FormatInt(n, 10)) }
		for f, v := range map[field]any{
			fKey: string(l.key), fTopic: string(l.topic), fTx: string(l.tx), fSeq: number(l.seq), fTime: number(l.time),
			fPartition: number(int64(l.partition)), fOffset: number(l.offset), fCorrupt: l.corrupt, fDrained: l.drained,
			fOutcome: outcomes[l.outcome%3], fTxOutcome: txEnds[l.txOutcome],
		} {
			if l.has.has(f) {
				got[fieldNames[f]] = v
			}
		}
		if len(got) != len(want) {
			t.Fatalf("%v, json reads %v", got, want)
		}
		for name, v := range want {
			if n, is := v.(json.Number); is {
				if n == "-0" {
					v = json.Number("0")
				}
				if name == "tx" {
					v = string(v.(json.Number))
				}
			}
			if got[name] != v {
				t.Fatalf("%s is %v, json reads %v", name, got[name], v)
			}
		}
		if !l.has.has(fPartition) && l.partition != -1 || !l.has.has(fOffset) && l.offset != -1 || l.outcome > history.Failed {
			t.Fatalf("what is not told is made up: %+v", l)
		}
	})
}

// FuzzTrace reads whole files: each is judged or refused.
func FuzzTrace(f *testing.F) {
	f.Add([]byte(small))
	f.Add([]byte(small + small))
	f.Add([]byte("\xef\xbb\xbf\r\n" + small[:200]))
	f.Fuzz(func(t *testing.T, text []byte) {
		_, _ = judgeText(t, string(text), declared["order"]) // an error is fine, a panic is not
	})
}
