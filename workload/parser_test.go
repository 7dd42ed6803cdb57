package workload

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"testing"

	"pgregory.net/rapid"
)

// same wants the answer of ParseValue from a parser.
func same(t rapid.TB, p *Parser, text []byte) {
	t.Helper()
	want, wantErr := ParseValue(text, p.run)
	got := Value{Run: "before", Key: []byte("before"), Seq: 77}
	err := p.Parse(text, &got)
	if fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", want) || !errors.Is(err, wantErr) || (err == nil) != (wantErr == nil) {
		t.Fatalf("%q: got %+v, %v; want %+v, %v", text, got, err, want, wantErr)
	}
}

// Whatever became of values on their way, and whichever came before, a parser gives
// the answer of ParseValue.
func TestParserAnswersAsParseValue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := NewParser("run")
		sizes := rapid.SliceOfN(rapid.OneOf(rapid.IntRange(0, 120), rapid.IntRange(280, 1200)), 1, knownPaddings+2).Draw(t, "sizes")
		for range rapid.IntRange(1, 30).Draw(t, "values") {
			text := AppendValue(nil, Value{
				Run:    rapid.SampledFrom([]string{"run", "run", "run", "other", "ru", ""}).Draw(t, "run"),
				Writer: rapid.SampledFrom([]uint32{0, 3, 1<<32 - 1}).Draw(t, "writer"),
				Key:    []byte(rapid.SampledFrom([]string{"", "k1", "a key that is longer than the most of them are"}).Draw(t, "key")),
				Seq:    rapid.OneOf(rapid.Int64(), rapid.Int64Range(-5, 200_000)).Draw(t, "seq"),
				Index:  rapid.SampledFrom([]int32{0, 0, 1, -1, 1<<31 - 1}).Draw(t, "index"),
				Event:  rapid.OneOf(rapid.Int64(), rapid.SampledFrom([]int64{-1, 0, 1_700_000_000_000})).Draw(t, "event"),
			}, rapid.SampledFrom(sizes).Draw(t, "size"))
			same(t, p, text)
			for range rapid.IntRange(0, 3).Draw(t, "flips") {
				bit := rapid.IntRange(0, len(text)*8-1).Draw(t, "bit")
				text[bit/8] ^= 1 << (bit % 8)
			}
			same(t, p, text)
			same(t, p, text[:rapid.IntRange(0, len(text)).Draw(t, "cut")])
		}
	})
}

// A body with the right checksum is not a value for that alone.
func TestParserReadsFieldsAsParseValue(t *testing.T) {
	long := string(dots(400))
	for _, row := range []struct{ reason, body string }{
		{"a field too few", "s1:run:1:k1:2:0:3"},
		{"no padding", "s1:run:1:k1:2:0:3:"},
		{"a field too many", "s1:run:1:k1:2:0:3:.:."},
		{"a field too many before a long padding", "s1:run:1:k1:2:0:3:.:" + long},
		{"a field too many within a long padding", "s1:run:1:k1:2:0:3:" + long[:200] + ":" + long},
		{"padding of something else", "s1:run:1:k1:2:0:3:" + long[:200] + "x" + long},
		{"a number that is none", "s1:run:1:k1:two:0:3:" + long},
		{"a second spelling of a number", "s1:run:01:k1:2:0:3:" + long},
		{"a writer over 32 bits", "s1:run:4294967296:k1:2:0:3:" + long},
		{"an index over 32 bits", "s1:run:1:k1:2:2147483648:3:" + long},
		{"ends within the key", "s1:run:1:k1"},
		{"ends behind the key", "s1:run:1:k1:"},
		{"ends within the event time of the one before", "s1:run:1:k1:2:0:17"},
		{"a run that begins as this one", "s1:run2:1:k1:2:0:3:" + long},
	} {
		t.Run(row.reason, func(t *testing.T) {
			p := NewParser("run")
			for range 2 { // the second with what the first has left
				same(t, p, []byte(sealed(row.body)))
				for _, size := range []int{60, 450, len(row.body) + 1 + crcDigits} {
					same(t, p, AppendValue(nil, Value{Run: "run", Writer: 1, Key: []byte("k1"), Event: 1700}, size))
				}
			}
		})
	}
}

func TestParserNeedsNoAllocation(t *testing.T) {
	v := Value{Run: "run-1", Writer: 3, Key: []byte("k17"), Seq: 12345, Event: 1_700_000_000_000}
	p, text := NewParser(v.Run), AppendValue(nil, v, 1024)
	if n := testing.AllocsPerRun(100, func() {
		var got Value
		if err := p.Parse(text, &got); err != nil || !slices.Equal(got.Key, v.Key) {
			t.Fatal(got, err)
		}
	}); n != 0 {
		t.Errorf("parse allocates %v times", n)
	}
}

func BenchmarkParse(b *testing.B) {
	for _, size := range []int{100, 1024} {
		text := AppendValue(nil, Value{Run: "run-1", Writer: 3, Key: []byte("k17"), Seq: 12345, Event: 1_700_000_000_000}, size)
		b.Run("plain-"+strconv.Itoa(size), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := ParseValue(text, "run-1"); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run("parser-"+strconv.Itoa(size), func(b *testing.B) {
			p := NewParser("run-1")
			b.ReportAllocs()
			for b.Loop() {
				var v Value
				if err := p.Parse(text, &v); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
