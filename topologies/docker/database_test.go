package docker_test

import (
	"context"
	"errors"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"surety/checker/history"
	"surety/topologies"
	"surety/topologies/docker"
	"surety/workload"
	"surety/workload/postgres"
)

// withDatabase is one broker and a database.
func withDatabase() topologies.Spec {
	return topologies.Spec{
		Provider: "docker",
		Broker:   topologies.BrokerSpec{Kind: "kafka", Nodes: 1},
		Database: topologies.DatabaseSpec{Kind: "postgres", Config: map[string]string{"synchronous_commit": "on"}},
	}
}

func (c *cluster) database(v topologies.View) string {
	return c.Topology.(topologies.Databased).Database(v)
}

// open connects one client of a view.
func (c *cluster) open(t *testing.T, v topologies.View) *pgx.Conn {
	t.Helper()
	var conn *pgx.Conn
	eventually(t, "a connection to the database", func(ctx context.Context) (bool, error) {
		var err error
		conn, err = pgx.Connect(ctx, c.database(v))
		return err == nil, err
	})
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

func execute(t *testing.T, c *pgx.Conn, sql string, args ...any) {
	t.Helper()
	if _, err := c.Exec(t.Context(), sql, args...); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

func count(t *testing.T, c *pgx.Conn, sql string) (n int) {
	t.Helper()
	if err := c.QueryRow(t.Context(), sql).Scan(&n); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return n
}

func valueOf(key string, seq int64) string {
	return string(workload.AppendValue(nil, workload.Value{Run: "run", Key: []byte(key), Seq: seq}, 0))
}

// join begins a scenario on the cluster.
func join(t *testing.T, on topologies.Cluster, env topologies.Env) *cluster {
	t.Helper()
	env.Dir = t.TempDir()
	topo, err := on.Join(t.Context(), withDatabase(), env)
	if topo != nil {
		t.Cleanup(func() { _ = topo.Close(context.Background()) })
	}
	if err != nil {
		t.Fatal(err)
	}
	return &cluster{Topology: topo}
}

func TestContainersADatabase(t *testing.T) {
	requireDocker(t)
	env := topologies.Env{Run: "d" + strconv.Itoa(os.Getpid()), Dir: t.TempDir()}
	on, err := docker.New().Cluster(t.Context(), withDatabase(), env)
	if on != nil {
		t.Cleanup(func() {
			if err := on.Close(context.Background()); err != nil {
				t.Error(err)
			}
		})
	}
	if err != nil {
		if _, ok := errors.AsType[*topologies.EnvironmentError](err); ok {
			withoutDocker(t, err)
		}
		t.Fatal(err)
	}
	c := join(t, on, env)
	// The steps build on each other; each is a subtest for its name alone.
	t.Run("it takes writes, with the settings of the scenario and what patterns of emission want", func(t *testing.T) {
		if err := postgres.Ping(t.Context(), c.database(topologies.Observe)); err != nil {
			t.Fatal(err)
		}
		db := c.open(t, topologies.Drive)
		execute(t, db, "create table orders (id bigserial primary key, value text not null)")
		for setting, want := range map[string]string{"synchronous_commit": "on", "wal_level": "logical", "fsync": "on", "max_prepared_transactions": "64"} {
			var is string
			if err := db.QueryRow(t.Context(), "select current_setting($1)", setting).Scan(&is); err != nil || is != want {
				t.Errorf("%s is %q, %v", setting, is, err)
			}
		}
		if v := c.Versions(); v["postgres"] != "15" || v["postgres-image"] == "" {
			t.Errorf("versions %v", v)
		}
	})
	if t.Failed() {
		return
	}
	t.Run("the answer to a commit is lost, and the row is there", c.loseDatabaseCommit)
	t.Run("a table is read in snapshots", c.readTable)
	t.Run("what was committed is there after it was killed", func(t *testing.T) {
		db := c.open(t, topologies.Observe)
		before := count(t, db, "select count(*) from orders")
		n := find[interface {
			topologies.Killer
			topologies.Starter
			topologies.Stater
		}](t, c, "database-1")
		if err := n.Kill(t.Context()); err != nil {
			t.Fatal(err)
		}
		if s, err := n.State(t.Context()); err != nil || s.ExitCode != 137 {
			t.Fatalf("%+v, %v", s, err)
		}
		if err := postgres.Ping(t.Context(), c.database(topologies.Observe)); err == nil {
			t.Error("a killed database answers")
		}
		if err := n.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		eventually(t, "it takes writes again", func(ctx context.Context) (bool, error) {
			err := postgres.Ping(ctx, c.database(topologies.Observe))
			return err == nil, err
		})
		if after := count(t, c.open(t, topologies.Drive), "select count(*) from orders"); after != before {
			t.Errorf("%d rows, %d before", after, before)
		}
	})
	t.Run("one that is asked to stop ends at once, though clients are connected", func(t *testing.T) {
		c.open(t, topologies.Observe)
		n := find[interface {
			topologies.Stopper
			topologies.Starter
			topologies.Stater
		}](t, c, "database-1")
		if err := n.Stop(t.Context(), 20*time.Second); err != nil {
			t.Fatal(err)
		}
		if s, err := n.State(t.Context()); err != nil || s.Status != topologies.Exited || s.ExitCode != 0 {
			t.Errorf("%+v, %v", s, err)
		}
		if err := n.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
	})
	t.Run("who is cut off from it waits", func(t *testing.T) {
		db := c.open(t, topologies.Drive)
		for _, l := range c.Links() {
			if l.To() != "database-1" {
				continue
			}
			if err := l.(topologies.Holder).Hold(t.Context(), topologies.Both); err != nil {
				t.Fatal(err)
			}
			done := make(chan error, 1)
			go func() {
				_, err := db.Exec(t.Context(), "insert into orders (value) values ('held')")
				done <- err
			}()
			eventually(t, "bytes are held", func(ctx context.Context) (bool, error) {
				tr, err := l.(topologies.Meter).Traffic(ctx)
				return tr.HeldForward > 0, err
			})
			if n := count(t, c.open(t, topologies.Observe), "select count(*) from orders where value = 'held'"); n != 0 {
				t.Error("what is held has arrived")
			}
			if err := l.(topologies.Holder).Release(t.Context(), topologies.Both); err != nil {
				t.Fatal(err)
			}
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
	})
	t.Run("it is new for the next scenario", func(t *testing.T) {
		db := c.open(t, topologies.Drive)
		execute(t, db, "select pg_create_logical_replication_slot('slot', 'pgoutput')")
		execute(t, db, "begin")
		execute(t, db, "insert into orders (value) values ('in doubt')")
		execute(t, db, "prepare transaction 'it''s in doubt'")
		if err := on.Whole(t.Context()); err != nil {
			t.Error(err)
		}
		if err := c.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		next := join(t, on, env).open(t, topologies.Drive)
		if n := count(t, next, "select count(*) from pg_tables where schemaname = 'public'"); n != 0 {
			t.Errorf("%d tables are left", n)
		}
		if n := count(t, next, "select count(*) from pg_prepared_xacts"); n != 0 {
			t.Errorf("%d prepared transactions are left", n)
		}
		if n := count(t, next, "select count(*) from pg_replication_slots"); n != 0 {
			t.Errorf("%d replication slots are left", n)
		}
	})
}

// loseDatabaseCommit loses the answer to the second of three commits.
func (c *cluster) loseDatabaseCommit(t *testing.T) {
	var link topologies.Interceptor
	for _, l := range c.Links() {
		if l.From() == string(topologies.Drive) && l.Port() == "postgres" {
			link = l.(topologies.Interceptor)
		}
	}
	err := link.Intercept(t.Context(), "lost", topologies.Rule{
		Match:      topologies.Match{API: []string{"COMMIT"}},
		Occurrence: topologies.Occurrence{Nth: 2},
		Act:        topologies.Act{After: topologies.CutOff},
	})
	if err != nil {
		t.Fatal(err)
	}
	observe := c.open(t, topologies.Observe)
	for n := range 3 {
		db := c.open(t, topologies.Drive)
		value := valueOf("lost", int64(n))
		err := pgx.BeginFunc(t.Context(), db, func(tx pgx.Tx) error {
			_, err := tx.Exec(t.Context(), "insert into orders (value) values ($1)", value)
			return err
		})
		// The client of the second one cannot know: its connection ended.
		_, told := errors.AsType[*pgconn.PgError](err)
		if lost := n == 1; lost != (err != nil) || told {
			t.Errorf("commit %d: %v", n+1, err)
		}
		eventually(t, "its row is there", func(ctx context.Context) (bool, error) {
			var there bool
			err := observe.QueryRow(ctx, "select exists (select from orders where value = $1)", value).Scan(&there)
			return there, err
		})
	}
	did, err := link.Intercepted(t.Context(), "lost")
	if err != nil || did.Acted != 1 || did.Matched != 3 || did.Unread != "" {
		t.Fatalf("%+v, %v", did, err)
	}
	if f := did.Frames[0]; f.API != "COMMIT" || f.Nth != 2 || f.Answer != "COMMIT" || f.Did != "answer lost, connection cut" || !strings.HasSuffix(f.Link, ":postgres") {
		t.Errorf("evidence %+v", f)
	}
	if err := link.Pass(t.Context(), "lost"); err != nil {
		t.Fatal(err)
	}
}

// noted is a recorder of what readers of a table note.
type noted struct {
	mu           sync.Mutex
	names        map[string]history.Name
	observations []history.Observation
	end          history.SessionEnd
}

func (n *noted) Name(s string) history.Name {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.names == nil {
		n.names = map[string]history.Name{}
	}
	if n.names[s] == 0 {
		n.names[s] = history.Name(len(n.names) + 1)
	}
	return n.names[s]
}

func (n *noted) Observations(all []history.Observation) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.observations = append(n.observations, all...)
}

func (n *noted) Append(_ history.Kind, body any) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if e, is := body.(history.SessionEnd); is {
		n.end = e
	}
}

func (n *noted) Observation(o history.Observation) { n.Observations([]history.Observation{o}) }
func (n *noted) Intents([]history.Intent)          {}
func (n *noted) Outcomes([]history.Outcome)        {}
func (n *noted) Err() error                        { return nil }

// seqs are the sequence numbers of a key as they were observed; those that begin a look
// are negative.
func (n *noted) seqs(key string) (out []int64) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, o := range n.observations {
		if o.Key == n.names[key] && !o.Corrupt {
			out = append(out, o.Seq)
		}
	}
	return out
}

