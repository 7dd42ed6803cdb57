package processors

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"

	"surety/checker/predicate"
	"surety/workload"
)

func valueText(seq int64, index int32) []byte {
	return workload.AppendValue(nil, workload.Value{Run: "r1", Key: []byte("k1"), Seq: seq, Index: index, Event: 9}, 80)
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
		out := keeping(Config{Output: "out", Keep: row.keep})(&kgo.Record{Key: []byte("k1"), Value: valueText(row.seq, 0)})
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
		in := &kgo.Record{Key: []byte("k1"), Value: valueText(5, 0)}
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
	c := newCounts()
	var written []*kgo.Record
	for _, r := range c.fresh([]*kgo.Record{record(0, 0, "a"), record(0, 1, "b"), record(0, 2, "a"), record(1, 7, "c")}) {
		written = append(written, c.update(cfg, r)...)
		c.add([]*kgo.Record{r})
	}
	again := newCounts()
	again.restore(append([]*kgo.Record{{Value: []byte("no update")}}, written...))
	fresh := again.fresh([]*kgo.Record{record(0, 1, "b"), record(0, 2, "a"), record(0, 3, "a"), record(1, 7, "c"), record(1, 8, "d"), record(2, 0, "e")})
	var got []string
	for _, r := range fresh {
		for _, out := range again.update(cfg, r) {
			got = append(got, string(out.Value))
		}
	}
	want := []update{{"a", 3, "v3", 0, 3}, {"d", 1, "v8", 1, 8}, {"e", 1, "v0", 2, 0}}
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
		"SURETY_KEEP": "seq % 2 == 0", "SURETY_OUTPUTS": "4",
	}
	c, err := ConfigFromEnv(func(name string) string { return env[name] })
	if err != nil || c.Keep.String() != "seq % 2 == 0" || c.Outputs != 4 {
		t.Errorf("%v, %d, %v", c.Keep, c.Outputs, err)
	}
	env["SURETY_KEEP"] = "odd ones"
	if _, err := ConfigFromEnv(func(name string) string { return env[name] }); err == nil {
		t.Error("any text is a predicate")
	}
}
