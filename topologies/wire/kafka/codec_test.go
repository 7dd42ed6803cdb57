package kafka

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"surety/topologies"
	"surety/topologies/protocol"
	"surety/topologies/wire"
)

func TestTheNamesAreThoseOfTheProtocol(t *testing.T) {
	for name, key := range protocol.Kafka.Requests {
		if got := kmsg.NameForKey(key); got != name {
			t.Errorf("key %d is %s, the list says %s", key, got, name)
		}
	}
	if key := int16(len(protocol.Kafka.Requests)); kmsg.RequestForKey(key) != nil {
		t.Errorf("the list ends before %s", kmsg.NameForKey(key))
	}
	for name, code := range protocol.Kafka.Errors {
		if code == 0 {
			continue
		}
		var e *kerr.Error
		if !errors.As(kerr.ErrorForCode(code), &e) || e.Message != name {
			t.Errorf("code %d is %v, the list says %s", code, kerr.ErrorForCode(code), name)
		}
	}
}

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

func TestHeadsOfAllVersionsAreRead(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	each(func(key, version int16) {
		for _, client := range []string{"", "x", "a-client"} {
			c := New().Open(nil)
			frame := asked(message(key, version, rng), client, 77)
			h := head(t, c.Request, frame)
			if want := (wire.Head{Size: int64(len(frame)), Kind: key, Version: version, ID: 77, Client: client}); h != want {
				t.Errorf("%s v%d: %+v, want %+v", kmsg.NameForKey(key), version, h, want)
			}
			answer := answered(reply(key, version, rng), 77)
			if a := head(t, c.Answer, answer); a.Size != int64(len(answer)) || a.ID != 77 {
				t.Errorf("the answer to %s v%d: %+v", kmsg.NameForKey(key), version, a)
			}
		}
	})
}

func TestBodiesOfAllVersionsAreDecodedAndWrittenAgain(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	each(func(key, version int16) {
		name := kmsg.NameForKey(key)
		frame := asked(message(key, version, rng), "client", 5)
		h := wire.Head{Size: int64(len(frame)), Kind: key, Version: version, ID: 5, Client: "client"}
		req, err := request(h, frame)
		if err != nil {
			t.Fatal(err)
		}
		if again := asked(req, "client", 5); !bytes.Equal(again, frame) {
			t.Errorf("%s v%d is written otherwise than it was read", name, version)
		}
		answer := answered(reply(key, version, rng), 5)
		resp, body, err := response(h, answer)
		if err != nil {
			t.Fatal(err)
		}
		if again := sealed(resp.AppendTo(slices.Clone(answer[:body]))); !bytes.Equal(again, answer) {
			t.Errorf("the answer to %s v%d is written otherwise than it was read", name, version)
		}
	})
}

// What a rule may match on stands in requests of all versions that have it.
func TestFactsOfAllVersions(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	id := [16]byte{1, 2, 3}
	each(func(key, version int16) {
		k := New()
		k.topics.Store(id, "orders")
		c := k.Open(nil)
		req := message(key, version, rng)
		var want wire.Facts
		want.API, want.Epoch = kmsg.NameForKey(key), -1
		switch r := req.(type) {
		case *kmsg.ProduceRequest:
			tx := "tx"
			r.TransactionID, r.Acks = &tx, 1
			p := kmsg.ProduceRequestTopicPartition{Records: append(batch(0, "a", "b"), batch(0, "c")...)}
			r.Topics = []kmsg.ProduceRequestTopic{{Topic: "orders", TopicID: id, Partitions: []kmsg.ProduceRequestTopicPartition{p}}}
			want.Topics, want.Records, want.Epoch = []string{"orders"}, 3, 7
			if version >= 3 {
				want.TransactionalID = tx
			}
		case *kmsg.FetchRequest:
			r.Topics = []kmsg.FetchRequestTopic{{Topic: "orders", TopicID: id}}
			want.Topics = []string{"orders"}
		case *kmsg.OffsetCommitRequest:
			r.Topics = []kmsg.OffsetCommitRequestTopic{{Topic: "orders", TopicID: id}}
			want.Topics = []string{"orders"}
		case *kmsg.TxnOffsetCommitRequest:
			r.TransactionalID, r.ProducerEpoch = "tx", 4
			r.Topics = []kmsg.TxnOffsetCommitRequestTopic{{Topic: "orders", TopicID: id}}
			want.Topics, want.TransactionalID, want.Epoch = []string{"orders"}, "tx", 4
		case *kmsg.InitProducerIDRequest:
			tx := "tx"
			r.TransactionalID, r.ProducerEpoch = &tx, 4
			want.TransactionalID = tx
			if version >= 3 {
				want.Epoch = 4
			}
		case *kmsg.EndTxnRequest:
			r.TransactionalID, r.ProducerEpoch, r.Commit = "tx", 4, version%2 == 0
			want.TransactionalID, want.Epoch, want.End = "tx", 4, map[bool]string{true: "commit", false: "abort"}[r.Commit]
		default:
			return
		}
		frame := asked(req, "client", 5)
		got, err := c.Facts(wire.Head{Size: int64(len(frame)), Kind: key, Version: version, ID: 5, Client: "client"}, frame)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s v%d: %+v, %v; want %+v", kmsg.NameForKey(key), version, got, err, want)
		}
	})
}