func (c *cluster) readTable(t *testing.T) {
	db := c.open(t, topologies.Drive)
	execute(t, db, "create table told (k text, n int, at bigserial)")
	table := func(r workload.Rows, to *noted) *postgres.Table {
		return &postgres.Table{
			URL: c.database(topologies.Observe), Rows: r, Run: "run", Recorder: to, Clock: history.NewClock(), Every: 20 * time.Millisecond, Stall: 10 * time.Second,
		}
	}
	byColumns := workload.Rows{Table: "public.told", Key: "k", Seq: "n", OrderedBy: "at"}
	var tailed noted
	tail, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		done <- table(byColumns, &tailed).Observe(tail, history.Session{Session: 1, Sink: "told", View: history.Committed, Purpose: history.Tail})
	}()
	defer stop()

	for _, seqs := range [][]int{{3, 1}, {2}} {
		err := pgx.BeginFunc(t.Context(), db, func(tx pgx.Tx) error {
			for _, n := range seqs {
				if _, err := tx.Exec(t.Context(), "insert into told values ('key', $1)", n); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "the tail has seen all rows", func(context.Context) (bool, error) { return len(tailed.seqs("key")) == 3, nil })
	execute(t, db, "update told set n = 7 where n = 1") // a new version of the row is seen as one
	eventually(t, "the tail has seen the new version", func(context.Context) (bool, error) { return len(tailed.seqs("key")) == 4, nil })
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if got := tailed.seqs("key"); got[0] != 3 || got[1] != 1 || got[2] != 2 || got[3] != 7 {
		t.Errorf("the tail saw %v", got)
	}

	var final noted
	if err := table(byColumns, &final).Observe(t.Context(), history.Session{Session: 2, Purpose: history.Final}); err != nil {
		t.Fatal(err)
	}
	if got := final.seqs("key"); len(got) != 3 || got[0] != 3 || got[1] != 7 || got[2] != 2 {
		t.Errorf("the final read is %v, want the order of the column", got)
	}

	execute(t, db, "insert into orders (value) values ($1), ($2), ('broken')", valueOf("k", 2), valueOf("k", 1))
	var values noted
	if err := table(workload.Rows{Table: "orders", Value: "value"}, &values).Observe(t.Context(), history.Session{Session: 3, Purpose: history.Final}); err != nil {
		t.Fatal(err)
	}
	if got := values.seqs("k"); len(got) != 2 || got[0] != 1 {
		t.Errorf("where nothing tells the order the rows are %v", got)
	}
	broken := 0
	for _, o := range values.observations {
		if o.Corrupt {
			broken++
		}
	}
	if broken != 1 {
		t.Errorf("%d rows are corrupt", broken)
	}
	var none noted
	err := table(workload.Rows{Table: "missing", Value: "value"}, &none).Observe(t.Context(), history.Session{Session: 4, Purpose: history.Final})
	if err == nil || none.end.Error == "" {
		t.Errorf("a table that is not there: %v", err)
	}
	execute(t, db, "delete from orders where value = 'broken'")
}
