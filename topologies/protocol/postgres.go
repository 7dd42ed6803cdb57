package protocol

// Postgres is the statements of PostgreSQL that a rule can be about, by what they do to
// a transaction. Of a message with several statements the one of the highest number
// counts. ROLLBACK TO a savepoint is none of them.
var Postgres = Protocol{
	Name: "postgres",
	Requests: map[string]int16{
		"BEGIN": 1, "INSERT": 2, "UPDATE": 3, "DELETE": 4, "MERGE": 5,
		"ROLLBACK": 6, "ROLLBACK PREPARED": 7, "PREPARE TRANSACTION": 8, "COMMIT": 9, "COMMIT PREPARED": 10,
	},
}

// All are the protocols whose messages can be intercepted.
var All = []Protocol{Kafka, Postgres}
