package workload

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"surety/checker/history"
)

// bank is a transactor that keeps what was committed. Its writers are told apart by
// their sources.
type bank struct {
	id     string
	begins error // why none can be begun
	taken  []*Record
	done   func(*Record, Answer)
	ends   []bool // commit or not
	alive  []bool // whether the context of an end was
}

func (b *bank) TransactionalID() string { return b.id }
func (b *bank) Begin(ctx context.Context) error {
	if b.begins != nil {
		<-ctx.Done()
	}
	return b.begins
}

func (b *bank) Send(_ context.Context, r *Record, done func(*Record, Answer)) {
	b.taken, b.done = append(b.taken, r), done
}

func (b *bank) End(ctx context.Context, commit bool) (history.OutcomeClass, error) {
	b.ends, b.alive = append(b.ends, commit), append(b.alive, ctx.Err() == nil)
	class, err := history.OK, error(nil)
	if !commit || b.begins != nil {
		class, err = history.Failed, errors.New("aborted")
	}
	for _, r := range b.taken {
		b.done(r, Answer{Class: class})
	}
	b.taken = nil
	return class, err
}

// ledger is a memory that keeps transactions as well.
type ledger struct {
	memory
	begun []history.TxBegin
	ended []history.TxEnd
}

func (l *ledger) Append(k history.Kind, body any) {
	l.mu.Lock()
	switch b := body.(type) {
	case history.TxBegin:
		l.begun = append(l.begun, b)
	case history.TxEnd:
		l.ended = append(l.ended, b)
	}
	l.mu.Unlock()
	l.memory.Append(k, body)
}

func TestAWriterGroupsItsRecordsIntoTransactions(t *testing.T) {
	for _, row := range []struct {
		reason    string
		set       Transactions
		begins    error
		ok        int // records of committed transactions, at least and at most
		okAtMost  int
		ends      int // of both writers
		inHistory bool
	}{
		{"all are committed, the last with what is left", Transactions{Records: 64, Timeout: time.Minute}, nil, 1000, 1000, 16, true},
		{"one record each", Transactions{Records: 1, Timeout: time.Minute}, nil, 1000, 1000, 1000, true},
		{"one for all", Transactions{Records: 5000, Timeout: time.Minute}, nil, 1000, 1000, 2, true},
		{"about half are aborted", Transactions{Records: 10, Timeout: time.Minute, Aborts: 0.5}, nil, 300, 700, 101, true},
		{"all are aborted", Transactions{Records: 100, Timeout: time.Minute, Aborts: 1}, nil, 0, 0, 11, true},
		{"the application looks at sends alone", Transactions{Records: 64, Timeout: time.Minute, DoneAtSend: true}, nil, 1000, 1000, 16, false},
		{"none can be begun", Transactions{Records: 100, Timeout: time.Minute}, errors.New("no coordinator"), 0, 0, 11, true},
	} {
		t.Run(row.reason, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := &ledger{}
				banks := []*bank{{id: "a", begins: row.begins}, {id: "b", begins: row.begins}}
				began := time.Now()
				err := Drive(t.Context(), DriveConfig{
					Run: "run", Seed: "seed", Load: Load{Records: 1000, Rate: 1000, Keys: 10, Writers: 2},
					Sources: []Source{banks[0], banks[1]}, Recorder: l, Clock: history.NewClock(),
					Transactions: row.set, AnswerWait: 3 * time.Second,
				})
				if err != nil {
					t.Fatal(err)
				}
				if took := time.Since(began); took > 15*time.Second {
					t.Errorf("it took %s: what cannot be begun must be given up together", took)
				}
				ok := 0
				for _, o := range l.outcomes {
					if o.Class == history.OK {
						ok++
					}
				}
				if len(l.outcomes) != 1000 || ok < row.ok || ok > row.okAtMost {
					t.Errorf("%d outcomes, %d ok; want 1000 and %d to %d", len(l.outcomes), ok, row.ok, row.okAtMost)
				}
				if n := len(banks[0].ends) + len(banks[1].ends); n != row.ends || len(l.begun) != n || len(l.ended) != n {
					t.Errorf("%d ended at the sources, in the history %d begun and %d ended; want %d", n, len(l.begun), len(l.ended), row.ends)
				}
				of := map[uint64]history.TxBegin{}
				for _, b := range l.begun {
					if _, again := of[b.Tx]; again || b.Tx == 0 || b.ID != banks[b.Writer].id {
						t.Errorf("transaction %+v", b)
					}
					of[b.Tx] = b
				}
				members := map[uint64]int{}
				for _, i := range l.intents {
					if members[i.Tx]++; row.inHistory && of[i.Tx].Writer != i.Writer {
						t.Errorf("attempt %d of writer %d is in transaction %d of writer %d", i.Attempt, i.Writer, i.Tx, of[i.Tx].Writer)
					}
				}
				if !row.inHistory && members[0] != 1000 {
					t.Errorf("%d of 1000 records are in no transaction", members[0])
				}
				for tx, n := range members {
					if tx != 0 && n > row.set.Records {
						t.Errorf("transaction %d has %d records", tx, n)
					}
				}
			})
		})
	}
}

