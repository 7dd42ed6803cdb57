package postgres

import (
	"bytes"
	"errors"
	"slices"
	"testing"

	"surety/topologies/wire"
)

// head reads a head as a connection does: ever more bytes, until they are enough.
func head(t *testing.T, read func([]byte) (wire.Head, int, error), frame []byte) wire.Head {
	t.Helper()
	for n := 1; ; {
		h, need, err := read(frame[:n])
		if err != nil {
			t.Fatal(err)
		}
		if need == 0 {
			return h
		}
		if need <= n || need > len(frame) {
			t.Fatalf("with %d of %d bytes it wants %d", n, len(frame), need)
		}
		n = need
	}
}

// begun is a connection whose startup was answered.
func begun(t *testing.T) *conversation {
	t.Helper()
	c := New().Open(nil).(*conversation)
	start := startupOf(version3, "user\x00u\x00application_name\x00orders\x00\x00")
	if h := head(t, c.Request, start); h.Client != "orders" || h.Part || h.Size != int64(len(start)) {
		t.Fatalf("the startup is %+v", h)
	}
	for _, m := range [][]byte{typed('R', "\x00\x00\x00\x00"), typed('S', "a\x00b\x00"), typed('K', "12345678")} {
		if h := head(t, c.Answer, m); !h.Part {
			t.Fatalf("%q is %+v", m, h)
		}
	}
	if h := head(t, c.Answer, ready()); h.ID != 1 || h.Part {
		t.Fatalf("the end of the startup is %+v", h)
	}
	return c
}

func TestRequestsAreToldByTheirStatements(t *testing.T) {
	prepared := parse("c", "commit")
	for _, tt := range []struct {
		why    string
		before []byte // an extended query
		frame  []byte
		kind   string
		gid    string
		part   bool
	}{
		{"a simple query", nil, query("commit"), "COMMIT", "", false},
		{"one that no rule is about", nil, query("select 1"), "", "", false},
		{"two phases", nil, query("commit prepared 'g-1'"), "COMMIT PREPARED", "g-1", false},
		{"parsed, bound and executed at once", nil, join(parse("", "COMMIT"), bind("", ""), typed('D', "P\x00"), execute(""), syncs()), "COMMIT", "", false},
		{"prepared before", join(prepared, typed('D', "Sc\x00"), syncs()), join(bind("", "c"), execute(""), syncs()), "COMMIT", "", false},
		{"prepared before, its identifier too", join(parse("p", "prepare transaction 'g-2'"), syncs()), join(bind("x", "p"), execute("x"), syncs()), "PREPARE TRANSACTION", "g-2", false},
		{"prepared and not executed", nil, join(prepared, syncs()), "", "", false},
		{"closed before", join(prepared, typed('C', "Sc\x00"), syncs()), join(bind("", "c"), execute(""), syncs()), "", "", false},
		{"closed by the same query", join(prepared, syncs()), join(bind("", "c"), execute(""), typed('C', "Sc\x00"), syncs()), "COMMIT", "", false},
		{"the name is another statement's now", join(prepared, syncs(), parse("c", "select 1"), syncs()), join(bind("", "c"), execute(""), syncs()), "", "", false},
		{"a pipeline", nil, join(parse("", "insert into t values ($1)"), bind("", ""), execute(""), parse("", "commit"), bind("", ""), execute(""), syncs()), "COMMIT", "", false},
		{"flushed, so that the answer has no end", nil, join(parse("", "commit"), bind("", ""), execute(""), typed('H')), "", "", true},
		{"data of a COPY", nil, typed('d', "1\t2\n"), "", "", true},
		{"the end", nil, typed('X'), "", "", true},
	} {
		c := begun(t)
		for rest := tt.before; len(rest) > 0; {
			h := head(t, c.Request, rest)
			rest = rest[h.Size:]
		}
		h := head(t, c.Request, tt.frame)
		if h.Size != int64(len(tt.frame)) || h.Part != tt.part || kindNames[h.Kind] != tt.kind {
			t.Errorf("%s: %+v (%s), want %d bytes, %s, part %t", tt.why, h, kindNames[h.Kind], len(tt.frame), tt.kind, tt.part)
		}
		if tt.kind == "" {
			continue
		}
		if f, err := c.Facts(h, tt.frame); err != nil || f.API != tt.kind || f.TransactionalID != tt.gid {
			t.Errorf("%s: facts %+v, %v", tt.why, f, err)
		}
	}
}

