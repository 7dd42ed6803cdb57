package gateway

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"

	"surety/topologies"
)

// Server is a running gateway.
type Server struct {
	control net.Listener
	http    *http.Server
	served  chan struct{} // closed when the control API has ended
	proxies []*proxy
	byName  map[string]*proxy

	closeOnce sync.Once
	closeErr  error
}

// Start listens on all routes and on the control address and returns when both
// accept. ctx bounds the start only; Close ends the server. An address that
// cannot be listened on is a *topologies.EnvironmentError.
func Start(ctx context.Context, c Config) (*Server, error) {
	s := &Server{byName: map[string]*proxy{}, served: make(chan struct{})}
	// Toxiproxy logs every connection; what matters is counted instead.
	api := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop())
	control, err := listen(ctx, c.Control, "the gateway's control")
	if err != nil {
		return nil, err
	}
	s.control = control
	read := newReading()
	for _, r := range c.Routes {
		if err := s.add(ctx, api, r, read); err != nil {
			s.abandon()
			return nil, err
		}
	}
	s.http = &http.Server{Handler: s.handler(api.Routes()), ReadHeaderTimeout: callTimeout}
	go func() {
		defer close(s.served)
		// It always ends with an error; the one that counts is Close's.
		_ = s.http.Serve(control)
	}()
	for _, p := range s.proxies {
		p.serve()
	}
	return s, nil
}

func (s *Server) add(ctx context.Context, api *toxiproxy.ApiServer, r Route, read *reading) error {
	if s.byName[r.name()] != nil {
		return fmt.Errorf("the gateway has two routes for the link %s", r.name())
	}
	p, err := newProxy(ctx, api, r, read)
	if err != nil {
		return err
	}
	s.byName[r.name()] = p
	s.proxies = append(s.proxies, p)
	return nil
}

// abandon frees what a failed Start holds: nothing is served yet.
func (s *Server) abandon() {
	_ = s.control.Close()
	for _, p := range s.proxies {
		p.shut()
	}
}

// ControlURL is the address of the control API, for Connect.
func (s *Server) ControlURL() string {
	a := s.control.Addr().(*net.TCPAddr)
	host := a.IP.String()
	if a.IP.IsUnspecified() {
		host = "127.0.0.1"
	}
	return "http://" + net.JoinHostPort(host, fmt.Sprint(a.Port))
}

// Routes are the routes of the configuration in its order, with the addresses
// that are really listened on.
func (s *Server) Routes() []Route {
	routes := make([]Route, len(s.proxies))
	for i, p := range s.proxies {
		routes[i] = p.route
	}
	return routes
}

// Close stops accepting, closes every connection and returns when nothing of
// the gateway runs any more or ctx ends. It is safe to call twice.
func (s *Server) Close(ctx context.Context) error {
	s.closeOnce.Do(func() {
		for _, p := range s.proxies {
			p.shut()
		}
		errs := []error{s.http.Shutdown(ctx)}
		if errs[0] != nil {
			errs = append(errs, s.http.Close())
		}
		<-s.served
		for _, p := range s.proxies {
			errs = append(errs, p.wait(ctx))
		}
		s.closeErr = errors.Join(errs...)
	})
	return s.closeErr
}

func listen(ctx context.Context, addr, what string) (net.Listener, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, &topologies.EnvironmentError{
			What: fmt.Sprintf("cannot listen on %s for %s: %v", addr, what, err),
			Try:  "free the port or choose another one",
			Err:  err,
		}
	}
	return l, nil
}

// callTimeout bounds one call of the control API on both sides.
const callTimeout = 5 * time.Second
