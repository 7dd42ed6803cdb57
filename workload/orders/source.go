package orders

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"

	"surety/checker/history"
	"surety/workload"
)

// Config says where orders go and how.
type Config struct {
	// Addrs are the instances that take orders, host:port. The client turns to the
	// first, and after a failure to the next one.
	Addrs  []string
	Orders workload.Orders
	Clock  workload.Clock
	// Buffer is how many orders may wait for their lane before Send blocks; 0 = the loop
	// is closed: Send returns when the order is settled, and there is no lane.
	Buffer int
}

// Source sends records as orders. Those of a key go one after another in one lane, the
// next when the one before is settled.
type Source struct {
	cfg    Config
	client *http.Client
	lanes  []chan sent
	ctx    context.Context //nolint:containedctx // it ends with the source
	end    context.CancelFunc
	at     sync.WaitGroup
	turn   sync.Mutex // done is never called twice at a time
	addr   int        // of the instance that a closed loop turns to
}

// sent is an order on its way.
type sent struct {
	record *workload.Record
	done   func(*workload.Record, workload.Answer)
}

var _ workload.Source = (*Source)(nil)

// New makes a source; Close ends it.
func New(cfg Config) (*Source, error) {
	if err := cfg.Orders.Check(); err != nil {
		return nil, fmt.Errorf("orders: %w", err)
	}
	if len(cfg.Addrs) == 0 {
		return nil, errors.New("there is nobody to take orders: say port: of a processor")
	}
	s := &Source{cfg: cfg, client: &http.Client{Transport: &http.Transport{
		DialContext:         (&net.Dialer{Timeout: cfg.Orders.Timeout}).DialContext,
		MaxIdleConnsPerHost: cfg.Orders.Lanes,
		DisableCompression:  true,
	}}}
	s.ctx, s.end = context.WithCancel(context.Background())
	for range min(cfg.Orders.Lanes, cfg.Buffer) {
		lane := make(chan sent, cfg.Buffer/cfg.Orders.Lanes)
		s.lanes = append(s.lanes, lane)
		s.at.Go(func() { s.work(lane) })
	}
	return s, nil
}

// Close ends what is on its way: its outcome is unknown, and of what was not sent yet
// that it failed.
func (s *Source) Close() {
	s.end()
	s.at.Wait()
	s.client.CloseIdleConnections()
}

// Send implements workload.Source.
func (s *Source) Send(ctx context.Context, r *workload.Record, done func(*workload.Record, workload.Answer)) {
	if len(s.lanes) == 0 {
		class, reason := s.settle(r, &s.addr)
		s.answer(sent{r, done}, class, reason)
		return
	}
	h := fnv.New32a()
	_, _ = h.Write(r.Key) // never fails
	select {
	case s.lanes[h.Sum32()%uint32(len(s.lanes))] <- sent{r, done}: //nolint:gosec // bounded
		return
	case <-ctx.Done():
	case <-s.ctx.Done():
	}
	s.answer(sent{r, done}, history.Failed, "it was never sent")
}

// work settles the orders of one lane, one after another.
func (s *Source) work(lane chan sent) {
	addr := 0 // of the instance that the lane turns to
	for {
		select {
		case o := <-lane:
			if s.ctx.Err() != nil { // both were ready
				s.answer(o, history.Failed, "it was never sent")
				continue
			}
			class, reason := s.settle(o.record, &addr)
			s.answer(o, class, reason)
		case <-s.ctx.Done():
			for {
				select {
				case o := <-lane:
					s.answer(o, history.Failed, "it was never sent")
				default:
					return
				}
			}
		}
	}
}

func (s *Source) answer(o sent, class history.OutcomeClass, reason string) {
	at := s.cfg.Clock.Now()
	s.turn.Lock()
	defer s.turn.Unlock()
	o.done(o.record, workload.Answer{Class: class, Partition: -1, Offset: -1, Reason: reason, At: at})
}

// settle tries an order as often as the client's policy says. It failed for certain
// only where no try can have reached anybody, or all were refused as no order.
func (s *Source) settle(r *workload.Record, addr *int) (history.OutcomeClass, string) {
	body, err := json.Marshal(struct {
		Seq   int64  `json:"seq"`
		Value string `json:"value"`
	}{r.Seq, string(r.Value)})
	if err != nil { // texts and numbers alone
		return history.Failed, err.Error()
	}
	path := "/orders/" + url.PathEscape(string(r.Key))
	sure := true // that nothing was done
	for {
		verdict, reason := s.try("http://"+s.cfg.Addrs[*addr%len(s.cfg.Addrs)]+path, body)
		switch verdict {
		case accepted:
			return history.OK, ""
		case perhaps:
			sure = false
			*addr++
		case unreached:
			*addr++
		}
		again := s.cfg.Orders.Retry == workload.Resend && verdict != refused && s.rest()
		switch {
		case again:
		case sure:
			return history.Failed, reason
		default:
			return history.Unknown, reason
		}
	}
}

// rest waits before the next try; false when the source ends.
func (s *Source) rest() bool {
	t := time.NewTimer(s.cfg.Orders.Pause)
	defer t.Stop()
	select {
	case <-t.C:
		return s.ctx.Err() == nil
	case <-s.ctx.Done():
		return false
	}
}

// told is what one try tells.
type told uint8

const (
	accepted  told = iota // 2xx
	refused               // 4xx: this can be no order, now or later
	unreached             // no connection: nobody has heard of it
	perhaps               // anything else: it may have been done
)

func (s *Source) try(to string, body []byte) (told, string) {
	ctx, cancel := context.WithTimeout(s.ctx, s.cfg.Orders.Timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPut, to, bytes.NewReader(body))
	if err != nil {
		return refused, err.Error()
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := s.client.Do(req)
	if err != nil {
		if op, is := errors.AsType[*net.OpError](err); is && op.Op == "dial" {
			return unreached, err.Error()
		}
		return perhaps, err.Error()
	}
	defer func() { _ = resp.Body.Close() }()
	// Read to its end, the connection serves the next order; the text is for people.
	text, _ := io.ReadAll(io.LimitReader(resp.Body, 512))
	switch reason := fmt.Sprintf("answered %d: %s", resp.StatusCode, bytes.TrimSpace(text)); {
	case resp.StatusCode < 300:
		return accepted, ""
	case resp.StatusCode >= 400 && resp.StatusCode < 500:
		return refused, reason
	default:
		return perhaps, reason
	}
}
