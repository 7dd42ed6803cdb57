package orders

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"surety/checker/history"
	"surety/workload"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func how(retry string) workload.Orders {
	return workload.Orders{Retry: retry, Timeout: time.Second, Pause: time.Millisecond, Lanes: 2}
}

// settled sends one order and waits for its answer.
func settled(t *testing.T, retry string, addrs ...string) workload.Answer {
	t.Helper()
	s, err := New(Config{Addrs: addrs, Orders: how(retry), Clock: history.NewClock()})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var got workload.Answer
	s.Send(t.Context(), &workload.Record{Key: []byte("k 1"), Seq: 7, Value: []byte("v")}, func(_ *workload.Record, a workload.Answer) { got = a })
	return got
}

func TestWhatIsKnownOfAnOrder(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		answers []int // one after another; 0 = the connection ends without one
		retry   string
		want    history.OutcomeClass
		tries   int
		why     string
	}{
		{[]int{200}, workload.GiveUp, history.OK, 1, "it was accepted"},
		{[]int{204}, workload.GiveUp, history.OK, 1, "any 2xx accepts"},
		{[]int{503}, workload.GiveUp, history.Unknown, 1, "the service may have done it before it failed"},
		{[]int{0}, workload.GiveUp, history.Unknown, 1, "the answer may be lost"},
		{[]int{400}, workload.GiveUp, history.Failed, 1, "it was refused as no order"},
		{[]int{400}, workload.Resend, history.Failed, 1, "it will be refused again"},
		{[]int{503, 0, 200}, workload.Resend, history.OK, 3, "it was accepted in the end"},
		{[]int{503, 400}, workload.Resend, history.Unknown, 2, "the first try may have been done"},
	} {
		tries := 0
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			var body struct {
				Seq   int64
				Value string
			}
			if err := json.NewDecoder(r.Body).Decode(&body); err != nil || body.Seq != 7 || body.Value != "v" || r.PathValue("") != "" || r.URL.Path != "/orders/k 1" {
				t.Errorf("got %s %+v, %v", r.URL.Path, body, err)
			}
			status := tt.answers[min(tries, len(tt.answers)-1)]
			tries++
			if status == 0 {
				panic(http.ErrAbortHandler) //nolint:forbidigo // how a handler of net/http cuts its connection
			}
			w.WriteHeader(status)
		}))
		got := settled(t, tt.retry, server.Listener.Addr().String())
		server.Close()
		if got.Class != tt.want || tries != tt.tries {
			t.Errorf("%v, %s: %v after %d tries (%s); want %v after %d: %s", tt.answers, tt.retry, got.Class, tries, got.Reason, tt.want, tt.tries, tt.why)
		}
	}
	if got := settled(t, workload.GiveUp, nobody); got.Class != history.Failed {
		t.Errorf("nobody listened: %v, %s; want failed: the order reached nobody", got.Class, got.Reason)
	}
}

func TestAClientTurnsToAnotherInstance(t *testing.T) {
	ok := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer ok.Close()
	bad := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }))
	defer bad.Close()
	if got := settled(t, workload.Resend, bad.Listener.Addr().String(), ok.Listener.Addr().String()); got.Class != history.OK {
		t.Errorf("%v: %s", got.Class, got.Reason)
	}
}

func TestOrdersOfAKeyKeepTheirOrderInTheirLane(t *testing.T) {
	var mu sync.Mutex
	got := map[string][]int64{}
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var body struct{ Seq int64 }
		_ = json.NewDecoder(r.Body).Decode(&body)
		mu.Lock()
		defer mu.Unlock()
		got[r.URL.Path] = append(got[r.URL.Path], body.Seq)
	}))
	defer server.Close()
	s, err := New(Config{Addrs: []string{server.Listener.Addr().String()}, Orders: how(workload.Resend), Clock: history.NewClock(), Buffer: 1000})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var answered sync.WaitGroup
	for seq := range int64(50) {
		for key := range 5 {
			answered.Add(1)
			s.Send(t.Context(), &workload.Record{Key: fmt.Append(nil, key), Seq: seq}, func(*workload.Record, workload.Answer) { answered.Done() })
		}
	}
	answered.Wait()
	for path, seqs := range got {
		if len(seqs) != 50 || !slices.IsSorted(seqs) {
			t.Errorf("%s: %v", path, seqs)
		}
	}
}

func TestWhatWaitsWhenASourceEndsWasNeverSent(t *testing.T) {
	here, leave := make(chan struct{}, 1), make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		here <- struct{}{}
		select {
		case <-r.Context().Done():
		case <-leave:
		}
	}))
	defer server.Close()
	defer close(leave)
	s, err := New(Config{Addrs: []string{server.Listener.Addr().String()}, Orders: how(workload.Resend), Clock: history.NewClock(), Buffer: 100})
	if err != nil {
		t.Fatal(err)
	}
	var classes []history.OutcomeClass
	for seq := range int64(3) {
		s.Send(context.Background(), &workload.Record{Key: []byte("k"), Seq: seq}, func(_ *workload.Record, a workload.Answer) { classes = append(classes, a.Class) })
	}
	<-here
	s.Close()
	if want := []history.OutcomeClass{history.Unknown, history.Failed, history.Failed}; !slices.Equal(classes, want) {
		t.Errorf("the outcomes are %v; want %v: one was on its way, two waited", classes, want)
	}
}
