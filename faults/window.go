package faults

import (
	"surety/topologies"
)

// Window is one of the moments in which guarantees break, as rules for the messages
// of a client.
type Window struct {
	Name  string
	About string
	Rules []topologies.Rule
}

// on is a rule about requests of the given names.
func on(act topologies.Act, which topologies.Occurrence, api ...string) topologies.Rule {
	return topologies.Rule{Match: topologies.Match{API: api}, Occurrence: which, Act: act}
}

// commits is a rule about the ends of transactions that commit.
func commits(act topologies.Act, which topologies.Occurrence) topologies.Rule {
	r := on(act, which, "EndTxn")
	r.Match.End = "commit"
	return r
}

var (
	once    = topologies.Occurrence{Nth: 1}
	always  = topologies.Occurrence{}
	unheard = topologies.Act{After: topologies.CutOff}
	waits   = topologies.Act{Before: topologies.Delayed}
)

func answered(code string) topologies.Act {
	return topologies.Act{Before: topologies.Answer, Code: code}
}

// Windows are the named ones. What a scenario says of match, occurrence and delay
// goes over theirs.
var Windows = []Window{
	{
		"lost-produce-answer", "the brokers append a batch, and the client never hears of it: its connection ends",
		[]topologies.Rule{on(unheard, once, "Produce")},
	}, {
		"lost-commit-answer", "a transaction is committed, and the client never hears of it: its connection ends",
		[]topologies.Rule{commits(unheard, once)},
	}, {
		"commit-held", "the commit of a transaction is on its way until the healing, all outputs and offsets written",
		[]topologies.Rule{commits(waits, always)},
	}, {
		"lost-offset-commit", "offsets are committed in vain: the request never arrives, and the connection ends",
		[]topologies.Rule{on(topologies.Act{Before: topologies.CutOff}, once, "OffsetCommit", "TxnOffsetCommit")},
	}, {
		"late-commit", "the connection ends before a commit arrives, the client goes on, and the commit arrives at the healing",
		[]topologies.Rule{commits(topologies.Act{Before: topologies.Late}, once)},
	}, {
		"zombie-commit", "a member falls silent with records in hand, its partitions move, and at the healing it writes and commits them",
		[]topologies.Rule{on(waits, always, "Heartbeat", "ConsumerGroupHeartbeat", "AddPartitionsToTxn", "Produce", "OffsetCommit", "TxnOffsetCommit")},
	}, {
		"fetch-stall", "nothing is read until the healing, while the group sees a healthy member",
		[]topologies.Rule{on(waits, always, "Fetch")},
	}, {
		"join-storm", "every heartbeat is answered with a rebalance",
		[]topologies.Rule{
			on(answered("REBALANCE_IN_PROGRESS"), always, "Heartbeat"),
			on(answered("FENCED_MEMBER_EPOCH"), always, "ConsumerGroupHeartbeat"),
		},
	}, {
		"coordinator-moves", "coordinators of groups and transactions say that they are none",
		[]topologies.Rule{on(answered("NOT_COORDINATOR"), always, "Heartbeat", "JoinGroup", "SyncGroup", "OffsetCommit", "OffsetFetch",
			"ConsumerGroupHeartbeat", "InitProducerID", "AddPartitionsToTxn", "AddOffsetsToTxn", "TxnOffsetCommit", "EndTxn")},
	}, {
		"corrupt-record", "a batch that is read has a checksum that does not fit",
		[]topologies.Rule{on(topologies.Act{Corrupt: topologies.BrokenCRC}, once, "Fetch")},
	}, {
		"poison-record", "a batch that is read has a record that makes no sense, and a checksum that fits",
		[]topologies.Rule{on(topologies.Act{Corrupt: topologies.Poison}, once, "Fetch")},
	}, {
		"lost-database-commit", "a transaction of the database is committed, and its client never hears of it: its connection ends",
		[]topologies.Rule{on(unheard, once, "COMMIT")},
	}, {
		"database-commit-held", "the commit of a transaction of the database is on its way until the healing, its locks held",
		[]topologies.Rule{on(waits, always, "COMMIT")},
	}, {
		"lost-prepared-commit", "a transaction in two phases stays in doubt: its second commit never arrives, and the connection ends",
		[]topologies.Rule{on(topologies.Act{Before: topologies.CutOff}, once, "COMMIT PREPARED")},
	},
}

// window finds a window by its name.
func window(name string) (Window, bool) {
	for _, w := range Windows {
		if w.Name == name {
			return w, true
		}
	}
	return Window{}, false
}

func windowNames() []string {
	var out []string
	for _, w := range Windows {
		out = append(out, w.Name)
	}
	return out
}
