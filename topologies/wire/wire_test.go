package wire_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"
	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"surety/topologies"
	"surety/topologies/wire"
	"surety/topologies/wire/kafka"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const patience = 20 * time.Second

// counted is a codec that counts how many bodies were decoded.
type counted struct {
	wire.Codec
	bodies *atomic.Int64
}

func (c counted) Open(v wire.View) wire.Conversation {
	return countedConversation{c.Codec.Open(v), c.bodies}
}

type countedConversation struct {
	wire.Conversation
	bodies *atomic.Int64
}

func (c countedConversation) Facts(h wire.Head, b []byte) (wire.Facts, error) {
	c.bodies.Add(1)
	return c.Conversation.Facts(h, b)
}

func (c countedConversation) Carry(h wire.Head, size int64, s *wire.Stream) error {
	c.bodies.Add(1)
	return c.Conversation.Carry(h, size, s)
}

// rig is one connection through a link: client and broker are its far ends.
type rig struct {
	link   *wire.Link
	bodies atomic.Int64
	client net.Conn
	broker net.Conn
	done   sync.WaitGroup
	gone   chan struct{}
	near   net.Conn // towards the client
	far    net.Conn // towards the broker
}

func (r *rig) Cut() {
	_ = r.far.SetReadDeadline(time.Now())
	_ = r.near.SetReadDeadline(time.Now().Add(time.Second))
	_ = r.near.(*net.TCPConn).CloseWrite()
}

func (r *rig) Leave()                { _ = r.near.(*net.TCPConn).CloseWrite() }
func (r *rig) Gone() <-chan struct{} { return r.gone }

// pair is the two ends of one connection.
func pair(t *testing.T) (net.Conn, net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ok(t, err)
	defer func() { _ = l.Close() }()
	a, err := net.Dial("tcp", l.Addr().String())
	ok(t, err)
	b, err := l.Accept()
	ok(t, err)
	for _, c := range []net.Conn{a, b} {
		ok(t, c.SetDeadline(time.Now().Add(patience)))
		t.Cleanup(func() { _ = c.Close() })
	}
	return a, b
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func start(t *testing.T, rules ...topologies.Rule) *rig {
	t.Helper()
	r := &rig{gone: make(chan struct{})}
	r.link = wire.NewLink("a->b:kafka", wire.NewBook(), counted{kafka.New(), &r.bodies}, wire.View{})
	for i, rule := range rules {
		ok(t, r.link.Intercept(fmt.Sprint(i), rule))
	}
	r.client, r.near = pair(t)
	r.far, r.broker = pair(t)
	c := r.link.Connect(r)
	r.done.Go(func() { _ = c.Forward(r.far, r.near); _ = r.far.(*net.TCPConn).CloseWrite() })
	r.done.Go(func() { _ = c.Backward(r.near, r.far); _ = r.near.(*net.TCPConn).CloseWrite() })
	t.Cleanup(func() {
		close(r.gone)
		for _, c := range []net.Conn{r.client, r.near, r.far, r.broker} {
			_ = c.Close()
		}
		r.done.Wait()
	})
	return r
}

// ask sends a request.
func (r *rig) ask(t *testing.T, req kmsg.Request, correlation int32) []byte {
	t.Helper()
	frame := kmsg.NewRequestFormatter(kmsg.FormatterClientID("client-1")).AppendRequest(nil, req, correlation)
	_, err := r.client.Write(frame)
	ok(t, err)
	return frame
}

// frame reads the next message of either side.
func frame(t *testing.T, from net.Conn) []byte {
	t.Helper()
	size := make([]byte, 4)
	_, err := io.ReadFull(from, size)
	ok(t, err)
	rest := make([]byte, binary.BigEndian.Uint32(size))
	_, err = io.ReadFull(from, rest)
	ok(t, err)
	return append(size, rest...)
}

// answer sends an empty answer of the request's kind.
func (r *rig) answer(t *testing.T, req kmsg.Request, correlation int32) []byte {
	t.Helper()
	b := binary.BigEndian.AppendUint32(make([]byte, 4), uint32(correlation))
	if req.IsFlexible() && req.Key() != int16(kmsg.ApiVersions) {
		b = append(b, 0)
	}
	b = req.ResponseKind().AppendTo(b)
	binary.BigEndian.PutUint32(b, uint32(len(b)-4))
	_, err := r.broker.Write(b)
	ok(t, err)
	return b
}

// ended checks that nothing more comes but the end.
func ended(t *testing.T, from net.Conn) {
	t.Helper()
	n, err := from.Read(make([]byte, 1))
	if n > 0 || !errors.Is(err, io.EOF) {
		t.Fatalf("read %d bytes, %v; want the end", n, err)
	}
}

// silent checks that nothing comes for a while. It can only miss a mistake.
func silent(t *testing.T, from net.Conn) {
	t.Helper()
	ok(t, from.SetReadDeadline(time.Now().Add(50*time.Millisecond)))
	n, err := from.Read(make([]byte, 1))
	var timeout net.Error
	if n > 0 || !errors.As(err, &timeout) || !timeout.Timeout() {
		t.Fatalf("read %d bytes, %v; want silence", n, err)
	}
	ok(t, from.SetReadDeadline(time.Now().Add(patience)))
}

// did waits until the rule has acted so often and gives the frames.
func (r *rig) did(t *testing.T, acted int64) topologies.Interception {
	t.Helper()
	deadline := time.After(patience)
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for {
		d, err := r.link.Intercepted("0")
		ok(t, err)
		if d.Acted == acted {
			return d
		}
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("it acted %d times, want %d: %+v", d.Acted, acted, d)
		}
	}
}

