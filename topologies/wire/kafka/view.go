package kafka

import (
	"net"
	"strconv"

	"github.com/twmb/franz-go/pkg/kmsg"

	"surety/topologies/wire"
)

// Versions since which an answer may say where the leader is (KIP-951).
const (
	produceHints = 10
	fetchHints   = 16
)

// batchedCoordinators is the version since which a list of coordinators stands in the
// place of one (KIP-699).
const batchedCoordinators = 4

// Minds implements wire.Conversation: answers that name topics are learnt from, and
// where the client has a view those that name brokers are changed.
func (c *conversation) Minds(h wire.Head) bool {
	switch kmsg.Key(h.Kind) {
	case kmsg.Metadata:
		return true
	case kmsg.FindCoordinator, kmsg.DescribeCluster, kmsg.ShareFetch, kmsg.ShareAcknowledge:
		return len(c.view) > 0
	case kmsg.Produce:
		return len(c.view) > 0 && h.Version >= produceHints
	case kmsg.Fetch:
		return len(c.view) > 0 && h.Version >= fetchHints
	}
	return false
}

// Carry implements wire.Conversation. The answer to a Fetch passes as it comes;
// others are small.
func (c *conversation) Carry(h wire.Head, size int64, s *wire.Stream) error {
	if h.Kind == int16(kmsg.Fetch) {
		return c.carryFetch(h, size, s)
	}
	frame, err := s.Need(int(size))
	if err != nil {
		return err
	}
	resp, body, err := response(h, frame)
	if err != nil { // nothing that it names is known
		return s.Pass(size)
	}
	changed := false
	brokers(resp, func(host *string, port *int32) {
		if h, p, ok := c.seen(*host, *port); ok {
			*host, *port, changed = h, p, true
		}
	})
	if m, ok := resp.(*kmsg.MetadataResponse); ok {
		for _, t := range m.Topics {
			if t.Topic != nil && t.TopicID != [16]byte{} {
				c.codec.topics.Store(t.TopicID, *t.Topic)
			}
		}
	}
	if !changed {
		return s.Pass(size)
	}
	out := sealed(resp.AppendTo(append([]byte(nil), frame[:body]...)))
	if err := s.Discard(size); err != nil {
		return err
	}
	return s.Send(out)
}

// seen is where the client is to find the broker of an address.
func (c *conversation) seen(host string, port int32) (string, int32, bool) {
	to, ok := c.view[net.JoinHostPort(host, strconv.Itoa(int(port)))]
	if !ok {
		return "", 0, false
	}
	h, p, err := net.SplitHostPort(to)
	n, err2 := strconv.ParseInt(p, 10, 32)
	return h, int32(n), err == nil && err2 == nil
}

// brokers visits the addresses in an answer.
func brokers(resp kmsg.Response, visit func(host *string, port *int32)) {
	switch r := resp.(type) {
	case *kmsg.MetadataResponse:
		for i := range r.Brokers {
			visit(&r.Brokers[i].Host, &r.Brokers[i].Port)
		}
	case *kmsg.DescribeClusterResponse:
		for i := range r.Brokers {
			visit(&r.Brokers[i].Host, &r.Brokers[i].Port)
		}
	case *kmsg.FindCoordinatorResponse:
		if r.Version < batchedCoordinators {
			visit(&r.Host, &r.Port)
		}
		for i := range r.Coordinators {
			visit(&r.Coordinators[i].Host, &r.Coordinators[i].Port)
		}
	case *kmsg.ProduceResponse:
		for i := range r.Brokers {
			visit(&r.Brokers[i].Host, &r.Brokers[i].Port)
		}
	case *kmsg.ShareFetchResponse:
		for i := range r.NodeEndpoints {
			visit(&r.NodeEndpoints[i].Host, &r.NodeEndpoints[i].Port)
		}
	case *kmsg.ShareAcknowledgeResponse:
		for i := range r.NodeEndpoints {
			visit(&r.NodeEndpoints[i].Host, &r.NodeEndpoints[i].Port)
		}
	}
}