func TestAProduceThatAsksForNoAnswerIsKnown(t *testing.T) {
	req := kmsg.NewPtrProduceRequest()
	req.Version, req.Acks = 9, 0
	frame := asked(req, "", 1)
	if f, err := New().Open(nil).Facts(wire.Head{Size: int64(len(frame)), Version: 9}, frame); err != nil || !f.Unanswered {
		t.Errorf("%+v, %v", f, err)
	}
}

// Every request that can be answered with an error gets an answer that its client
// reads as that error, and the request in its place is one that changes nothing.
func TestAnErrorAnswersAllVersions(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 4))
	each(func(key, version int16) {
		name := kmsg.NameForKey(key)
		c := New().Open(nil)
		req := message(key, version, rng)
		frame := asked(req, "client", 9)
		h := wire.Head{Size: int64(len(frame)), Kind: key, Version: version, ID: 9, Client: "client"}
		answer, harmless, err := c.Refuse(h, frame, kerr.NotCoordinator.Code)
		if err != nil {
			t.Fatal(err)
		}
		if a := head(t, c.Answer, answer); a.ID != 9 || a.Size != int64(len(answer)) {
			t.Errorf("%s v%d: the answer begins with %+v", name, version, a)
		}
		if got := c.Outcome(h, answer); got != "NOT_COORDINATOR" {
			t.Errorf("%s v%d: the client reads %q", name, version, got)
		}
		instead := head(t, c.Request, harmless)
		if instead.Kind != int16(kmsg.ApiVersions) || instead.ID != 9 || instead.Size != int64(len(harmless)) || instead.Client != "client" {
			t.Errorf("%s v%d: in its place stands %+v", name, version, instead)
		}
	})
}

func TestWhatIsNoKafkaIsSaid(t *testing.T) {
	for _, tt := range []struct {
		why, bytes, want string
	}{
		{"TLS", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "TLS"},
		{"HTTP", "GET / HTTP/1.1\r\n", "no Kafka"},
		{"a size below any", "\x00\x00\x00\x02\x00\x03\x00\x01\x00\x00\x00\x01\x00\x00", "no Kafka"},
		{"a client id beyond the end", "\x00\x00\x00\x0a\x00\x03\x00\x01\x00\x00\x00\x01\x00\xff", "no Kafka"},
	} {
		_, need, err := New().Open(nil).Request([]byte(tt.bytes[:1]))
		if err == nil && need > 0 {
			_, _, err = New().Open(nil).Request([]byte(tt.bytes))
		}
		var unread *wire.ErrUnread
		if !errors.As(err, &unread) || !strings.Contains(unread.Why, tt.want) {
			t.Errorf("%s: %v", tt.why, err)
		}
	}
	handshake := kmsg.NewPtrSASLHandshakeRequest()
	c := New().Open(nil)
	frame := asked(handshake, "c", 1)
	head(t, c.Request, frame)
	if _, _, err := c.Request(frame); err == nil || !strings.Contains(err.Error(), "SASL") {
		t.Errorf("tokens without headers: %v", err)
	}
}

func TestARuleIsCompiledOrRefused(t *testing.T) {
	c, err := New().Compile(topologies.Rule{
		Match: topologies.Match{API: []string{"endtxn", "Produce"}}, Act: topologies.Act{Before: topologies.Answer, Code: "not_coordinator"},
	})
	if err != nil || !reflect.DeepEqual(c, wire.Compiled{Kinds: map[int16]bool{0: true, 26: true}, Code: 16}) {
		t.Errorf("%+v, %v", c, err)
	}
	if _, err := New().Compile(topologies.Rule{Match: topologies.Match{API: []string{"Prodduce"}}, Act: topologies.Act{After: topologies.Lose}}); err == nil {
		t.Error("a request that does not exist is taken")
	}
}
