package kafka

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"testing"
	"testing/iotest"

	"github.com/twmb/franz-go/pkg/kmsg"
	"pgregory.net/rapid"

	"surety/topologies/wire"
)

// carried passes one answer through, read in pieces of at most n bytes.
func carried(k *Codec, v wire.View, h wire.Head, frame []byte, n int) ([]byte, error) {
	var out bytes.Buffer
	s := wire.NewStream(&out, pieces{bytes.NewReader(frame), n})
	err := k.Open(v).Carry(h, int64(len(frame)), s)
	if err == nil {
		err = s.Flush()
	}
	return out.Bytes(), err
}

// pieces reads at most n bytes at a time.
type pieces struct {
	from io.Reader
	n    int
}

func (p pieces) Read(b []byte) (int, error) { return p.from.Read(b[:min(len(b), p.n)]) }

// addressed is an answer that names brokers 1 and 2.
func addressed(key, version int16, rng *rand.Rand, host string) kmsg.Response {
	resp := reply(key, version, rng)
	n := int32(0)
	visit := func(h *string, p *int32) {
		n++
		*h, *p = host, 9000+n%2
	}
	brokers(resp, visit)
	if f, ok := resp.(*kmsg.FetchResponse); ok {
		for i := range f.Brokers {
			visit(&f.Brokers[i].Host, &f.Brokers[i].Port)
		}
	}
	return resp
}

// addresses are those that a client reads from an answer.
func addresses(t *testing.T, h wire.Head, frame []byte) (out []string) {
	t.Helper()
	resp, _, err := response(h, frame)
	if err != nil {
		t.Fatal(err)
	}
	add := func(h *string, p *int32) { out = append(out, fmt.Sprint(*h, ":", *p)) }
	brokers(resp, add)
	if f, ok := resp.(*kmsg.FetchResponse); ok {
		for i := range f.Brokers {
			add(&f.Brokers[i].Host, &f.Brokers[i].Port)
		}
	}
	return out
}

// In every version of every answer that names brokers, the client reads the addresses
// of its view, and everything else as it was.
func TestAddressesAreThoseOfTheViewInAllVersions(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 5))
	v := wire.View{"127.0.0.9:9000": "127.0.0.1:1000", "127.0.0.9:9001": "127.0.0.1:1001"}
	for _, key := range []kmsg.Key{kmsg.Metadata, kmsg.FindCoordinator, kmsg.DescribeCluster, kmsg.Produce, kmsg.Fetch, kmsg.ShareFetch, kmsg.ShareAcknowledge} {
		for version := range kmsg.RequestForKey(int16(key)).MaxVersion() + 1 {
			h := wire.Head{Kind: int16(key), Version: version, ID: 4}
			c := New().Open(v)
			resp := addressed(int16(key), version, rng, "127.0.0.9")
			frame := answered(resp, 4)
			named := addresses(t, h, frame)
			if !c.Minds(h) {
				if len(named) > 0 && key != kmsg.Produce && key != kmsg.Fetch {
					t.Errorf("%s v%d names %v and passes as it is", key.Name(), version, named)
				}
				continue
			}
			for _, n := range []int{1, 7, 1 << 20} {
				out, err := carried(New(), v, h, frame, n)
				if err != nil {
					t.Fatalf("%s v%d: %v", key.Name(), version, err)
				}
				for i, to := range addresses(t, h, out) {
					if want := v[named[i]]; to != want {
						t.Errorf("%s v%d: the client reads %s, want %s", key.Name(), version, to, want)
					}
				}
				back, _, err := response(h, out)
				if err != nil {
					t.Fatal(err)
				}
				n := 0
				restore := func(h *string, p *int32) { *h, *p = "127.0.0.9", 9000+int32(n+1)%2; n++ }
				brokers(back, restore)
				if f, ok := back.(*kmsg.FetchResponse); ok {
					for i := range f.Brokers {
						restore(&f.Brokers[i].Host, &f.Brokers[i].Port)
					}
				}
				if !bytes.Equal(answered(back, 4), frame) {
					t.Errorf("%s v%d: more than the addresses has changed", key.Name(), version)
				}
			}
		}
	}
}

// An answer to a Fetch has told its size before its last bytes come: an address of
// another length cannot stand in them, and the client asks for metadata instead.
func TestAHintOfAnotherLengthIsTakenBack(t *testing.T) {
	rng := rand.New(rand.NewPCG(6, 6))
	v := wire.View{"broker-1.example:9000": "127.0.0.1:1000", "broker-1.example:9001": "127.0.0.1:1001"}
	for version := int16(fetchHints); version <= lastFetch; version++ {
		h := wire.Head{Kind: int16(kmsg.Fetch), Version: version, ID: 4}
		resp := addressed(int16(kmsg.Fetch), version, rng, "broker-1.example").(*kmsg.FetchResponse)
		frame := answered(resp, 4)
		out, err := carried(New(), v, h, frame, 5)
		if err != nil || len(out) != len(frame) {
			t.Fatalf("version %d: %d bytes of %d, %v", version, len(out), len(frame), err)
		}
		if named := addresses(t, h, out); len(named) > 0 {
			t.Errorf("version %d: the client still reads %v", version, named)
		}
		got, _, err := response(h, out)
		if err != nil {
			t.Fatal(err)
		}
		for i, p := range got.(*kmsg.FetchResponse).Topics[0].Partitions {
			if want := resp.Topics[0].Partitions[i]; !bytes.Equal(p.RecordBatches, want.RecordBatches) || p.CurrentLeader.LeaderID != want.CurrentLeader.LeaderID {
				t.Errorf("version %d: partition %d has changed", version, i)
			}
		}
	}
}

