package services

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// order is what a customer asks for.
type order struct {
	Key   string `json:"-"`
	Seq   int64  `json:"seq"` // unique of its customer
	Value string `json:"value"`
}

// largestOrder bounds the body of a request.
const largestOrder = 32 << 20

// taker is a pattern at work: it takes orders, and may have something to do beside.
type taker struct {
	// take does all that the answer to one order waits for. After an error it may be
	// done or not.
	take func(ctx context.Context, o order) error
	// beside runs until its context ends; nil: nothing does.
	beside func(ctx context.Context)
}

// serving is the Run of a service that takes orders: open readies its pattern.
func serving(points []string, open func(ctx context.Context, s *shop) (taker, error)) func(context.Context, Config) error {
	return func(ctx context.Context, cfg Config) error {
		s, err := openShop(ctx, cfg)
		if err != nil {
			return err
		}
		defer s.close()
		t, err := open(ctx, s)
		if err != nil {
			return err
		}
		return s.serve(ctx, points, t)
	}
}

// finishWithin bounds the end of the orders in hand.
const finishWithin = 5 * time.Second

// serve takes orders until the context ends.
func (s *shop) serve(ctx context.Context, points []string, t taker) error {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", ":"+strconv.Itoa(s.cfg.Port))
	if err != nil {
		return fmt.Errorf("take orders: %w", err)
	}
	beside, stop := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		if t.beside != nil {
			t.beside(beside)
		}
	}()
	server := &http.Server{Handler: s.handler(points, t), ReadHeaderTimeout: 10 * time.Second}
	ended := context.AfterFunc(ctx, func() {
		fresh, cancel := context.WithTimeout(context.WithoutCancel(ctx), finishWithin)
		defer cancel()
		_ = server.Shutdown(fresh) // what is in hand then is cut off, as by any end
	})
	defer ended()
	s.cfg.note("takes orders at %s", l.Addr())
	err = server.Serve(l)
	stop()
	<-done
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

func (s *shop) handler(points []string, t taker) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /health", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("PUT /orders/{key}", func(w http.ResponseWriter, r *http.Request) {
		o := order{Key: r.PathValue("key")}
		if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, largestOrder)).Decode(&o); err != nil {
			http.Error(w, "this is no order: "+err.Error(), http.StatusBadRequest)
			return
		}
		// The order is worked on whether its customer waits or not.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), 2*s.cfg.Patience)
		defer cancel()
		s.points.pass(BeforeTransaction)
		if err := t.take(ctx, o); err != nil {
			s.cfg.note("order %s %d: %v", o.Key, o.Seq, err)
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
		}
	})
	mux.HandleFunc("PUT /crash/{point}", func(w http.ResponseWriter, r *http.Request) {
		after, err := time.ParseDuration(r.FormValue("after"))
		if err != nil {
			after = 0
		}
		point := r.PathValue("point")
		if !slices.Contains(points, point) {
			http.Error(w, fmt.Sprintf("there is no point %q here; there are %v", point, points), http.StatusNotFound)
			return
		}
		s.points.arm(point, after)
	})
	return mux
}
