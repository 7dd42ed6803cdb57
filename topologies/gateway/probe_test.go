package gateway

import (
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestAProbeTellsWhatAPortDoes(t *testing.T) {
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/moved":
			http.Redirect(w, r, "/gone", http.StatusFound)
		case "/gone":
			http.Error(w, "gone", http.StatusGone)
		}
	}))
	defer web.Close()
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := closed.Addr().(*net.TCPAddr).Port
	if err := closed.Close(); err != nil {
		t.Fatal(err)
	}
	s, err := Start(t.Context(), Config{Control: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close(t.Context()) }()
	c, err := Connect(t.Context(), s.ControlURL(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	somebody := web.Listener.Addr().(*net.TCPAddr).Port
	for _, tt := range []struct {
		why  string
		port int
		path string
		says string // empty = ready
	}{
		{"a port that accepts", somebody, "", ""},
		{"a path that answers", somebody, "/health", ""},
		{"a path that redirects; where to does not matter", somebody, "/moved", ""},
		{"a path that answers with an error", somebody, "/gone", "GET /gone answers 410 Gone"},
		{"a port where nobody listens", nobody, "", "connection refused"},
		{"a path where nobody listens", nobody, "/health", "connection refused"},
	} {
		err := c.Probe(t.Context(), "localhost", tt.port, tt.path)
		if tt.says == "" && err != nil || tt.says != "" && (err == nil || !strings.Contains(err.Error(), tt.says)) {
			t.Errorf("%s: %v", tt.why, err)
		}
	}
}