func end(commit bool) *kmsg.EndTxnRequest {
	r := kmsg.NewPtrEndTxnRequest()
	r.Version, r.TransactionalID, r.ProducerEpoch, r.Commit = 4, "tx-1", 3, commit
	return r
}

func heartbeat() *kmsg.HeartbeatRequest {
	r := kmsg.NewPtrHeartbeatRequest()
	r.Version, r.Group = 4, "g"
	return r
}

// commits is a rule about commits.
func commits(a topologies.Act, o topologies.Occurrence) topologies.Rule {
	return topologies.Rule{Match: topologies.Match{API: []string{"EndTxn"}, End: "commit"}, Occurrence: o, Act: a}
}

func TestWithoutARuleEverythingPassesUndecoded(t *testing.T) {
	r := start(t)
	for n := int32(1); n < 5; n++ {
		sent := r.ask(t, end(true), n)
		if got := frame(t, r.broker); !bytes.Equal(got, sent) {
			t.Fatalf("the broker got %x, want %x", got, sent)
		}
		back := r.answer(t, end(true), n)
		if got := frame(t, r.client); !bytes.Equal(got, back) {
			t.Fatalf("the client got %x, want %x", got, back)
		}
	}
	if n := r.bodies.Load(); n != 0 {
		t.Errorf("%d bodies were decoded", n)
	}
	ok(t, r.client.Close())
	ended(t, r.broker)
}

func TestRequestsThatNoRuleIsAboutPassUndecoded(t *testing.T) {
	r := start(t, commits(topologies.Act{After: topologies.CutOff}, topologies.Occurrence{}))
	for n := int32(1); n < 5; n++ {
		r.ask(t, heartbeat(), n)
		frame(t, r.broker)
		r.answer(t, heartbeat(), n)
		frame(t, r.client)
	}
	if n := r.bodies.Load(); n != 0 {
		t.Errorf("%d bodies were decoded", n)
	}
	if d := r.did(t, 0); d.Requests != 4 || d.Matched != 0 {
		t.Errorf("of 4 requests it counted %+v", d)
	}
}

