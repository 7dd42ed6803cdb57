package selfcheck

import "surety/checker"

// Kind is one thing that a history may hold, planted a known number of times.
type Kind struct {
	Name  string
	About string
	Class checker.Class // what the judge must count it as; empty: as nothing
	Legal bool          // it breaks no guarantee that it is judged under
	Under []checker.Delivery
	plant func(*scene)
	needs func(*world) // what the history must have for it; nil: nothing
}

// Kinds is the catalogue: what must be found, and what must not be.
var Kinds = []Kind{
	{Name: "lost-whole", Class: checker.Lost, About: "all records of a key", plant: lostWhole},
	{Name: "lost-prefix", Class: checker.Lost, About: "the first records of a key", plant: lostPrefix},
	{Name: "lost-middle", Class: checker.Lost, About: "records between others of their key", plant: lostMiddle},
	{Name: "lost-suffix", Class: checker.Lost, About: "the last records of a key", plant: lostSuffix},
	{Name: "lost-of-transaction", Class: checker.Lost, About: "one record of a committed transaction", plant: lostOfTransaction},
	{Name: "vanished", Class: checker.Vanished, About: "seen by the tail, absent from the final read", plant: vanished, needs: tails},
	{Name: "duplicated", Class: checker.Duplicated, About: "a record two to four times, by driver or processor", plant: duplicated},
	{Name: "rewound", Class: checker.Duplicated, About: "the last records once more, an unknown one twice", plant: rewound},
	{Name: "reordered", Class: checker.Reordered, About: "one record before or behind its neighbours", plant: reordered},
	{Name: "reordered-across", Class: checker.Reordered, About: "a later record first, in another partition", plant: reorderedAcross, needs: partitions},
	{Name: "phantom", Class: checker.Phantom, About: "a record, a key or an output that nobody wrote", plant: phantom},
	{Name: "corrupted", Class: checker.Corrupted, About: "unreadable, beside a record or in its place", plant: corrupted},
	{Name: "inconsistent", Class: checker.Inconsistent, About: "one position, two records, one reader", plant: inconsistent, needs: positions},
	{Name: "replaced", Class: checker.Inconsistent, About: "one position, two records, tail and final read", plant: replaced, needs: tails},
	{Name: "failed-appeared", Class: checker.FailedAppeared, About: "certainly not written, and there", plant: failedAppeared},
	{Name: "aborted-read", Class: checker.AbortedRead, About: "a record of an aborted transaction", plant: abortedRead},
	{Name: "torn", Class: checker.Torn, About: "part of a transaction without a known end", plant: torn},
	{Name: "stuck", Class: checker.Stuck, About: "the system stood still before all came out", plant: stuck, needs: stalls},
	{Name: "misrouted", Class: checker.Misrouted, About: "in another partition than its key's", plant: misrouted, needs: routes},
	{Name: "late", Class: checker.Late, About: "first seen after the time to recover in", plant: late, needs: recovers},
	{Name: "altered", Class: checker.Altered, About: "other headers than went in", plant: altered, needs: preserves},
	{Name: "differed", Class: checker.Differed, About: "another content than the sink that it must equal", plant: differed, needs: equals},
	{Name: "regressed", Class: checker.Regressed, About: "an older value of a key in the place of a newer", plant: regressed, needs: table},

	{Name: "ordinary", Legal: true, About: "records in flight together, answered in any order", plant: ordinary},
	{Name: "retried", Legal: true, About: "several attempts of a record, one of them ok", plant: retried},
	{Name: "answered-late", Legal: true, About: "an answer after the record and its followers came out", plant: answeredLate},
	{Name: "recovered", Legal: true, Class: checker.Recovered, About: "an unknown record that came out", plant: recovered},
	{Name: "absent", Legal: true, Class: checker.Absent, About: "an unknown record that did not", plant: absent},
	{Name: "failed-away", Legal: true, About: "a failed record that stayed away", plant: failedAway},
	{Name: "reread", Legal: true, Class: checker.Reread, About: "the same positions once more", plant: reread, needs: positions},
	{Name: "moved", Legal: true, Class: checker.Split, About: "a key that goes on in another partition", plant: moved, needs: partitions},
	{Name: "simultaneous", Legal: true, Class: checker.Split, About: "two partitions, one append time", plant: simultaneous, needs: partitions},
	{Name: "tail-behind", Legal: true, About: "a tail that misses, repeats and ends early", plant: ordinary, needs: tails},
	{Name: "unknown-vanished", Legal: true, Class: checker.Absent, About: "an unknown record that only the tail saw", plant: unknownVanished, needs: tails},
	{Name: "committed", Legal: true, About: "a committed transaction, whole", plant: committed},
	{Name: "aborted", Legal: true, About: "an aborted transaction, nowhere", plant: aborted},
	{Name: "unknown-whole", Legal: true, Class: checker.Recovered, About: "a transaction without a known end, whole", plant: unknownWhole},
	{Name: "unknown-nowhere", Legal: true, Class: checker.Absent, About: "a transaction without a known end, nowhere", plant: unknownAbsent},
	{Name: "refused-in-unknown", Legal: true, Class: checker.Absent, About: "a refused record of a transaction that came out", plant: refusedInUnknown},
	{Name: "fences", Legal: true, About: "records of the harness, repeated", plant: fences},
	{Name: "other-views", Legal: true, About: "uncommitted records and sinks that nobody judges", plant: ordinary, needs: noise},
	{Name: "two-sinks", Legal: true, About: "a second sink with positions of its own", plant: ordinary, needs: second},
	{Name: "queue", Legal: true, About: "a sink without positions, read once", plant: ordinary, needs: queue},
	{
		Name: "loss-allowed", Legal: true, Class: checker.Lost, About: "losses under at-most-once, with order",
		Under: []checker.Delivery{checker.AtMostOnce}, plant: lostMiddle,
	},
	{
		Name: "duplicates-allowed", Legal: true, Class: checker.Duplicated, About: "duplicates under at-least-once, with order",
		Under: []checker.Delivery{checker.AtLeastOnce}, plant: rewound,
	},
}

// Unplanted says why a class has no kind.
var Unplanted = map[checker.Class]string{
	checker.WrongState:   "results are held to a naive count of their own, in the tests of their oracles",
	checker.DroppedLate:  "as wrong-state",
	checker.DeadLettered: "hand-written histories have it",
	checker.Unavailable:  "one comparison of two counts, which hand-written histories have",

	checker.LostWrite:           "the log itself is held to a naive judge of its own",
	checker.InconsistentOffsets: "as lost-write",
	checker.Duplicate:           "as lost-write",
}