// Whatever comes in between is let through at once, so that nobody waits for it.
func TestAnUnfinishedRunEndsWhereSomethingElseBegins(t *testing.T) {
	c := begun(t)
	run := join(parse("", "commit"), bind("", ""))
	h := head(t, c.Request, join(run, query("select 1")))
	if !h.Part || h.Size != int64(len(run)) {
		t.Errorf("%+v, want the %d bytes before the query", h, len(run))
	}
	long := bytes.Repeat([]byte("x"), longestRun)
	run = join(parse("", "insert"), typed('B', string(long)))
	if h = head(t, c.Request, run); !h.Part || h.Size != int64(len(parse("", "insert"))) {
		t.Errorf("before a long message: %+v", h)
	}
	if h = head(t, c.Request, run[h.Size:]); !h.Part || h.Size != int64(longestRun+5) {
		t.Errorf("a long message: %+v", h)
	}
}

func TestTheAnswerToACommitIsWholeAndOthersAreNot(t *testing.T) {
	row := typed('D', "\x00\x01\x00\x00\x00\x011")
	for _, tt := range []struct {
		why     string
		request []byte
		answer  []byte
		parts   int // before the last head, which has the request's id
		outcome string
	}{
		{"a commit", query("commit"), join(complete("COMMIT"), ready()), 0, "COMMIT"},
		{"a commit that rolled back", query("commit"), join(complete("ROLLBACK"), ready()), 0, "ROLLBACK"},
		{"a commit that failed", query("commit"), join(failed("40001"), ready()), 0, "40001"},
		{"with a notice", query("commit"), join(typed('N', "SWARNING\x00\x00"), complete("COMMIT"), ready()), 0, "COMMIT"},
		{"of an extended query", join(parse("", "commit"), bind("", ""), execute(""), syncs()), join(typed('1'), typed('2'), complete("COMMIT"), ready()), 0, "COMMIT"},
		{"of several statements", query("insert into t values (1); commit"), join(complete("INSERT 0 1"), complete("COMMIT"), ready()), 0, "COMMIT"},
		{"of what no rule is about", query("select 1"), join(typed('T', "\x00\x00"), row, row, complete("SELECT 2"), ready()), 4, ""},
		{"too long to be kept", query("insert into t values (1) returning *"), join(bytes.Repeat(row, 6000), complete("INSERT 0 6000"), ready()), -1, ""},
	} {
		c := begun(t)
		asked := head(t, c.Request, tt.request)
		parts, rest := 0, tt.answer
		var h wire.Head
		for h = head(t, c.Answer, rest); h.Part; h = head(t, c.Answer, rest) {
			parts++
			rest = rest[h.Size:]
		}
		if h.ID != asked.ID || h.Size != int64(len(rest)) || tt.parts >= 0 && parts != tt.parts {
			t.Errorf("%s: %+v after %d parts, want the id %d after %d", tt.why, h, parts, asked.ID, tt.parts)
		}
		if tt.parts == 0 {
			if got := c.Outcome(asked, rest); got != tt.outcome {
				t.Errorf("%s: it was answered %q, want %q", tt.why, got, tt.outcome)
			}
		}
		if len(c.asked) > 0 {
			t.Errorf("%s: %v is still awaited", tt.why, c.asked)
		}
	}
}

// Each side of a COPY may have to hear the other before its end.
func TestACopyIsNotHeldBack(t *testing.T) {
	c := begun(t)
	for _, frame := range [][]byte{query("copy t from stdin"), join(parse("", "copy t from stdin"), bind("", ""), execute(""), syncs())} {
		asked := head(t, c.Request, frame)
		if h := head(t, c.Answer, typed('G', "\x00\x00\x00")); !h.Part {
			t.Fatalf("that data may come is %+v", h)
		}
		if frame[0] != 'Q' { // the Sync so far was in vain
			asked = head(t, c.Request, syncs())
		}
		if h := head(t, c.Answer, complete("COPY 0")); !h.Part {
			t.Fatalf("%+v", h)
		}
		if h := head(t, c.Answer, ready()); h.ID != asked.ID {
			t.Fatalf("the end is %+v, asked was %+v", h, asked)
		}
	}
	if h := head(t, c.Answer, typed('A', "\x00\x00\x00\x01c\x00\x00")); !h.Part {
		t.Errorf("a notification that nobody asked for is %+v", h)
	}
}