func TestBeforeItIsApplied(t *testing.T) {
	t.Run("drop", func(t *testing.T) {
		r := start(t, commits(topologies.Act{Before: topologies.Drop}, topologies.Occurrence{}))
		r.ask(t, end(true), 1)
		next := r.ask(t, heartbeat(), 2)
		if got := frame(t, r.broker); !bytes.Equal(got, next) {
			t.Errorf("the broker got %x, want the next request", got)
		}
		r.answer(t, heartbeat(), 2)
		frame(t, r.client) // the connection lives
		d := r.did(t, 1)
		f := d.Frames[0]
		if f.API != "EndTxn" || f.Version != 4 || f.Correlation != 1 || f.Client != "client-1" || f.TransactionalID != "tx-1" || f.Epoch != 3 || f.Did != "request dropped" || f.Link != "a->b:kafka" || f.At.IsZero() {
			t.Errorf("evidence %+v", f)
		}
	})
	t.Run("cut", func(t *testing.T) {
		r := start(t, commits(topologies.Act{Before: topologies.CutOff}, topologies.Occurrence{}))
		first := r.ask(t, heartbeat(), 1)
		r.ask(t, end(true), 2)
		if got := frame(t, r.broker); !bytes.Equal(got, first) {
			t.Errorf("the broker got %x, want the request before", got)
		}
		ended(t, r.client)
		ok(t, r.client.Close())
		ended(t, r.broker)
		r.did(t, 1)
	})
	t.Run("delay", func(t *testing.T) {
		r := start(t, commits(topologies.Act{Before: topologies.Delayed, Delay: 100 * time.Millisecond}, topologies.Occurrence{}))
		began := time.Now()
		sent := r.ask(t, end(true), 1)
		if got := frame(t, r.broker); !bytes.Equal(got, sent) || time.Since(began) < 100*time.Millisecond {
			t.Errorf("after %s the broker got %x", time.Since(began), got)
		}
		r.answer(t, end(true), 1)
		frame(t, r.client)
		if f := r.did(t, 1).Frames[0]; f.Held < 100*time.Millisecond || f.Answer != "NONE" {
			t.Errorf("evidence %+v", f)
		}
	})
	t.Run("until the rule is taken away", func(t *testing.T) {
		r := start(t, commits(topologies.Act{Before: topologies.Delayed}, topologies.Occurrence{}))
		sent := r.ask(t, end(true), 1)
		if d := r.did(t, 1); d.Holding != 1 {
			t.Errorf("it holds %d", d.Holding)
		}
		silent(t, r.broker)
		r.link.Pass("0")
		r.link.Pass("0") // twice is no mistake
		if got := frame(t, r.broker); !bytes.Equal(got, sent) {
			t.Errorf("the broker got %x", got)
		}
		if d := r.did(t, 1); d.Holding != 0 {
			t.Errorf("it still holds %d", d.Holding)
		}
	})
	t.Run("late", func(t *testing.T) {
		r := start(t, commits(topologies.Act{Before: topologies.Late}, topologies.Occurrence{}))
		sent := r.ask(t, end(true), 1)
		ended(t, r.client) // it can go on elsewhere
		silent(t, r.broker)
		r.link.Pass("0")
		if got := frame(t, r.broker); !bytes.Equal(got, sent) {
			t.Errorf("the broker got %x", got)
		}
		refused := end(true)
		resp := refused.ResponseKind().(*kmsg.EndTxnResponse)
		resp.ErrorCode = 90
		b := resp.AppendTo(append(binary.BigEndian.AppendUint32(make([]byte, 4), 1), 0))
		binary.BigEndian.PutUint32(b, uint32(len(b)-4))
		_, err := r.broker.Write(b)
		ok(t, err)
		ok(t, r.client.Close())
		ended(t, r.broker)
		if f := r.did(t, 1).Frames[0]; f.Answer != "PRODUCER_FENCED" || f.Did != "connection cut, request arrived late" || f.Held == 0 {
			t.Errorf("evidence %+v", f)
		}
	})
	t.Run("answer", func(t *testing.T) {
		r := start(t, commits(topologies.Act{Before: topologies.Answer, Code: "NOT_COORDINATOR"}, topologies.Occurrence{}))
		r.ask(t, heartbeat(), 1)
		r.ask(t, end(true), 2)
		r.ask(t, heartbeat(), 3)
		frame(t, r.broker)
		harmless := frame(t, r.broker)
		if key := binary.BigEndian.Uint16(harmless[4:]); key != uint16(kmsg.ApiVersions) {
			t.Errorf("the broker got a request of key %d", key)
		}
		frame(t, r.broker)
		r.answer(t, heartbeat(), 1)
		r.answer(t, kmsg.NewPtrApiVersionsRequest(), 2)
		r.answer(t, heartbeat(), 3)
		for n := range uint32(3) { // in the order in which they were asked
			got := frame(t, r.client)
			if id := binary.BigEndian.Uint32(got[4:]); id != n+1 {
				t.Fatalf("answer %d has correlation id %d", n+1, id)
			}
			if n+1 != 2 {
				continue
			}
			resp := end(true).ResponseKind().(*kmsg.EndTxnResponse)
			ok(t, resp.ReadFrom(got[9:]))
			if resp.ErrorCode != 16 {
				t.Errorf("the client reads error %d", resp.ErrorCode)
			}
		}
	})
}

