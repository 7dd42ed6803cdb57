package services

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
)

const topic = "events"

// trade is one service under orders, as a process of its own.
type trade struct {
	t    *testing.T
	env  []string
	url  string // of its database
	port int
	run  *exec.Cmd
	log  bytes.Buffer
	from []string // brokers
}

func begin(t *testing.T, service string) *trade {
	t.Helper()
	url := database(t)
	brokers, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(2, topic))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(brokers.Close)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	tr := &trade{t: t, url: url, port: l.Addr().(*net.TCPAddr).Port, from: brokers.ListenAddrs()}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	tr.env = append(os.Environ(), roleVariable+"="+service, "SURETY_DATABASE="+url, "SURETY_OUTPUT="+topic,
		"SURETY_BOOTSTRAP="+strings.Join(tr.from, ","), fmt.Sprintf("SURETY_PORT=%d", tr.port))
	tr.start()
	t.Cleanup(tr.kill)
	return tr
}

func (tr *trade) start() {
	tr.t.Helper()
	tr.run = exec.Command(os.Args[0])
	tr.run.Env, tr.run.Stderr = tr.env, &tr.log
	if err := tr.run.Start(); err != nil {
		tr.t.Fatal(err)
	}
	tr.await("it to serve", func() bool { return tr.ask(http.MethodGet, "/health", "") == http.StatusOK })
}

func (tr *trade) kill() {
	if tr.run.ProcessState == nil {
		_ = tr.run.Process.Kill()
		_ = tr.run.Wait()
	}
}

// ended waits until the process has ended by itself.
func (tr *trade) ended() (err error) {
	tr.t.Helper()
	gone := make(chan error, 1)
	go func() { gone <- tr.run.Wait() }()
	select {
	case err = <-gone:
	case <-time.After(20 * time.Second):
		_ = tr.run.Process.Signal(syscall.SIGQUIT) // it says what it is doing
		<-gone
		tr.t.Fatalf("the service does not end itself:\n%s", tr.log.String())
	}
	return err
}

// await waits for a condition with a deadline.
func (tr *trade) await(what string, is func() bool) {
	tr.t.Helper()
	ctx, cancel := context.WithTimeout(tr.t.Context(), 30*time.Second)
	defer cancel()
	for !is() {
		if !rest(ctx, 10*time.Millisecond) {
			tr.t.Fatalf("waited in vain for %s; the service said:\n%s", what, tr.log.String())
		}
	}
}

var client = &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}

// ask gives the status of the answer; 0 = there was none.
func (tr *trade) ask(method, path, body string) int {
	req, err := http.NewRequestWithContext(tr.t.Context(), method, fmt.Sprintf("http://127.0.0.1:%d%s", tr.port, path), strings.NewReader(body))
	if err != nil {
		tr.t.Fatal(err)
	}
	resp, err := client.Do(req)
	if err != nil {
		return 0
	}
	_ = resp.Body.Close()
	return resp.StatusCode
}

func (tr *trade) order(seq int) int {
	return tr.ask(http.MethodPut, "/orders/customer", fmt.Sprintf(`{"seq": %d, "value": "order %d"}`, seq, seq))
}