func TestEncryptionThatIsRefusedIsReadAndElseNot(t *testing.T) {
	c := New().Open(nil).(*conversation)
	if h := head(t, c.Request, startupOf(sslRequest, "")); !h.Part || h.Size != 8 {
		t.Fatalf("%+v", h)
	}
	if h := head(t, c.Answer, []byte("N")); !h.Part || h.Size != 1 {
		t.Fatalf("%+v", h)
	}
	if h := head(t, c.Request, startupOf(version3, "user\x00u\x00\x00")); h.Part {
		t.Fatalf("%+v", h)
	}
	for why, read := range map[string]func(*conversation) error{
		"TLS is agreed on": func(c *conversation) error {
			head(t, c.Request, startupOf(gssRequest, ""))
			_, _, err := c.Answer([]byte("S"))
			return err
		},
		"TLS at once": func(c *conversation) error {
			_, _, err := c.Request([]byte{22})
			return err
		},
		"another protocol": func(c *conversation) error {
			_, _, err := c.Request([]byte("GET / HTTP/1.1\r\n"))
			return err
		},
		"no message of a server": func(c *conversation) error {
			_, _, err := c.Answer([]byte("HTTP/1.1 400"))
			return err
		},
	} {
		var unread *wire.ErrUnread
		if err := read(New().Open(nil).(*conversation)); !errors.As(err, &unread) {
			t.Errorf("%s: %v", why, err)
		}
	}
}

func TestACancelRequestHasNoAnswer(t *testing.T) {
	c := New().Open(nil).(*conversation)
	if h := head(t, c.Request, startupOf(cancelRequest, "12345678")); !h.Part || h.Size != 16 {
		t.Errorf("%+v", h)
	}
	if len(c.asked) > 0 {
		t.Error("an answer is awaited")
	}
}

// No bytes make the decoder fail otherwise than by saying that it cannot read them, want
// what it has, or give a message that is empty.
func FuzzDecoder(f *testing.F) {
	f.Add(startupOf(version3, "user\x00u\x00\x00"), join(typed('R', "\x00\x00\x00\x00"), ready()))
	f.Add(join(startupOf(version3, "\x00"), parse("c", "commit"), bind("", "c"), execute(""), syncs()), join(ready(), complete("COMMIT"), ready()))
	f.Add(join(startupOf(version3, "\x00"), query("commit prepared 'x'"), typed('C', "Sc"), typed('E'), typed('B')), join(ready(), failed("40001"), ready()))
	f.Add(startupOf(sslRequest, ""), []byte("N"))
	f.Fuzz(func(t *testing.T, requests, answers []byte) {
		c := New().Open(nil).(*conversation)
		sides := []struct {
			read func([]byte) (wire.Head, int, error)
			rest []byte
		}{{c.Request, requests}, {c.Answer, answers}}
		for turn := 0; len(sides[0].rest)+len(sides[1].rest) > 0; turn++ {
			side := &sides[turn%2]
			for n := 1; n <= len(side.rest); {
				h, need, err := side.read(side.rest[:n])
				if err != nil {
					return
				}
				if need == 0 {
					if h.Size < 1 {
						t.Fatalf("an empty message: %+v", h)
					}
					frame := side.rest[:min(int64(len(side.rest)), h.Size)]
					if turn%2 == 0 {
						if _, err := c.Facts(h, frame); err != nil {
							t.Fatal(err)
						}
					} else {
						c.Outcome(h, frame)
					}
					side.rest = slices.Clone(side.rest[len(frame):])
					break
				}
				if need <= n {
					t.Fatalf("with %d bytes it wants %d", n, need)
				}
				if n = need; n > len(side.rest) {
					side.rest = nil
				}
			}
		}
	})
}
