package services

import (
	"cmp"
	"time"

	"github.com/jackc/pgx/v5"
)

// An inbox remembers the events whose effects are there, in the transaction of the
// effect (Richardson, Microservices Patterns, 3.3.6: idempotent consumer).
var inbox = Service{
	Name:     "inbox",
	About:    "Consumes each event once: effect and memory of it stand in one transaction.",
	Declares: "exactly-once",
	Order:    "none",
	Table:    "effects",
	Run:      consuming(once(0)),
}

var inboxTTL = Service{
	Name:     "inbox-ttl",
	About:    "Consumes each event once, and forgets it after ten minutes (or SURETY_TTL): longer than anything is delivered again.",
	Declares: "exactly-once",
	Order:    "none",
	Table:    "effects",
	Run:      consuming(once(10 * time.Minute)),
}

var inboxShortTTL = Service{
	Name:     "inbox-short-ttl",
	About:    "Consumes each event once, and forgets it after 50 ms: what is delivered again later has its effect again.",
	Declares: "exactly-once",
	Order:    "none",
	Table:    "effects",
	Broken:   true,
	Twin:     "inbox-ttl",
	Breaks:   "duplicated",
	Under:    "kill",
	Run:      consuming(once(50 * time.Millisecond)),
}

// once has an effect for each event that the inbox does not know; ttl is how long it
// knows it, 0 = for ever.
func once(ttl time.Duration) effect {
	f := effect{
		tables: []string{
			"create table if not exists inbox (key text, seq bigint, at timestamptz not null default clock_timestamp(), primary key (key, seq))",
			"create index if not exists inbox_at on inbox (at)",
			"create table if not exists effects (id bigserial primary key, value text not null)",
		},
		each: func(b *pgx.Batch, key string, seq int64, value string) {
			b.Queue("with fresh as (insert into inbox (key, seq) values ($1, $2) on conflict do nothing returning 1) insert into effects (value) select $3::text where exists (select 1 from fresh)", key, seq, value)
		},
	}
	if ttl > 0 {
		f.before = func(b *pgx.Batch, cfg Config) {
			b.Queue("delete from inbox where at < clock_timestamp() - $1::bigint * interval '1 microsecond'", cmp.Or(cfg.TTL, ttl).Microseconds())
		}
	}
	return f
}
