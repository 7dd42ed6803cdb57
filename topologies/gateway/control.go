package gateway

import (
	"encoding/json"
	"fmt"
	"net/http"

	"surety/topologies"
)

// holdRequest is the body of a hold and of its release.
type holdRequest struct {
	Streams topologies.Stream `json:"streams"`
}

// handler is the control API. Toxiproxy's own API stands beside it for people
// who look; it is read only, since its changes would pull our toxics out of
// live connections.
//
//	GET  /surety/links                  the routes
//	GET  /surety/links/{link}/traffic   topologies.Traffic
//	POST /surety/links/{link}/hold      {"streams": 1|2|3}
//	POST /surety/links/{link}/release   {"streams": 1|2|3}
//	POST /surety/links/{link}/lag       topologies.Lag
//	POST /surety/links/{link}/unlag
//	POST /surety/links/{link}/reset
func (s *Server) handler(toxiproxy http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /surety/links", func(w http.ResponseWriter, _ *http.Request) { answer(w, s.Routes()) })
	mux.HandleFunc("GET /surety/links/{link}/traffic", s.on(func(p *proxy, w http.ResponseWriter, _ *http.Request) error {
		answer(w, p.traffic())
		return nil
	}))
	mux.HandleFunc("POST /surety/links/{link}/hold", s.on(func(p *proxy, _ http.ResponseWriter, r *http.Request) error {
		return withStreams(r, p.holds.hold)
	}))
	mux.HandleFunc("POST /surety/links/{link}/release", s.on(func(p *proxy, _ http.ResponseWriter, r *http.Request) error {
		return withStreams(r, p.holds.release)
	}))
	mux.HandleFunc("POST /surety/links/{link}/lag", s.on(func(p *proxy, _ http.ResponseWriter, r *http.Request) error {
		var body topologies.Lag
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
			return fmt.Errorf("the body is not a lag: %w", err)
		}
		return p.lags.lag(body)
	}))
	mux.HandleFunc("POST /surety/links/{link}/unlag", s.on(func(p *proxy, _ http.ResponseWriter, _ *http.Request) error {
		p.lags.unlag()
		return nil
	}))
	mux.HandleFunc("POST /surety/links/{link}/reset", s.on(func(p *proxy, _ http.ResponseWriter, _ *http.Request) error {
		p.reset()
		return nil
	}))
	mux.Handle("GET /", toxiproxy)
	return mux
}

func withStreams(r *http.Request, do func(topologies.Stream) error) error {
	var body holdRequest
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		return fmt.Errorf("the body names no streams: %w", err)
	}
	return do(body.Streams)
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
