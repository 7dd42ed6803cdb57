package workload

import (
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"math"
	"slices"
	"strconv"
	"testing"

	"pgregory.net/rapid"
)

func TestValueComesBackAsItWas(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := Value{
			Run:    rapid.StringMatching(`[a-z0-9-]{0,12}`).Draw(t, "run"),
			Writer: rapid.Uint32().Draw(t, "writer"),
			Key:    []byte(rapid.StringMatching(`[^:\r\n]{0,30}`).Draw(t, "key")),
			Seq:    rapid.Int64().Draw(t, "seq"),
			Index:  rapid.Int32().Draw(t, "index"),
			Event:  rapid.Int64().Draw(t, "event"),
		}
		size := rapid.IntRange(0, 400).Draw(t, "size")
		text := AppendValue(nil, want, size)
		got, err := ParseValue(text, want.Run)
		if err != nil {
			t.Fatalf("parse %q: %v", text, err)
		}
		if fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", want) {
			t.Fatalf("got %+v, want %+v", got, want)
		}
		if bare := len(AppendValue(nil, want, 0)); len(text) != max(size, bare) {
			t.Fatalf("%d bytes for size %d, bare %d", len(text), size, bare)
		}
		if bytes.ContainsAny(text, "\r\n") {
			t.Fatalf("a value is one line: %q", text)
		}
	})
}

func TestValueExtremesComeBack(t *testing.T) {
	for _, seq := range []int64{math.MinInt64, -1, 0, math.MaxInt64} {
		got, err := ParseValue(AppendValue(nil, Value{Run: "r", Seq: seq}, 0), "r")
		if err != nil || got.Seq != seq {
			t.Errorf("sequence %d came back as %d, %v", seq, got.Seq, err)
		}
	}
}

// sealed gives a body its checksum.
func sealed(body string) string {
	return fmt.Sprintf("%s:%08x", body, crc32.Checksum([]byte(body), castagnoli))
}

func TestValueRejects(t *testing.T) {
	whole := string(AppendValue(nil, Value{Run: "r", Writer: 1, Key: []byte("k1"), Seq: 2, Event: 3}, 60))
	for _, row := range []struct {
		reason string
		text   string
		want   error
	}{
		{"nothing", "", ErrNotOurs},
		{"somebody's JSON", `{"a":1}`, ErrNotOurs},
		{"a later layout", "s2:r:1:k1:2:0:3::00000000", ErrNotOurs},
		{"only the tag", "s1:", ErrCorrupt},
		{"cut short", whole[:len(whole)-1], ErrCorrupt},
		{"a line break added", whole + "\n", ErrCorrupt},
		{"one digit of the sequence changed", string(bytes.Replace([]byte(whole), []byte(":2:"), []byte(":3:"), 1)), ErrCorrupt},
		{"upper-case checksum is not what was written", sealed("s1:r:1:k1:2:0:3:")[:len("s1:r:1:k1:2:0:3:")] + ":ABCDEF01", ErrCorrupt},
		{"a field too few", sealed("s1:r:1:k1:2:0:3"), ErrCorrupt},
		{"a field too many", sealed("s1:r:1:k1:2:0:3:.:."), ErrCorrupt},
		{"a number that is none", sealed("s1:r:1:k1:two:0:3:"), ErrCorrupt},
		{"a second spelling of a number", sealed("s1:r:1:k1:02:0:3:"), ErrCorrupt},
		{"a plus sign", sealed("s1:r:1:k1:+2:0:3:"), ErrCorrupt},
		{"a sequence over 64 bits", sealed("s1:r:1:k1:9223372036854775808:0:3:"), ErrCorrupt},
		{"an index over 32 bits", sealed("s1:r:1:k1:2:2147483648:3:"), ErrCorrupt},
		{"a negative writer", sealed("s1:r:-1:k1:2:0:3:"), ErrCorrupt},
		{"another run", string(AppendValue(nil, Value{Run: "q", Key: []byte("k1")}, 0)), ErrWrongRun},
	} {
		t.Run(row.reason, func(t *testing.T) {
			_, err := ParseValue([]byte(row.text), "r")
			if !errors.Is(err, row.want) {
				t.Errorf("parse %q: %v, want %v", row.text, err, row.want)
			}
		})
	}
}

