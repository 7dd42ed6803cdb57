package processors

import (
	"bytes"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"

	"surety/checker/predicate"
	"surety/workload"
)

func valueText(seq int64) []byte {
	return workload.AppendValue(nil, workload.Value{Run: "r1", Key: []byte("k1"), Seq: seq, Event: 9}, 80)
}

func TestFilterKeepsWhatItsPredicateHoldsFor(t *testing.T) {
	odd, err := predicate.Parse("seq % 2 == 1")
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		why  string
		keep predicate.Predicate
		seq  int64
		want int
	}{
		{"its own drops every third", predicate.Predicate{}, 3, 0},
		{"and keeps the others", predicate.Predicate{}, 4, 1},
		{"the one that it is told", odd, 3, 1},
		{"is followed instead", odd, 4, 0},
	} {
		out := keeping(Config{Output: "out", Keep: row.keep})(&kgo.Record{Key: []byte("k1"), Value: valueText(row.seq)})
		if len(out) != row.want {
			t.Errorf("%s: %d outputs, want %d", row.why, len(out), row.want)
		}
	}
	if out := keeping(Config{})(&kgo.Record{Value: []byte("not ours")}); len(out) != 1 {
		t.Error("what is none of the workload's is dropped")
	}
}

func TestFanOutNumbersItsOutputs(t *testing.T) {
	for asked, want := range map[int32]int{0: fanOutOwn, 3: 3} {
		in := &kgo.Record{Key: []byte("k1"), Value: valueText(5)}
		out := multiplying(Config{Output: "out", Outputs: asked})(in)
		if len(out) != want {
			t.Fatalf("%d outputs, want %d", len(out), want)
		}
		for i, r := range out {
			v, err := workload.ParseValue(r.Value, "r1")
			if err != nil || v.Index != int32(i) || v.Seq != 5 || v.Event != 9 || len(r.Value) != len(in.Value) || r.Topic != "out" {
				t.Errorf("output %d is %+v in %d bytes, %v", i, v, len(r.Value), err)
			}
		}
	}
}

func TestCounterGoesOnFromItsUpdates(t *testing.T) {
	cfg := Config{Output: "out"}
	record := func(partition int32, offset int64, key string) *kgo.Record {
		return &kgo.Record{Key: []byte(key), Value: []byte(fmt.Sprint("v", offset)), Partition: partition, Offset: offset}
	}
	c := newCounts(ones)
	var written []*kgo.Record
	for _, r := range c.fresh([]*kgo.Record{record(0, 0, "a"), record(0, 1, "b"), record(0, 2, "a"), record(1, 7, "c")}) {
		written = append(written, c.update(cfg, r)...)
		c.add([]*kgo.Record{r})
	}
	again := newCounts(ones)
	again.restore(append([]*kgo.Record{{Value: []byte("no update")}}, written...))
	fresh := again.fresh([]*kgo.Record{record(0, 1, "b"), record(0, 2, "a"), record(0, 3, "a"), record(1, 7, "c"), record(1, 8, "d"), record(2, 0, "e")})
	var got []string
	for _, r := range fresh {
		for _, out := range again.update(cfg, r) {
			got = append(got, string(out.Value))
		}
	}
	want := []update{
		{Key: "a", Count: 3, Sum: 3, Last: "v3", Offset: 3},
		{Key: "d", Count: 1, Sum: 1, Last: "v8", Partition: 1, Offset: 8},
		{Key: "e", Count: 1, Sum: 1, Last: "v0", Partition: 2},
	}
	if len(got) != len(want) {
		t.Fatalf("%d updates: %v", len(got), got)
	}
	for i, w := range want {
		if text, err := json.Marshal(w); err != nil || got[i] != string(text) {
			t.Errorf("update %d is %s, want %s, %v", i, got[i], text, err)
		}
	}
}