func TestNamesOfTopicsAreLearntFromMetadata(t *testing.T) {
	k := New()
	name := "orders"
	resp := kmsg.NewPtrMetadataResponse()
	resp.Version = 12
	resp.Topics = []kmsg.MetadataResponseTopic{{Topic: &name, TopicID: [16]byte{9}}}
	frame := answered(resp, 1)
	h := wire.Head{Kind: int16(kmsg.Metadata), Version: 12, ID: 1}
	if !k.Open(nil).Minds(h) {
		t.Fatal("metadata passes unread")
	}
	if out, err := carried(k, nil, h, frame, 100); err != nil || !bytes.Equal(out, frame) {
		t.Errorf("without a view an answer has changed: %v", err)
	}
	if got := k.topic([16]byte{9}); got != "orders" {
		t.Errorf("the topic is known as %q", got)
	}
	if got := k.topic([16]byte{8}); len(got) != 32 {
		t.Errorf("one that nothing was heard of is known as %q", got)
	}
}

// Whatever comes as an answer, and in whatever pieces, it passes whole, or the end of
// the connection is said; nothing panics.
func TestAnythingPassesAsAnAnswer(t *testing.T) {
	v := wire.View{"a:1": "b:2"}
	rapid.Check(t, func(t *rapid.T) {
		key := rapid.SampledFrom(used).Draw(t, "key")
		version := rapid.Int16Range(0, 20).Draw(t, "version")
		frame := rapid.SliceOfN(rapid.Byte(), correlationAt, 300).Draw(t, "frame")
		if rapid.Bool().Draw(t, "a real one, damaged") && version <= kmsg.RequestForKey(int16(key)).MaxVersion() {
			frame = answered(reply(int16(key), version, rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))), 4)
			frame[rapid.IntRange(correlationAt, len(frame)-1).Draw(t, "at")] ^= rapid.Byte().Draw(t, "by")
		}
		h := wire.Head{Kind: int16(key), Version: version, ID: 4}
		out, err := carried(New(), v, h, frame, rapid.IntRange(1, 64).Draw(t, "pieces"))
		if err != nil {
			t.Fatalf("%v", err)
		}
		if key == kmsg.Fetch && len(out) != len(frame) {
			t.Fatalf("%d bytes of %d came out", len(out), len(frame))
		}
	})
}

func FuzzAnswers(f *testing.F) {
	rng := rand.New(rand.NewPCG(7, 7))
	each(func(key, version int16) { f.Add(key, version, answered(reply(key, version, rng), 1)) })
	f.Fuzz(func(t *testing.T, key, version int16, frame []byte) {
		if len(frame) < correlationAt || key < 0 || version < 0 {
			return
		}
		h := wire.Head{Kind: key, Version: version, ID: 1}
		v := wire.View{"a:1": "b:2", ":0": "127.0.0.1:9"}
		if _, err := carried(New(), v, h, frame, 16); err != nil {
			t.Errorf("an answer does not pass: %v", err)
		}
		c := New().Open(v)
		c.Outcome(h, frame)
		_, _, _ = c.Corrupt(wire.Head{Kind: int16(kmsg.Fetch), Version: version}, frame, true, "poison")
	})
}

func FuzzRequests(f *testing.F) {
	rng := rand.New(rand.NewPCG(8, 8))
	each(func(key, version int16) { f.Add(asked(message(key, version, rng), "c", 1)) })
	f.Fuzz(func(t *testing.T, frame []byte) {
		if len(frame) == 0 {
			return
		}
		c := New().Open(nil)
		h, need, err := c.Request(frame)
		if err != nil || need > 0 || h.Size > int64(len(frame)) {
			return
		}
		frame = frame[:h.Size]
		if _, err := c.Facts(h, frame); err != nil {
			return
		}
		if answer, harmless, err := c.Refuse(h, frame, 16); err != nil || len(answer) < correlationAt || len(harmless) < headBytes {
			t.Errorf("a request that can be read cannot be refused: %v", err)
		}
		if h.Kind == int16(kmsg.Produce) {
			_, _, _ = c.Corrupt(h, frame, false, "poison")
		}
	})
}

func TestAStreamThatEndsWithinAnAnswerIsAnEnd(t *testing.T) {
	frame := answered(reply(int16(kmsg.Fetch), 16, rand.New(rand.NewPCG(9, 9))), 4)
	var out bytes.Buffer
	s := wire.NewStream(&out, iotest.DataErrReader(bytes.NewReader(frame[:len(frame)/2])))
	if err := New().Open(wire.View{"a:1": "b:2"}).Carry(wire.Head{Kind: int16(kmsg.Fetch), Version: 16}, int64(len(frame)), s); err == nil {
		t.Error("half an answer passes as a whole one")
	}
}
