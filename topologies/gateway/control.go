package gateway

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"

	"surety/topologies"
)

// holdRequest is the body of a hold, and without an instant of what ends it.
type holdRequest struct {
	Streams topologies.Stream `json:"streams"`
	instant
}

// denyRequest is the body of a denial, and without an instant of what ends it.
type denyRequest struct {
	How topologies.Denial `json:"how"`
	instant
}

// limitRequest is the body of a limit and of its end.
type limitRequest struct {
	BytesPerSecond int64 `json:"bytes_per_second"`
}

// interceptRequest is the body of a rule.
type interceptRequest struct {
	ID   string          `json:"id"`
	Rule topologies.Rule `json:"rule"`
}

// passRequest is the body of a rule's end.
type passRequest struct {
	ID string `json:"id"`
}

// handler is the control API. Toxiproxy's own API stands beside it for people
// who look; it is read only, since its changes would pull our toxics out of
// live connections.
//
//	GET  /surety/links                  the routes
//	GET  /surety/links/{link}/traffic   topologies.Traffic
//	POST /surety/links/{link}/hold      {"streams": 1|2|3, "at": instant}
//	POST /surety/links/{link}/release   {"streams": 1|2|3}
//	POST /surety/links/{link}/discard   {"streams": 1|2|3}
//	POST /surety/links/{link}/deny      {"how": "refuse"|"reset", "at": instant}
//	POST /surety/links/{link}/allow     {"how": "refuse"|"reset"}
//	POST /surety/links/{link}/limit     {"bytes_per_second": n}
//	POST /surety/links/{link}/unlimit   {"bytes_per_second": n}
//	POST /surety/links/{link}/lag       topologies.Lag
//	POST /surety/links/{link}/unlag
//	POST /surety/links/{link}/reset
//	POST /surety/links/{link}/intercept {"id": id, "rule": topologies.Rule}
//	GET  /surety/links/{link}/intercepted?id=  topologies.Interception
//	POST /surety/links/{link}/pass      {"id": id}
//	GET  /surety/probe?port=&host=&path=  whether a port here accepts, or answers
//	     /surety/own/{host}/{port}/...    passed on to an HTTP server here
//
// An instant is in nanoseconds since the Unix epoch, none is now. A call with an
// instant is answered {"at": instant} when it was done, with the time at which it
// was; a caller that goes away before withdraws it.
func (s *Server) handler(toxiproxy http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /surety/links", func(w http.ResponseWriter, _ *http.Request) { answer(w, s.Routes()) })
	mux.HandleFunc("GET /surety/probe", s.probing)
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPatch} {
		mux.HandleFunc(method+" "+ownPath+"{host}/{port}/", own)
	}
	mux.HandleFunc("GET /surety/links/{link}/traffic", s.on(func(p *proxy, w http.ResponseWriter, _ *http.Request) error {
		answer(w, p.traffic())
		return nil
	}))
	mux.HandleFunc("POST /surety/links/{link}/hold", s.on(func(p *proxy, w http.ResponseWriter, r *http.Request) error {
		return with(r, "a hold", func(b holdRequest) error {
			return answerFired(w, r, p, b.instant, func() error { return p.holds.hold(b.Streams) })
		})
	}))
	mux.HandleFunc("POST /surety/links/{link}/release", s.on(func(p *proxy, _ http.ResponseWriter, r *http.Request) error {
		return with(r, "a release", func(b holdRequest) error { return p.holds.release(b.Streams) })
	}))
	mux.HandleFunc("POST /surety/links/{link}/discard", s.on(func(p *proxy, _ http.ResponseWriter, r *http.Request) error {
		return with(r, "a discard", func(b holdRequest) error { return p.discard(b.Streams) })
	}))
	mux.HandleFunc("POST /surety/links/{link}/deny", s.on(func(p *proxy, w http.ResponseWriter, r *http.Request) error {
		return with(r, "a denial", func(b denyRequest) error {
			return answerFired(w, r, p, b.instant, func() error { return p.deny(b.How) })
		})
	}))
	mux.HandleFunc("POST /surety/links/{link}/allow", s.on(func(p *proxy, _ http.ResponseWriter, r *http.Request) error {
		return with(r, "a denial", func(b denyRequest) error { return p.allow(b.How) })
	}))
	mux.HandleFunc("POST /surety/links/{link}/limit", s.on(func(p *proxy, _ http.ResponseWriter, r *http.Request) error {
		return with(r, "a limit", func(b limitRequest) error { return p.limits.limit(b.BytesPerSecond) })
	}))
	mux.HandleFunc("POST /surety/links/{link}/unlimit", s.on(func(p *proxy, _ http.ResponseWriter, r *http.Request) error {
		return with(r, "a limit", func(b limitRequest) error { return p.limits.unlimit(b.BytesPerSecond) })
	}))
	mux.HandleFunc("POST /surety/links/{link}/lag", s.on(func(p *proxy, _ http.ResponseWriter, r *http.Request) error {
		return with(r, "a lag", p.lags.lag)
	}))
	mux.HandleFunc("POST /surety/links/{link}/unlag", s.on(func(p *proxy, _ http.ResponseWriter, _ *http.Request) error {
		p.lags.unlag()
		return nil
	}))
	mux.HandleFunc("POST /surety/links/{link}/reset", s.on(func(p *proxy, _ http.ResponseWriter, _ *http.Request) error {
		p.reset()
		return nil
	}))
	mux.HandleFunc("POST /surety/links/{link}/intercept", s.on(func(p *proxy, _ http.ResponseWriter, r *http.Request) error {
		return with(r, "a rule", func(b interceptRequest) error {
			m, err := p.messages()
			if err == nil {
				err = m.Intercept(b.ID, b.Rule)
			}
			return err
		})
	}))
	mux.HandleFunc("GET /surety/links/{link}/intercepted", s.on(func(p *proxy, w http.ResponseWriter, r *http.Request) error {
		m, err := p.messages()
		if err != nil {
			return err
		}
		did, err := m.Intercepted(r.URL.Query().Get("id"))
		if err == nil {
			answer(w, did)
		}
		return err
	}))
	mux.HandleFunc("POST /surety/links/{link}/pass", s.on(func(p *proxy, _ http.ResponseWriter, r *http.Request) error {
		return with(r, "the end of a rule", func(b passRequest) error {
			m, err := p.messages()
			if err == nil {
				m.Pass(b.ID)
			}
			return err
		})
	}))
	mux.Handle("GET /", toxiproxy)
	return mux
}

