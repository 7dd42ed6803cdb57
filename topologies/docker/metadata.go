package docker

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// membership is what one broker says of all.
type membership struct {
	brokers    []int32
	controller int32
}

const (
	askWithin       = 2 * time.Second
	metadataVersion = 12 // flexible; from Kafka 2.8 on
	longestAnswer   = 1 << 20
)

// askMembers asks a broker which brokers are registered and unfenced. It is one
// request on a connection of its own: the start of a cluster is no place for a
// client that retries and caches.
func askMembers(ctx context.Context, addr string) (membership, error) {
	ctx, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
	if err != nil {
		return membership{}, err
	}
	defer func() { _ = conn.Close() }()
	deadline, _ := ctx.Deadline()
	if err := conn.SetDeadline(deadline); err != nil {
		return membership{}, err
	}
	req := kmsg.NewPtrMetadataRequest()
	req.SetVersion(metadataVersion)
	req.Topics = []kmsg.MetadataRequestTopic{} // none; nil would mean all
	if _, err := conn.Write(kmsg.NewRequestFormatter(kmsg.FormatterClientID("surety")).AppendRequest(nil, req, 1)); err != nil {
		return membership{}, err
	}
	answer, err := readAnswer(conn)
	if err != nil {
		return membership{}, err
	}
	resp := kmsg.NewPtrMetadataResponse()
	resp.SetVersion(metadataVersion)
	if err := resp.ReadFrom(answer); err != nil {
		return membership{}, fmt.Errorf("read the metadata: %w", err)
	}
	c := membership{controller: resp.ControllerID}
	for _, b := range resp.Brokers {
		c.brokers = append(c.brokers, b.NodeID)
	}
	return c, nil
}

// readAnswer reads one frame and takes off its header: the correlation id and an
// empty set of tags (KIP-482).
func readAnswer(r io.Reader) ([]byte, error) {
	var size [4]byte
	if _, err := io.ReadFull(r, size[:]); err != nil {
		return nil, err
	}
	n := binary.BigEndian.Uint32(size[:])
	if n < 5 || n > longestAnswer {
		return nil, errors.New("the answer is not Kafka's")
	}
	b := make([]byte, n)
	if _, err := io.ReadFull(r, b); err != nil {
		return nil, err
	}
	return b[5:], nil
}