func TestWhatProcessorsAreToldOfTheirOutputs(t *testing.T) {
	env := map[string]string{
		"SURETY_BOOTSTRAP": "b:1", "SURETY_INPUT": "in", "SURETY_OUTPUT": "out", "SURETY_GROUP": "g",
		"SURETY_KEEP": "seq % 2 == 0", "SURETY_OUTPUTS": "4", "SURETY_TRANSACTION_RECORDS": "750",
	}
	c, err := ConfigFromEnv(func(name string) string { return env[name] })
	if err != nil || c.Keep.String() != "seq % 2 == 0" || c.Outputs != 4 || c.roomBeside(700) != 50 || c.roomBeside(800) != 0 {
		t.Errorf("%v, %d, %d, %v", c.Keep, c.Outputs, c.TransactionRecords, err)
	}
	env["SURETY_KEEP"] = "odd ones"
	if _, err := ConfigFromEnv(func(name string) string { return env[name] }); err == nil {
		t.Error("any text is a predicate")
	}
}

func TestWindowsCloseByTheWatermarkOfTheirPartition(t *testing.T) {
	cfg := Config{Output: "out"}
	const size, lateness = 10, 5
	record := func(partition int32, offset, event int64) *kgo.Record {
		v := workload.Value{Run: "r1", Key: []byte("k"), Seq: offset, Event: event}
		return &kgo.Record{Key: v.Key, Value: workload.AppendValue(nil, v, 0), Partition: partition, Offset: offset}
	}
	from := func() *counts { return newCounts(windows{size: size, lateness: lateness}) }
	c := from()
	var written []*kgo.Record
	for i, row := range []struct {
		why       string
		partition int32
		event     int64
		window, n int64 // n = 0: dropped
	}{
		{"the first of its window", 0, 12, 10, 1},
		{"the next one", 0, 21, 20, 1},
		{"behind, but its window is open", 0, 19, 10, 2},
		{"the watermark is one short of the end", 0, 24, 20, 2},
		{"so the window still counts", 0, 10, 10, 3},
		{"the watermark reaches end and lateness", 0, 25, 20, 3},
		{"so the window is closed", 0, 19, 0, 0},
		{"in another partition it is not", 1, 11, 10, 4},
		{"before the epoch windows begin below", 2, -1, -10, 1},
	} {
		out := c.update(cfg, record(row.partition, int64(i), row.event))
		written = append(written, out...)
		if row.n == 0 {
			if len(out) > 0 {
				t.Errorf("%s: got %s", row.why, out[0].Value)
			}
			continue
		}
		var u update
		if len(out) != 1 || json.Unmarshal(out[0].Value, &u) != nil || u.Window != row.window || u.Count != row.n {
			t.Errorf("%s: got %+v, want %d in the window from %d", row.why, u, row.n, row.window)
		}
	}
	again := from()
	again.restore(written)
	if out := again.update(cfg, record(0, 20, 14)); len(out) > 0 {
		t.Errorf("read back it has forgotten its watermark: %s", out[0].Value)
	}
	if out := again.update(cfg, record(0, 21, 26)); len(out) != 1 || !bytes.Contains(out[0].Value, []byte(`"count":4`)) {
		t.Error("read back it has forgotten its counts")
	}
}

func TestWhatCannotBeDecodedGoesToTheDeadLettersOrIsGone(t *testing.T) {
	poison := append([]byte{workload.PoisonMark}, valueText(1)...)
	for _, row := range []struct {
		why   string
		value []byte
		sound bool
	}{
		{"a value of the workload", valueText(1), true},
		{"JSON of any form", []byte(`{"order":"k1-1"}`), true},
		{"a poison record", poison, false},
		{"poison before JSON", []byte(`!{"order":"k1-1"}`), false},
		{"nothing", nil, false},
	} {
		if got := decodes(&kgo.Record{Value: row.value}); got != row.sound {
			t.Errorf("%s: decodes is %v", row.why, got)
		}
	}
}
