package docker

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"testing"
)

// frames writes lines as the engine streams them, alternating its two streams.
func frames(lines ...string) *bytes.Buffer {
	var b bytes.Buffer
	for i, line := range lines {
		head := [8]byte{byte(1 + i%2)}
		binary.BigEndian.PutUint32(head[4:], uint32(len(line)))
		b.Write(head[:])
		b.WriteString(line)
	}
	return &b
}

func TestLogLinesAreWrittenOnceAcrossRestarts(t *testing.T) {
	first := []string{
		"2026-01-01T00:00:00.000000001Z one\n",
		"2026-01-01T00:00:00.5Z two with spaces\n",
	}
	second := "2026-01-01T00:00:01.25Z three\n"
	var out strings.Builder
	last, err := copyLines(&out, frames(first...), "")
	if err != nil {
		t.Fatal(err)
	}
	// After the restart the engine begins at the last stamp, or from the start.
	last, err = copyLines(&out, frames(append(first, second)...), last)
	if err != nil {
		t.Fatal(err)
	}
	if want := "one\ntwo with spaces\nthree\n"; out.String() != want {
		t.Errorf("log %q, want %q", out.String(), want)
	}
	if last != "2026-01-01T00:00:01.25Z" {
		t.Errorf("last stamp %q", last)
	}
}

func TestStampsAreComparedAsTimes(t *testing.T) {
	for _, tt := range []struct {
		why, a, b string
		want      bool
	}{
		{"anything is later than nothing", "2026-01-01T00:00:00Z", "", true},
		{"the same is not later", "2026-01-01T00:00:00.5Z", "2026-01-01T00:00:00.500000000Z", false},
		{"a shorter fraction may be later", "2026-01-01T00:00:00.6Z", "2026-01-01T00:00:00.512345678Z", true},
		{"earlier", "2026-01-01T00:00:00.5Z", "2026-01-01T00:00:01Z", false},
		{"what is no time is kept rather than lost", "garbage", "2026-01-01T00:00:01Z", true},
	} {
		if got := later(tt.a, tt.b); got != tt.want {
			t.Errorf("%s: later(%q, %q) = %v", tt.why, tt.a, tt.b, got)
		}
	}
}

func TestALogCutOffInAFrameIsAnError(t *testing.T) {
	whole := frames("2026-01-01T00:00:00Z one\n", "2026-01-01T00:00:01Z two\n").Bytes()
	var out strings.Builder
	_, err := copyLines(&out, bytes.NewReader(whole[:len(whole)-3]), "")
	if !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("error %v, want an unexpected end", err)
	}
	if out.String() != "one\n" {
		t.Errorf("log %q: the whole lines before the cut are expected", out.String())
	}
}
