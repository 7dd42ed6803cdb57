package postgres

import (
	"testing"

	"surety/topologies/protocol"
)

func TestAStatementIsToldByWhatItDoesToItsTransaction(t *testing.T) {
	for _, tt := range []struct{ why, sql, want, gid string }{
		{"nothing", "", "", ""},
		{"as clients write it", "commit", "COMMIT", ""},
		{"with a semicolon and blanks", "  COMMIT ;\n", "COMMIT", ""},
		{"END is a commit", "end transaction", "COMMIT", ""},
		{"ABORT is a rollback", "abort", "ROLLBACK", ""},
		{"a chain", "commit and chain", "COMMIT", ""},
		{"a savepoint ends no transaction", "rollback to savepoint s", "", ""},
		{"the same with more words", "ROLLBACK WORK TO SAVEPOINT s", "", ""},
		{"the beginning", "begin isolation level serializable", "BEGIN", ""},
		{"the other beginning", "start transaction read only", "BEGIN", ""},
		{"the first phase", "prepare transaction 'orders:7'", "PREPARE TRANSACTION", "orders:7"},
		{"a quote in an identifier", "commit prepared 'it''s'", "COMMIT PREPARED", "it's"},
		{"the second phase, backwards", "ROLLBACK PREPARED 'g'", "ROLLBACK PREPARED", "g"},
		{"a prepared statement is no transaction", "prepare p as select 1", "", ""},
		{"a write outside a transaction commits by itself", "insert into t values ('commit')", "INSERT", ""},
		{"several statements, of which the commit counts", "insert into t values (1); commit; select 1", "COMMIT", ""},
		{"a word in a string", "select 'x; commit; '", "", ""},
		{"a word in an escaped string", `select E'\'; commit; '`, "", ""},
		{"a word in a quoted name", `select "; commit" from t`, "", ""},
		{"a word in dollar quotes", "do $$ begin commit; end $$", "", ""},
		{"a word in tagged dollar quotes", "do $a$ $$; commit; $$ $a$", "", ""},
		{"a parameter is no dollar quote", "update t set a = $1 where b = $2", "UPDATE", ""},
		{"comments", "-- begin\n/* rollback /* nested */ ; */ commit", "COMMIT", ""},
		{"a comment without end", "/* commit", "", ""},
		{"a string without end", "select '; commit", "", ""},
		{"only a semicolon", ";;", "", ""},
		{"other scripts", "é; commit", "COMMIT", ""},
	} {
		got := statementOf([]byte(tt.sql))
		if kindNames[got.kind] != tt.want || got.gid != tt.gid {
			t.Errorf("%s: %q is %q of %q, want %q of %q", tt.why, tt.sql, kindNames[got.kind], got.gid, tt.want, tt.gid)
		}
	}
	if len(kindNames) != len(protocol.Postgres.Requests) {
		t.Error("two kinds of statements have one number")
	}
}