func TestAfterItWasApplied(t *testing.T) {
	for _, tt := range []struct {
		why string
		act topologies.Act
		did string
	}{
		{"lose", topologies.Act{After: topologies.Lose}, "answer lost"},
		{"cut", topologies.Act{After: topologies.CutOff}, "answer lost, connection cut"},
		{"delay", topologies.Act{After: topologies.Delayed, Delay: 50 * time.Millisecond}, "answer held"},
		{"answer", topologies.Act{After: topologies.Answer, Code: "PRODUCER_FENCED"}, "answered PRODUCER_FENCED in the place of the answer"},
	} {
		t.Run(tt.why, func(t *testing.T) {
			r := start(t, commits(tt.act, topologies.Occurrence{}))
			r.ask(t, heartbeat(), 1)
			sent := r.ask(t, end(true), 2)
			frame(t, r.broker)
			if got := frame(t, r.broker); !bytes.Equal(got, sent) {
				t.Fatalf("the broker got %x, want %x", got, sent)
			}
			before := r.answer(t, heartbeat(), 1)
			began := time.Now()
			back := r.answer(t, end(true), 2)
			if got := frame(t, r.client); !bytes.Equal(got, before) {
				t.Errorf("the answer before it did not come: %x", got)
			}
			switch tt.why {
			case "lose":
				silent(t, r.client)
			case "cut":
				ended(t, r.client)
			case "delay":
				if got := frame(t, r.client); !bytes.Equal(got, back) || time.Since(began) < 50*time.Millisecond {
					t.Errorf("after %s the client got %x", time.Since(began), got)
				}
			case "answer":
				resp := end(true).ResponseKind().(*kmsg.EndTxnResponse)
				ok(t, resp.ReadFrom(frame(t, r.client)[9:]))
				if resp.ErrorCode != 90 {
					t.Errorf("the client reads error %d", resp.ErrorCode)
				}
			}
			if f := r.did(t, 1).Frames[0]; f.Did != tt.did || f.Answer != "NONE" {
				t.Errorf("evidence %+v", f)
			}
		})
	}
}

// What a client has sent behind a request whose answer cuts the connection, and what
// had not arrived by then, never arrives.
func TestNothingArrivesAfterTheCut(t *testing.T) {
	r := start(t, commits(topologies.Act{After: topologies.CutOff}, topologies.Occurrence{}))
	r.ask(t, end(true), 1)
	frame(t, r.broker)
	r.answer(t, end(true), 1)
	ended(t, r.client)
	r.ask(t, heartbeat(), 2)
	ok(t, r.client.Close())
	ended(t, r.broker)
}

