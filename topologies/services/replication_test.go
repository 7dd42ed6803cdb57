package services

import (
	"encoding/binary"
	"testing"

	"pgregory.net/rapid"
)

// within wraps a message of pgoutput as the server sends it.
func within(message string) []byte {
	return append(append([]byte{'w'}, make([]byte, 24)...), message...)
}

func number(n uint16) string { return string(binary.BigEndian.AppendUint16(nil, n)) }

func column(value string) string {
	return "t" + string(binary.BigEndian.AppendUint32(nil, uint32(len(value)))) + value //nolint:gosec // short
}

func TestALogIsReadTransactionByTransaction(t *testing.T) {
	r := &replication{}
	relation := "R\x00\x00\x00\x01public\x00outbox\x00d" + number(3)
	for _, name := range []string{"key", "seq", "value"} {
		relation += "\x00" + name + "\x00" + string(make([]byte, 8))
	}
	insert := func(key, seq, value string) string {
		return "I\x00\x00\x00\x01N" + number(3) + column(key) + column(seq) + column(value)
	}
	commit := "C" + string(make([]byte, 9)) + string(binary.BigEndian.AppendUint64(nil, 77)) + string(make([]byte, 8))
	var got []order
	for i, m := range []string{"B", relation, insert("a", "1", "one"), insert("b", "2", "two"), commit} {
		whole, err := r.data(within(m))
		if err != nil {
			t.Fatal(err)
		}
		if len(whole) > 0 && i != 4 {
			t.Fatalf("orders came before their transaction ended: %v", whole)
		}
		got = append(got, whole...)
	}
	if len(got) != 2 || got[0] != (order{"a", 1, "one"}) || got[1] != (order{"b", 2, "two"}) || r.read != 77 {
		t.Errorf("read %v up to %d", got, r.read)
	}
}

func TestBrokenMessagesOfALogAreErrorsAndNoPanics(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := &replication{columns: []string{"key", "seq", "value"}}
		kind := rapid.SampledFrom([]string{"R", "I", "C", "B", "k", "x", ""}).Draw(t, "kind")
		rest := rapid.SliceOfN(rapid.Byte(), 0, 64).Draw(t, "rest")
		_, _ = r.data(within(kind + string(rest)))
		_, _ = r.data(rest)
	})
}