// The same seed aborts the same transactions.
func TestAbortsFollowTheSeed(t *testing.T) {
	ends := func(seed string) (out []bool) {
		synctest.Test(t, func(t *testing.T) {
			b := &bank{id: "a"}
			if err := Drive(t.Context(), DriveConfig{
				Run: "run", Seed: seed, Load: Load{Records: 400, Keys: 10, Writers: 1}, Sources: []Source{b}, Recorder: &ledger{},
				Clock: history.NewClock(), Transactions: Transactions{Records: 10, Timeout: time.Minute, Aborts: 0.5}, AnswerWait: time.Second,
			}); err != nil {
				t.Fatal(err)
			}
			out = b.ends
		})
		return out
	}
	text := func(list []bool) string {
		var b strings.Builder
		for _, commit := range list {
			b.WriteByte(map[bool]byte{true: 'c', false: 'a'}[commit])
		}
		return b.String()
	}
	if a, b := text(ends("one")), text(ends("one")); a != b {
		t.Errorf("one seed, two ways to end: %s and %s", a, b)
	}
	if a, b := text(ends("one")), text(ends("two")); a == b {
		t.Errorf("two seeds, one way to end: %s", a)
	}
}

// A load that is interrupted aborts what is open, and still has the time for it.
func TestAnInterruptedLoadAbortsItsTransaction(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &bank{id: "a"}
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		err := Drive(ctx, DriveConfig{
			Run: "run", Seed: "seed", Load: Load{Records: 1000, Rate: 1000, Keys: 10, Writers: 1}, Sources: []Source{b}, Recorder: &ledger{},
			Clock: history.NewClock(), Transactions: Transactions{Records: 750, Timeout: time.Minute}, AnswerWait: time.Second,
		})
		if err == nil || len(b.ends) != 1 || b.ends[0] || !b.alive[0] {
			t.Errorf("%v, ends %v, with time %v", err, b.ends, b.alive)
		}
	})
}

func TestTransactionsWantASourceOfTheirOwn(t *testing.T) {
	set := Transactions{Records: 10, Timeout: time.Minute}
	load := Load{Records: 10, Keys: 2, Writers: 2}
	plain := sourceFunc(func(_ context.Context, r *Record, done func(*Record, Answer)) { ok(r, done) })
	for _, row := range []struct {
		reason  string
		set     Transactions
		sources []Source
	}{
		{"one source for two writers", set, []Source{&bank{}}},
		{"sources without transactions", set, []Source{plain, plain}},
		{"no time for them", Transactions{Records: 10}, []Source{&bank{}, &bank{}}},
		{"more aborted than there are", Transactions{Records: 10, Timeout: time.Minute, Aborts: 2}, []Source{&bank{}, &bank{}}},
	} {
		err := Drive(t.Context(), DriveConfig{
			Run: "run", Load: load, Sources: row.sources, Recorder: &ledger{}, Clock: history.NewClock(), Transactions: row.set,
		})
		if err == nil {
			t.Errorf("%s: it was driven", row.reason)
		}
	}
}
