package services

import "github.com/jackc/pgx/v5"

var upsert = Service{
	Name:     "upsert",
	About:    "Consumes events into a table with the newest of each key; a version guard keeps an old event from replacing a newer.",
	Declares: "exactly-once",
	Order:    "key",
	Table:    "customers_history",
	Run:      consuming(upserting(" where customers.seq < excluded.seq")),
}

var upsertUnversioned = Service{
	Name:     "upsert-unversioned",
	About:    "Consumes events into a table with the last of each key, whichever came last: events that come again put it back.",
	Declares: "exactly-once",
	Order:    "key",
	Table:    "customers_history",
	Broken:   true,
	Twin:     "upsert",
	Breaks:   "regressed",
	Under:    "kill",
	Run:      consuming(upserting("")),
}

// upserting keeps one row of each key, and beside it what it was one after another, by a
// trigger: a value that stood for a millisecond is seen as well.
func upserting(guard string) effect {
	return effect{
		tables: []string{
			"create table if not exists customers (key text primary key, seq bigint not null, value text not null)",
			"create table if not exists customers_history (id bigserial primary key, value text not null)",
			"create or replace function keep_history() returns trigger language plpgsql as $$ begin insert into customers_history (value) values (new.value); return new; end $$",
			"create or replace trigger history after insert or update on customers for each row execute function keep_history()",
		},
		each: func(b *pgx.Batch, key string, seq int64, value string) {
			b.Queue("insert into customers (key, seq, value) values ($1, $2, $3) on conflict (key) do update set seq = excluded.seq, value = excluded.value"+guard, key, seq, value)
		},
	}
}