// with reads the body of a request, which is what the name says.
func with[T any](r *http.Request, name string, do func(T) error) error {
	var body T
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		return fmt.Errorf("the body is not %s: %w", name, err)
	}
	return do(body)
}

// answerFired acts at the instant and answers when that was.
func answerFired(w http.ResponseWriter, r *http.Request, p *proxy, at instant, act func() error) error {
	// The server sees that the caller has gone only once the body is read to its end.
	if _, err := io.Copy(io.Discard, r.Body); err != nil {
		return fmt.Errorf("the body does not end: %w", err)
	}
	done, err := p.fire(r.Context(), at, act)
	if err != nil {
		return err
	}
	answer(w, done)
	return nil
}

// on finds the link of a request; an error of do is the caller's mistake.
func (s *Server) on(do func(*proxy, http.ResponseWriter, *http.Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		p := s.byName[r.PathValue("link")]
		if p == nil {
			http.Error(w, fmt.Sprintf("the gateway has no link %q", r.PathValue("link")), http.StatusNotFound)
			return
		}
		if err := do(p, w, r); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
		}
	}
}

func answer(w http.ResponseWriter, body any) {
	w.Header().Set("Content-Type", "application/json")
	// An error here means that the caller has gone.
	_ = json.NewEncoder(w).Encode(body)
}