// rows are the values in the table, in the order of their numbers.
func (tr *trade) rows() []string {
	tr.t.Helper()
	c, err := pgx.Connect(tr.t.Context(), tr.url)
	if err != nil {
		tr.t.Fatal(err)
	}
	defer c.Close(context.Background()) //nolint:errcheck // it was only read
	rows, err := c.Query(tr.t.Context(), "select value from orders order by seq")
	if err != nil {
		tr.t.Fatal(err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		tr.t.Fatal(err)
	}
	return out
}

// events are the committed ones up to that of the last order, in their order.
func (tr *trade) events(last string) (out []string) {
	tr.t.Helper()
	cl, err := kgo.NewClient(kgo.SeedBrokers(tr.from...), kgo.ConsumeTopics(topic), kgo.FetchMaxWait(50*time.Millisecond),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	if err != nil {
		tr.t.Fatal(err)
	}
	defer cl.Close()
	tr.await("the event of "+last, func() bool {
		short, cancel := context.WithTimeout(tr.t.Context(), 200*time.Millisecond)
		defer cancel()
		for _, r := range cl.PollFetches(short).Records() {
			out = append(out, string(r.Value))
		}
		return slices.Contains(out, last)
	})
	return out
}

func TestWhatAPatternDoesThatEndsItselfAtAPoint(t *testing.T) {
	for _, tt := range []struct {
		service, point string
		resend         bool
		lost           int
		phantom        int
		again          bool // is possible
		why            string
	}{
		{direct.Name, AfterCommit, true, 1, 0, false, "the row is there when the client orders again, and nobody writes its event"},
		{direct.Name, AfterEmit, true, 0, 0, false, "all is done"},
		{directBeforeCommit.Name, AfterEmit, true, 0, 0, true, "the transaction is gone, and the order comes again"},
		{directBeforeCommit.Name, AfterEmit, false, 0, 1, false, "the transaction is gone, and the order does not come again"},
		{outbox.Name, InsideTransaction, true, 0, 0, true, "row and event are gone together; an earlier event may not be deleted yet"},
		{outbox.Name, AfterCommit, true, 0, 0, true, "row and event are there together; an earlier event may not be deleted yet"},
		{outbox.Name, AfterEmit, true, 0, 0, true, "the event was not deleted"},
		{outbox.Name, MidRelay, true, 0, 0, true, "half of the batch is written"},
		{cdc.Name, AfterCommit, true, 0, 0, true, "the log keeps what was not confirmed"},
		{cdc.Name, AfterEmit, true, 0, 0, true, "it was not confirmed"},
		{cdcSlotRecreated.Name, AfterCommit, true, 1, 0, false, "the slot begins behind it"},
		{twoPhase.Name, AfterPrepare, true, 0, 0, false, "the topic has no decision: rolled back, and ordered again"},
		{twoPhase.Name, AfterEmit, true, 0, 0, false, "the topic has the decision: committed"},
	} {
		t.Run(fmt.Sprintf("%s at %s, resend %v", tt.service, tt.point, tt.resend), func(t *testing.T) {
			tr := begin(t, tt.service)
			const last = 6
			for seq := range last {
				if seq == 3 {
					tr.events("order 2") // nothing before it is lost with it
					if status := tr.ask(http.MethodPut, "/crash/"+tt.point, ""); status != http.StatusOK {
						t.Fatalf("asked to end itself it answered %d", status)
					}
				}
				status := tr.order(seq)
				if seq == 3 {
					if err := tr.ended(); err == nil || !strings.Contains(tr.log.String(), "ends itself at "+tt.point) {
						t.Fatalf("it did not end itself: %v\n%s", err, tr.log.String())
					}
					tr.start()
				}
				for status != http.StatusOK && (seq != 3 || tt.resend) {
					status = tr.order(seq)
				}
			}
			events, rows := tr.events(fmt.Sprintf("order %d", last-1)), tr.rows()
			lost, phantom, times := 0, 0, map[string]int{}
			for _, e := range events {
				if times[e]++; times[e] == 1 && !slices.Contains(rows, e) {
					phantom++
				}
			}
			for _, r := range rows {
				if times[r] == 0 {
					lost++
				}
			}
			again := len(events) - len(times)
			if lost != tt.lost || phantom != tt.phantom || again > 0 && !tt.again {
				t.Errorf("%d lost, %d phantom, %d again; want %d, %d, %v: %s\nrows %v\nevents %v\n%s", lost, phantom, again, tt.lost, tt.phantom, tt.again, tt.why, rows, events, tr.log.String())
			}
		})
	}
}

func TestAServiceRefusesAPointThatItDoesNotHave(t *testing.T) {
	tr := begin(t, direct.Name)
	if status := tr.ask(http.MethodPut, "/crash/"+MidRelay, ""); status != http.StatusNotFound {
		t.Errorf("it answered %d; direct has no relay", status)
	}
	if status := tr.ask(http.MethodPut, "/orders/customer", "nonsense"); status != http.StatusBadRequest {
		t.Errorf("an order that is none was answered %d", status)
	}
}