func TestOccurrences(t *testing.T) {
	for _, tt := range []struct {
		why  string
		o    topologies.Occurrence
		want []int64 // of 12
	}{
		{"every one", topologies.Occurrence{}, []int64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}},
		{"the 7th", topologies.Occurrence{Nth: 7}, []int64{7}},
		{"each 5th", topologies.Occurrence{Every: 5}, []int64{5, 10}},
		{"behind the 10th", topologies.Occurrence{After: 10}, []int64{11, 12}},
		{"no more than 2", topologies.Occurrence{Most: 2}, []int64{1, 2}},
		{"each 3rd behind the 4th, at most 2", topologies.Occurrence{Every: 3, After: 4, Most: 2}, []int64{6, 9}},
	} {
		r := start(t, commits(topologies.Act{Before: topologies.Drop}, tt.o))
		for n := range int32(12) {
			r.ask(t, end(true), n)
			r.ask(t, end(false), 100+n) // an abort is none of them
		}
		ok(t, r.client.(*net.TCPConn).CloseWrite())
		_, err := io.Copy(io.Discard, r.broker)
		ok(t, err)
		var got []int64
		for _, f := range r.did(t, int64(len(tt.want))).Frames {
			if f.Nth != f.Correlation+1 {
				t.Errorf("%s: the one with correlation %d was counted as %d", tt.why, f.Correlation, f.Nth)
			}
			got = append(got, f.Nth)
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: it acted on %v, want %v", tt.why, got, tt.want)
		}
	}
}

func TestMatches(t *testing.T) {
	for _, tt := range []struct {
		why  string
		m    topologies.Match
		want int64
	}{
		{"its own name", topologies.Match{API: []string{"EndTxn"}}, 2},
		{"any name", topologies.Match{}, 3},
		{"another name", topologies.Match{API: []string{"Produce"}}, 0},
		{"the version", topologies.Match{API: []string{"EndTxn"}, From: 4, To: 4}, 2},
		{"a later version", topologies.Match{API: []string{"EndTxn"}, From: 5}, 0},
		{"an earlier version", topologies.Match{API: []string{"EndTxn"}, To: 3}, 0},
		{"the client", topologies.Match{Client: "client-*"}, 3},
		{"another client", topologies.Match{Client: "clien"}, 0},
		{"the transaction", topologies.Match{TransactionalID: "*x-1"}, 2},
		{"another transaction", topologies.Match{TransactionalID: "tx-2"}, 0},
		{"the end", topologies.Match{End: "abort"}, 1},
		{"a topic that it does not name", topologies.Match{Topic: "t"}, 0},
	} {
		r := start(t, topologies.Rule{Match: tt.m, Act: topologies.Act{Before: topologies.Drop}})
		r.ask(t, end(true), 1)
		r.ask(t, end(false), 2)
		r.ask(t, heartbeat(), 3)
		ok(t, r.client.(*net.TCPConn).CloseWrite())
		_, err := io.Copy(io.Discard, r.broker)
		ok(t, err)
		if d := r.did(t, tt.want); d.Matched != tt.want {
			t.Errorf("%s: %d matched, want %d", tt.why, d.Matched, tt.want)
		}
	}
}

func TestARuleKeepsTheLatestFramesAndCountsAll(t *testing.T) {
	r := start(t, topologies.Rule{Act: topologies.Act{Before: topologies.Drop}})
	const all = 1000
	for n := range int32(all) {
		r.ask(t, heartbeat(), n)
	}
	d := r.did(t, all)
	if n := len(d.Frames); n != 256 {
		t.Fatalf("it keeps %d frames", n)
	}
	for i, f := range d.Frames {
		if want := int64(all - 256 + i); f.Correlation != want {
			t.Fatalf("frame %d has correlation %d, want %d", i, f.Correlation, want)
		}
	}
}

