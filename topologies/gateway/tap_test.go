package gateway_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"math/rand/v2"
	"net"
	"testing"
	"time"

	"surety/topologies"
	"surety/topologies/gateway"
)

// reads is a gateway with one link whose messages are read.
func reads(t *testing.T, upstream string) *rig {
	t.Helper()
	s, err := gateway.Start(t.Context(), gateway.Config{
		Control: "127.0.0.1:0",
		Routes:  []gateway.Route{{From: "a", To: "b", Port: "kafka", Listen: "127.0.0.1:0", Upstream: upstream, Protocol: "kafka"}},
	})
	ok(t, err)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		ok(t, s.Close(ctx))
	})
	c, err := gateway.Connect(t.Context(), s.ControlURL(), s.Routes())
	ok(t, err)
	t.Cleanup(c.Close)
	return &rig{server: s, client: c, link: c.Links()[0].(fullLink), addr: s.Routes()[0].Listen}
}

// asked is a request of an API key with a body of so many bytes.
func asked(key uint16, correlation uint32, body []byte) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(10+len(body)))
	b = binary.BigEndian.AppendUint16(b, key)
	b = binary.BigEndian.AppendUint16(b, 0)
	b = binary.BigEndian.AppendUint32(b, correlation)
	return append(binary.BigEndian.AppendUint16(b, 0xffff), body...)
}

// heartbeat is the body of one: no group, generation 0, no member.
var heartbeat = make([]byte, 8)

// Messages of many sizes come through whole, in both directions, also those that a
// rule keeps in one piece.
func TestMessagesOfAnySizeComeThroughWhole(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	var sent []byte
	for n := range uint32(200) {
		body := make([]byte, rng.IntN(1<<rng.IntN(19)))
		for i := range body {
			body[i] = byte(rng.Uint32())
		}
		sent = append(sent, asked(13, n, body)...)
	}
	r := reads(t, upstream(t, func(c net.Conn) { _, _ = io.Copy(c, c) }))
	ok(t, r.link.(topologies.Interceptor).Intercept(t.Context(), "x", topologies.Rule{
		Match: topologies.Match{API: []string{"LeaveGroup"}, Topic: "none"}, Act: topologies.Act{Before: topologies.Drop},
	}))
	c := r.dial(t)
	go func() {
		_, _ = c.Write(sent)
		_ = c.CloseWrite()
	}()
	got, err := io.ReadAll(c)
	if err != nil || !bytes.Equal(got, sent) {
		t.Errorf("%d of %d bytes came back, equal: %t, %v", len(got), len(sent), bytes.Equal(got, sent), err)
	}
}

// What is done to a link's messages goes with what is done to its bytes.
func TestARuleWorksBesideAHold(t *testing.T) {
	r := reads(t, upstream(t, echo))
	in := r.link.(topologies.Interceptor)
	ok(t, in.Intercept(t.Context(), "x", topologies.Rule{Match: topologies.Match{API: []string{"Heartbeat"}}, Act: topologies.Act{Before: topologies.Drop}}))
	if on := r.traffic(t).On; on != "intercepted" {
		t.Errorf("on the link: %q", on)
	}
	ok(t, r.link.Hold(t.Context(), topologies.Both))
	c := r.dial(t)
	lost, kept := asked(12, 1, heartbeat), asked(14, 2, []byte("kept"))
	send(t, c, string(lost)+string(kept))
	silent(t, c)
	did, err := in.Intercepted(t.Context(), "x")
	ok(t, err)
	if did.Acted != 1 || did.Requests != 2 {
		t.Errorf("behind the hold: %+v", did)
	}
	ok(t, r.link.Release(t.Context(), topologies.Both))
	expect(t, c, string(kept))
	ok(t, in.Pass(t.Context(), "x"))
	ok(t, in.Pass(t.Context(), "x"))
	if on := r.traffic(t).On; on != "" {
		t.Errorf("on the link afterwards: %q", on)
	}
	send(t, c, string(lost))
	expect(t, c, string(lost))
}

// A connection that a rule has cut is over for both sides, and what was answered
// before arrives.
func TestACutByARuleEndsBothSides(t *testing.T) {
	over := make(chan error, 1)
	r := reads(t, upstream(t, func(c net.Conn) {
		_, err := io.Copy(c, c)
		over <- err
	}))
	ok(t, r.link.(topologies.Interceptor).Intercept(t.Context(), "x", topologies.Rule{
		Match: topologies.Match{API: []string{"Heartbeat"}}, Act: topologies.Act{Before: topologies.CutOff},
	}))
	c := r.dial(t)
	before := asked(14, 1, []byte("before"))
	send(t, c, string(before))
	expect(t, c, string(before))
	send(t, c, string(asked(12, 2, heartbeat))+string(before))
	if rest, err := io.ReadAll(c); err != nil || len(rest) > 0 {
		t.Errorf("after the cut came %q, %v", rest, err)
	}
	ok(t, c.Close())
	select {
	case <-over:
	case <-time.After(patience):
		t.Error("the far side is still there")
	}
}

func TestALinkWithoutAProtocolIsNotIntercepted(t *testing.T) {
	r := start(t, upstream(t, echo))
	in := r.link.(topologies.Interceptor)
	rule := topologies.Rule{Act: topologies.Act{Before: topologies.Drop}}
	if err := in.Intercept(t.Context(), "x", rule); err == nil {
		t.Error("a rule is in force on bytes")
	}
	if _, err := reads(t, "127.0.0.1:1").link.(topologies.Interceptor).Intercepted(t.Context(), "never"); err == nil {
		t.Error("a rule that never was tells what it did")
	}
	if err := reads(t, "127.0.0.1:1").link.(topologies.Interceptor).Intercept(t.Context(), "x", topologies.Rule{}); err == nil {
		t.Error("a rule that does nothing is taken")
	}
	_, err := gateway.Start(t.Context(), gateway.Config{Control: "127.0.0.1:0", Routes: []gateway.Route{
		{From: "a", To: "b", Port: "x", Listen: "127.0.0.1:0", Upstream: "127.0.0.1:1", Protocol: "amqp"},
	}})
	if err == nil {
		t.Error("a protocol that nobody reads is taken")
	}
}