func TestValueOfAnotherRunIsReadWhole(t *testing.T) {
	got, err := ParseValue(AppendValue(nil, Value{Run: "q", Key: []byte("k"), Seq: 7}, 0), "r")
	if !errors.Is(err, ErrWrongRun) || got.Run != "q" || string(got.Key) != "k" || got.Seq != 7 {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestValueNeedsNoAllocation(t *testing.T) {
	v := Value{Run: "run-1", Writer: 3, Key: []byte("k17"), Seq: 12345, Event: 1_700_000_000_000}
	buf := make([]byte, 0, 256)
	if n := testing.AllocsPerRun(100, func() { buf = AppendValue(buf[:0], v, 200) }); n != 0 {
		t.Errorf("append allocates %v times", n)
	}
	if n := testing.AllocsPerRun(100, func() { _, _ = ParseValue(buf, "run-1") }); n != 0 {
		t.Errorf("parse allocates %v times", n)
	}
}

// The driver's own way to a value leads to the same bytes, however often a memory is
// used again.
func TestStencilMakesTheSameValues(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.IntRange(0, 1600).Draw(t, "size")
		s := newStencil("run", 7, size, 3, Key(2))
		memory := dots(max(size, rapid.IntRange(0, 100).Draw(t, "room")))
		for range rapid.IntRange(1, 20).Draw(t, "values") {
			index := rapid.IntRange(0, 2).Draw(t, "key")
			v := Value{
				Run: "run", Writer: 7, Key: []byte(Key(index)),
				Seq:   rapid.OneOf(rapid.Int64(), rapid.Int64Range(-5, 200_000)).Draw(t, "seq"),
				Event: rapid.OneOf(rapid.Int64(), rapid.SampledFrom([]int64{-1, 0, 9, 1_700_000_000_000})).Draw(t, "event"),
			}
			want := AppendValue(nil, v, size)
			if memory = s.write(memory, index, v.Key, v.Seq, v.Event); string(memory) != string(want) {
				t.Fatalf("got %q, want %q", memory, want)
			}
		}
	})
}

func TestPaddingIsOfTheSameChecksum(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		before := rapid.SliceOfN(rapid.Byte(), 0, 100).Draw(t, "before")
		p := newPadding(len(before), len(before)+rapid.IntRange(longPadding, 5000).Draw(t, "length"))
		want := crc32.Checksum(append(slices.Clip(before), dots(p.to-p.from)...), castagnoli)
		if got := p.sum(crc32.Checksum(before, castagnoli)); got != want {
			t.Fatalf("got %08x, want %08x", got, want)
		}
	})
}

func TestCheckKey(t *testing.T) {
	for _, row := range []struct {
		key, reason string
		ok          bool
	}{
		{"k1", "an ordinary key", true},
		{"", "the empty key is a key", true},
		{"ключ", "any text", true},
		{"a:b", "the separator", false},
		{"a\nb", "a value is one line", false},
		{"a\rb", "some tools end a line here", false},
	} {
		if err := CheckKey(row.key); (err == nil) != row.ok {
			t.Errorf("%q (%s): %v", row.key, row.reason, err)
		}
	}
}

func FuzzParseValue(f *testing.F) {
	f.Add("s1:r:1:k1:2:0:3:...")
	f.Add("s1::::::::")
	f.Add("s1:r:1:k1:-9223372036854775808:-2147483648:0:")
	f.Fuzz(func(t *testing.T, body string) {
		_, _ = ParseValue([]byte(body), "r") // must not panic
		v, err := ParseValue([]byte(sealed(body)), "r")
		if err != nil {
			return
		}
		again, err := ParseValue(AppendValue(nil, v, 0), "r")
		if err != nil || fmt.Sprintf("%+v", again) != fmt.Sprintf("%+v", v) {
			t.Errorf("%q parses as %+v, which comes back as %+v, %v", body, v, again, err)
		}
	})
}

func BenchmarkAppendValue(b *testing.B) {
	v := Value{Run: "run-1", Writer: 3, Key: []byte("k17"), Seq: 12345, Event: 1_700_000_000_000}
	buf := make([]byte, 0, 256)
	b.ReportAllocs()
	for b.Loop() {
		buf = AppendValue(buf[:0], v, 100)
	}
}

func BenchmarkStencil(b *testing.B) {
	for _, size := range []int{100, 1024} {
		b.Run(strconv.Itoa(size), func(b *testing.B) {
			s, memory, key := newStencil("run-1", 3, size, 1, "k17"), dots(size), []byte("k17")
			b.ReportAllocs()
			for b.Loop() {
				memory = s.write(memory, 0, key, 12345, 1_700_000_000_000)
			}
		})
	}
}