func TestWhatCannotBeReadPassesAndIsSaid(t *testing.T) {
	r := start(t, topologies.Rule{Act: topologies.Act{Before: topologies.Drop}})
	hello := "\x16\x03\x01\x02\x00\x01\x00 a secret"
	_, err := io.WriteString(r.client, hello)
	ok(t, err)
	got := make([]byte, len(hello))
	_, err = io.ReadFull(r.broker, got)
	ok(t, err)
	_, err = io.WriteString(r.broker, "another")
	ok(t, err)
	back := make([]byte, len("another"))
	_, err = io.ReadFull(r.client, back)
	ok(t, err)
	if string(got) != hello || string(back) != "another" {
		t.Errorf("came through: %q, %q", got, back)
	}
	if d := r.did(t, 0); d.Unread == "" || d.Requests != 0 {
		t.Errorf("it says %+v", d)
	}
}

// A request that claims to be larger than any is passed on as it comes, not kept.
func TestARequestThatIsTooLargeToDecodeStreams(t *testing.T) {
	r := start(t, commits(topologies.Act{Before: topologies.Drop}, topologies.Occurrence{}))
	b := kmsg.NewRequestFormatter().AppendRequest(nil, end(true), 1)
	binary.BigEndian.PutUint32(b, 500<<20)
	_, err := r.client.Write(b)
	ok(t, err)
	got := make([]byte, len(b))
	_, err = io.ReadFull(r.broker, got)
	ok(t, err)
	if d := r.did(t, 0); !bytes.Equal(got, b) || d.Unread == "" {
		t.Errorf("came through %x; it says %+v", got, d)
	}
}

func TestLinksOfOneBookCountTogether(t *testing.T) {
	book := wire.NewBook()
	rule := topologies.Rule{Occurrence: topologies.Occurrence{Nth: 3}, Act: topologies.Act{Before: topologies.Drop}}
	var acted int64
	links := []*wire.Link{wire.NewLink("a", book, kafka.New(), nil), wire.NewLink("b", book, kafka.New(), nil)}
	for _, l := range links {
		ok(t, l.Intercept("x", rule))
		if err := l.Intercept("x", rule); err == nil {
			t.Error("a rule is in force twice")
		}
	}
	for n := range 4 {
		b := kmsg.NewRequestFormatter().AppendRequest(nil, heartbeat(), int32(n))
		ok(t, links[n%2].Connect(&rig{}).Forward(io.Discard, bytes.NewReader(b)))
	}
	for i, l := range links {
		d, err := l.Intercepted("x")
		ok(t, err)
		if acted += d.Acted; i == 0 && (d.Acted != 1 || d.Frames[0].Nth != 3) {
			t.Errorf("the first link: %+v", d)
		}
	}
	if acted != 1 {
		t.Errorf("it acted %d times, want once", acted)
	}
	if _, err := links[0].Intercepted("y"); err == nil {
		t.Error("a rule that never was tells what it did")
	}
}

// pieces reads in the sizes that were drawn.
type pieces struct {
	from  io.Reader
	sizes func() int
}

func (p pieces) Read(b []byte) (int, error) { return p.from.Read(b[:min(len(b), p.sizes())]) }

