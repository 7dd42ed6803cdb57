package gateway

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
)

func TestARequestIsPassedOnToAServerBesideTheGateway(t *testing.T) {
	beside := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.WriteHeader(http.StatusAccepted)
		_, _ = io.WriteString(w, r.Method+" "+r.URL.String()+" "+string(body))
	}))
	defer beside.Close()
	at, err := url.Parse(beside.URL)
	if err != nil {
		t.Fatal(err)
	}
	port, err := strconv.Atoi(at.Port())
	if err != nil {
		t.Fatal(err)
	}
	s, err := Start(t.Context(), Config{Control: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}()
	c, err := Connect(t.Context(), s.ControlURL(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	status, text := post(t, c.Own(at.Hostname(), port)+"/jobs/7?get=all", "body")
	if want := "POST /jobs/7?get=all body"; status != http.StatusAccepted || text != want {
		t.Errorf("status %d: %q, want %q", status, text, want)
	}
	beside.Close()
	if status, text := post(t, c.Own(at.Hostname(), port)+"/jobs", ""); status != http.StatusBadGateway {
		t.Errorf("of a server that has gone: status %d: %q", status, text)
	}
}

func post(t *testing.T, address, body string) (status int, text string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(b)
}
