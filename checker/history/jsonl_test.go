package history

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
)

func TestExportIsOneObjectALine(t *testing.T) {
	var out bytes.Buffer
	if err := ExportJSONL(&out, open(t, small(t))); err != nil {
		t.Fatal(err)
	}
	want := []string{
		`{"kind":"header","format":1,"run":"r1","scenario":"","seed":"","began":"0001-01-01T00:00:00Z"}`,
		`{"kind":"intent","attempt":1,"writer":1,"key":"key-1","seq":0,"at":10,"intended":9}`,
		`{"kind":"intent","attempt":2,"writer":0,"key_b64":"//48Jj4=","seq":1,"tx":3,"at":20,"intended":5,"event_ms":4999,"term":7}`,
		`{"kind":"outcome","attempt":1,"class":"ok","partition":2,"offset":40,"at":30}`,
		`{"kind":"outcome","attempt":2,"class":"failed","partition":-1,"offset":-1,"reason":"timed out","at":40}`,
		`{"kind":"observation","session":1,"partition":2,"offset":40,"key":"key-1","seq":0,"index":1,"append_ms":1700000000000,"at":50}`,
		`{"kind":"observation","session":1,"partition":2,"offset":41,"key":"","seq":0,"corrupt":true,"at":60}`,
		`{"kind":"observation","session":1,"partition":2,"offset":42,"key":"key-1","seq":0,"at":70,"altered":true,"value":0,"event_ms":5000,"first":true}`,
		`{"kind":"session","session":1,"sink":"out","topic":"out-1","view":"committed","purpose":"final","at":1}`,
		`{"kind":"session-end","session":1,"error":"gone","ends":{"0":7,"1":9},"at":2}`,
		`{"kind":"tx-begin","tx":3,"writer":4,"id":"tx-\u003c4\u003e","at":3}`,
		`{"kind":"tx-end","tx":3,"class":"failed","reason":"aborted","at":4}`,
		`{"kind":"poll","session":1,"partition":2,"from":3,"to":4,"at":5}`,
		`{"kind":"rebalance","group":"g","member":"m","assigned":[1,2],"at":6}`,
		`{"kind":"committed-offset","group":"g","topic":"in","partition":1,"offset":1099511627776,"at":7}`,
		`{"kind":"fence","partition":1,"sink":"out","round":2,"at":8}`,
		`{"kind":"fault","step":1,"name":"kill","targets":["kafka-1"],"phase":"in-effect","at":9}`,
		`{"kind":"sample","name":"lag_records","of":"g","value":0.5,"at":10}`,
		`{"kind":"phase","name":"load","at":11}`,
		`{"kind":"drain","complete":true,"drained":true,"moving":false,"fences":false,"lag":-1,"at":12}`,
		`{"kind":"versions","of":{"broker":"kafka 4.2.0"},"at":13}`,
		`{"kind":"end","interrupted":true,"at":14}`,
		`{"kind":"signal","of":"processor-1","name":"state","text":"RUNNING","at":15}`,
	}
	got := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	for i := range max(len(got), len(want)) {
		switch {
		case i >= len(got):
			t.Errorf("missing: %s", want[i])
		case i >= len(want):
			t.Errorf("too much: %s", got[i])
		case got[i] != want[i]:
			t.Errorf("line %d:\n got %s\nwant %s", i, got[i], want[i])
		}
	}
	for _, line := range got {
		var fields map[string]any
		if err := json.Unmarshal([]byte(line), &fields); err != nil {
			t.Errorf("%s: %v", line, err)
		}
	}
}

// What could be read is exported, whatever comes after it.
func TestExportOfDamagedHistories(t *testing.T) {
	file := small(t)
	damaged := slices.Clone(file)
	damaged[blocks(file)[2]+blockHeader] ^= 1
	for _, row := range []struct {
		why   string
		file  []byte
		lines int
		fails bool
	}{
		{"cut off: the whole blocks", file[:len(file)-1], 8, false},
		{"damaged: the blocks before, and an error", damaged, 4, true},
		{"a body that is no JSON", raw(t, "\x0f\x02{x"), 1, true},
		{"a body that would break its line", raw(t, "\x0f\x03{\n}"), 1, true},
		{"a body without fields", raw(t, "\x0f\x02{}"), 2, false},
	} {
		var out bytes.Buffer
		err := ExportJSONL(&out, open(t, row.file))
		if lines := strings.Count(out.String(), "\n"); lines != row.lines || (err != nil) != row.fails {
			t.Errorf("%s: %d lines and %v, want %d", row.why, lines, err, row.lines)
		}
	}
}

func TestExportReportsItsWriter(t *testing.T) {
	broken := errors.New("pipe is gone")
	in, out := io.Pipe()
	_ = in.CloseWithError(broken)
	if err := ExportJSONL(out, open(t, small(t))); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}