// However a stream is cut into pieces, the same messages pass and the same are acted
// on; and what is none of the protocol passes as it is.
func TestItDoesNotMatterHowAStreamComesInPieces(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var in, want []byte
		nth := rapid.Int64Range(1, 6).Draw(t, "nth")
		seen := int64(0)
		for n := range int32(rapid.IntRange(0, 8).Draw(t, "requests")) {
			var req kmsg.Request = heartbeat()
			if rapid.Bool().Draw(t, "commit") {
				req = end(true)
			}
			b := kmsg.NewRequestFormatter(kmsg.FormatterClientID(rapid.StringN(0, 20, -1).Draw(t, "client"))).AppendRequest(nil, req, n)
			in = append(in, b...)
			if req.Key() == int16(kmsg.EndTxn) {
				if seen++; seen == nth {
					continue
				}
			}
			want = append(want, b...)
		}
		if rapid.Bool().Draw(t, "ends within one") && len(in) > 0 {
			b := kmsg.NewRequestFormatter().AppendRequest(nil, heartbeat(), 99)
			part := b[:rapid.IntRange(0, len(b)).Draw(t, "part")]
			in, want = append(in, part...), append(want, part...)
		}
		l := wire.NewLink("l", wire.NewBook(), kafka.New(), nil)
		if err := l.Intercept("x", commits(topologies.Act{Before: topologies.Drop}, topologies.Occurrence{Nth: nth})); err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		sizes := func() int { return rapid.IntRange(1, 40).Draw(t, "piece") }
		if err := l.Connect(&rig{}).Forward(&out, pieces{bytes.NewReader(in), sizes}); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(out.Bytes(), want) {
			t.Fatalf("came through %x, want %x", out.Bytes(), want)
		}
	})
}

// Bytes of any kind pass a link without rules as they are.
func FuzzAnythingPasses(f *testing.F) {
	f.Add(kmsg.NewRequestFormatter().AppendRequest(nil, heartbeat(), 1), uint8(3))
	f.Add([]byte("\x16\x03\x01 TLS"), uint8(1))
	f.Add([]byte("\x00\x00\x00\x0a\x00\x11\x00\x00\x00\x00\x00\x01\xff\xff tokens"), uint8(2))
	f.Fuzz(func(t *testing.T, in []byte, piece uint8) {
		for name, way := range map[string]func(*wire.Conn) func(io.Writer, io.Reader) error{
			"there": func(c *wire.Conn) func(io.Writer, io.Reader) error { return c.Forward },
			"back":  func(c *wire.Conn) func(io.Writer, io.Reader) error { return c.Backward },
		} {
			var out bytes.Buffer
			c := wire.NewLink("l", wire.NewBook(), kafka.New(), wire.View{"a:1": "b:1"}).Connect(&rig{})
			if err := way(c)(&out, pieces{bytes.NewReader(in), func() int { return int(piece)%64 + 1 }}); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if !bytes.Equal(out.Bytes(), in) {
				t.Fatalf("%s: %x came through as %x", name, in, out.Bytes())
			}
		}
	})
}

// Messages of any size pass whole, whether somebody decodes them or not.
func TestLargeMessagesPassWhole(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for name, rules := range map[string][]topologies.Rule{
		"decoded":   {{Match: topologies.Match{API: []string{"Produce"}, Topic: "t"}, Occurrence: topologies.Occurrence{Nth: 1 << 40}, Act: topologies.Act{After: topologies.Lose}}},
		"undecoded": nil,
	} {
		l := wire.NewLink("l", wire.NewBook(), kafka.New(), wire.View{"a:1": "b:1"})
		for _, r := range rules {
			ok(t, l.Intercept("x", r))
		}
		var in []byte
		for n := range int32(200) {
			req := kmsg.NewPtrProduceRequest()
			req.Version, req.Acks = 11, -1
			records := make([]byte, rng.IntN(1<<rng.IntN(18)))
			for i := range records {
				records[i] = byte(rng.Uint32())
			}
			req.Topics = []kmsg.ProduceRequestTopic{{Topic: "t", Partitions: []kmsg.ProduceRequestTopicPartition{{Records: records}}}}
			in = append(in, kmsg.NewRequestFormatter(kmsg.FormatterClientID("c")).AppendRequest(nil, req, n)...)
		}
		var out bytes.Buffer
		ok(t, l.Connect(&rig{}).Forward(&out, pieces{bytes.NewReader(in), func() int { return 1 + rng.IntN(60_000) }}))
		if !bytes.Equal(out.Bytes(), in) {
			at := 0
			for at < min(out.Len(), len(in)) && out.Bytes()[at] == in[at] {
				at++
			}
			t.Errorf("%s: %d of %d bytes came through, the first wrong one is %d", name, out.Len(), len(in), at)
		}
	}
}
