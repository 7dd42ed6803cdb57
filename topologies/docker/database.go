package docker

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/testcontainers/testcontainers-go"

	"surety/topologies"
	"surety/topologies/images"
)

// The database of a topology. Its user may do everything, and everybody may be it.
const (
	databasePort = 5432
	databaseUser = "surety"
	databaseName = "surety"
	databaseDir  = "/var/lib/postgresql/data" // a volume of the image
)

// ownedByDatabase are the settings that the layout of nodes and links depends on.
var ownedByDatabase = []string{"listen_addresses", "port", "data_directory", "hba_file", "config_file"}

// serverSettings let a server do what patterns of emission ask of one. What is promised
// to clients (fsync, synchronous_commit) is as in production.
var serverSettings = map[string]string{
	"wal_level":                 "logical", // for change data capture
	"max_prepared_transactions": "64",      // for two-phase commit; 0 by default
	"max_connections":           "200",
}

// databaseService checks the spec of a database and says how it is served.
func databaseService(d topologies.DatabaseSpec) (*service, error) {
	if d.Kind != "postgres" {
		return nil, fmt.Errorf("the docker provider has no database %q; it has postgres", d.Kind)
	}
	for _, name := range ownedByDatabase {
		if _, set := d.Config[name]; set {
			return nil, fmt.Errorf("database setting %s cannot be changed: the topology depends on it", name)
		}
	}
	return &service{what: d.Kind, read: true, port: databasePort, start: startDatabase, await: awaitDatabase}, nil
}

// databaseCommand is what the entry point of the image is given, as of the official
// one: the server and its settings.
func databaseCommand(config map[string]string) []string {
	all := maps.Clone(serverSettings)
	maps.Copy(all, config)
	command := []string{"postgres"}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		command = append(command, "-c", name+"="+all[name])
	}
	return command
}

func startDatabase(ctx context.Context, t *topology, h *host) error {
	_, err := t.system(ctx, h, storage{dir: databaseDir}, map[string]func() testcontainers.ContainerRequest{
		topologies.OriginalVersion: func() testcontainers.ContainerRequest {
			return testcontainers.ContainerRequest{
				Image: t.database,
				Cmd:   databaseCommand(t.spec.Database.Config),
				Env: map[string]string{
					"POSTGRES_USER": databaseUser, "POSTGRES_DB": databaseName, "POSTGRES_HOST_AUTH_METHOD": "trust",
				},
			}
		},
	})
	return err
}

// chooseDatabase finds the image of the database, where there is one.
func (t *topology) chooseDatabase(ctx context.Context) (err error) {
	if d := t.spec.Database; d.Any() {
		t.database, err = images.Postgres.Choose(ctx, t.engine, d.Version, t.env.Images[images.Postgres.Name])
	}
	return err
}

// awaitDatabase waits until the database answers. What an earlier topology left in it
// goes: the next one finds it as new.
func awaitDatabase(ctx context.Context, t *topology, h *host) error {
	t.mu.Lock()
	n := t.nodes[h.name]
	t.mu.Unlock()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	reason := errors.New("it was not asked")
	for {
		ask := askDatabase
		if t.layout.nth > 1 {
			ask = renewDatabase
		}
		err := ask(ctx, h.ports.observe)
		if err == nil {
			return nil
		}
		if ctx.Err() == nil {
			reason = err
		}
		if s, stateErr := n.State(ctx); stateErr == nil && s.Status == topologies.Exited {
			return topologies.Ended(ctx, n)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("%s does not serve (%w), see %s: %w", h.name, reason, n.LogFile(), ctx.Err())
		}
	}
}

// askDatabase asks once whether the database answers.
func askDatabase(ctx context.Context, addr string) error {
	return inDatabase(ctx, databaseURL(addr, databaseName), func(ctx context.Context, c *pgx.Conn) error {
		_, err := c.Exec(ctx, "select 1")
		return err
	})
}

// inDatabase does something on a connection of its own.
func inDatabase(ctx context.Context, url string, do func(context.Context, *pgx.Conn) error) error {
	ctx, cancel := context.WithTimeout(ctx, databaseWithin)
	defer cancel()
	c, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer func() { _ = c.Close(ctx) }()
	return do(ctx, c)
}

// databaseWithin bounds one connection of ours.
const databaseWithin = 10 * time.Second

// renewDatabase makes the database anew. Replication slots and prepared transactions
// hold the old one; both go with it.
func renewDatabase(ctx context.Context, addr string) error {
	err := inDatabase(ctx, databaseURL(addr, databaseName), forgetDatabase)
	if err != nil && !noSuchDatabase(err) {
		return fmt.Errorf("forget what an earlier scenario left in the database: %w", err)
	}
	return inDatabase(ctx, databaseURL(addr, "postgres"), func(ctx context.Context, c *pgx.Conn) error {
		for _, one := range []string{
			"drop database if exists " + databaseName + " with (force)",
			"create database " + databaseName,
		} {
			if _, err := c.Exec(ctx, one); err != nil {
				return fmt.Errorf("make the database anew: %w", err)
			}
		}
		return nil
	})
}

// forgetDatabase ends what keeps a database from being dropped.
func forgetDatabase(ctx context.Context, c *pgx.Conn) error {
	if _, err := c.Exec(ctx, `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`); err != nil {
		return err
	}
	rows, err := c.Query(ctx, `select gid from pg_prepared_xacts where database = current_database()`)
	if err != nil {
		return err
	}
	prepared, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return err
	}
	for _, gid := range prepared {
		if _, err := c.Exec(ctx, "rollback prepared '"+strings.ReplaceAll(gid, "'", "''")+"'"); err != nil {
			return err
		}
	}
	_, err = c.Exec(ctx, `select pg_drop_replication_slot(slot_name) from pg_replication_slots where database = current_database()`)
	return err
}

// Database implements topologies.Databased.
func (t *topology) Database(v topologies.View) string {
	for _, h := range t.layout.services {
		if h.kind == topologies.DatabaseNode {
			return databaseURL(map[topologies.View]string{topologies.Drive: h.ports.drive, topologies.Observe: h.ports.observe}[v], databaseName)
		}
	}
	return ""
}

// databaseFor is where every processor reaches the database: a name that each one's
// gateway resolves to its own proxy.
func (t *topology) databaseFor() string {
	for _, h := range t.layout.services {
		if h.kind == topologies.DatabaseNode {
			return databaseURL(address(h.name, databasePort), databaseName)
		}
	}
	return ""
}

func databaseURL(addr, name string) string {
	return "postgres://" + databaseUser + "@" + addr + "/" + name + "?sslmode=disable"
}

// noSuchDatabase tells whether the server answered that it has no such database.
func noSuchDatabase(err error) bool {
	pg, is := errors.AsType[*pgconn.PgError](err)
	return is && pg.Code == "3D000"
}

// databaseVersions tells what the database is.
func (t *topology) databaseVersions(v map[string]string) {
	if t.database == "" {
		return
	}
	v["postgres-image"] = t.database
	if t.env.Images[images.Postgres.Name] == "" {
		v["postgres"] = cmp.Or(t.spec.Database.Version, images.Postgres.Version)
	}
}
