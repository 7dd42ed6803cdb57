package history

import "encoding/json"

// Kind says what a record is. Numbers are part of the file format: append only.
type Kind uint8

// The frequent kinds (Intent, Outcome, Observation) are packed; the rare ones
// carry a JSON body, so that fields can be added without a new format.
const (
	KindName            Kind = iota + 1 // interned string: keys, sinks, topics, groups
	KindIntent                          // Intent
	KindOutcome                         // Outcome
	KindObservation                     // Observation
	KindSession                         // Session
	KindSessionEnd                      // SessionEnd
	KindTxBegin                         // TxBegin
	KindTxEnd                           // TxEnd
	KindPoll                            // Poll
	KindRebalance                       // Rebalance
	KindCommittedOffset                 // CommittedOffset
	KindFence                           // Fence
	KindFault                           // Fault
	KindSample                          // Sample
	KindPhase                           // Phase
	KindDrain                           // Drain
	KindVersions                        // Versions
	KindEnd                             // End
	KindSignal                          // Signal

	lastKind = KindSignal
)

// Name is a string interned in one history file; 0 is the empty string.
type Name uint32

// Nanos is a point on the run's one monotonic clock, in nanoseconds since the
// run began.
type Nanos int64

// OutcomeClass is how sure the driver is that an attempt was applied.
type OutcomeClass uint8

// Unknown is a third state, not an error: the record may or may not be there.
const (
	Unknown OutcomeClass = iota // an intent without an outcome is unknown as well
	OK                          // acknowledged
	Failed                      // definitely not applied
)

// View is what a reader session could see.
type View uint8

// The three views of DESIGN: a committed and an uncommitted look at a sink, and
// the look at the log that the processors read.
const (
	Committed View = iota + 1
	Uncommitted
	Input
)

// Purpose says what a session's observations may be used for.
type Purpose uint8

const (
	// Tail reads while the run goes on: times, and evidence of vanished records.
	Tail Purpose = iota + 1
	// Final reads every partition once from its start to the end offset fixed at
	// the drain: lost, duplicated and reordered are judged on it alone.
	Final
)

// Intent is written before the client gets the record.
type Intent struct {
	Attempt  uint64 // unique in the run, rising
	Writer   uint32 // the driver's writer that owns the key
	Key      Name
	Seq      int64  // rises in send order within the key
	Tx       uint64 // transaction of the attempt; 0 = none
	At       Nanos  // when the client got it
	Intended Nanos  // when the open-loop schedule wanted it
	Event    int64  // event time in milliseconds since the epoch; 0 = none
	Term     int64  // what it adds to a sum, not negative
}

// Outcome is written after the client answered. An attempt has at most one.
type Outcome struct {
	Attempt   uint64
	Class     OutcomeClass
	Partition int32 // -1 where the client did not learn it
	Offset    int64 // -1 where the client did not learn it
	Reason    Name  // the client's error, interned; for ok only one that the application ignored
	At        Nanos
}

// Observation is one record that one session saw, in the session's order. What stands
// together in it, and in Record, is what is read together: millions wait in memory.
type Observation struct {
	Session   uint32
	Partition int32
	Offset    int64 // -1 where the system has no positions
	Key       Name
	Index     int32 // which output of a fan-out; 0 for one to one
	Seq       int64 // of a result that of the last record in it, where that has its key
	Append    int64 // the log's append time in milliseconds since the epoch; 0 = none
	At        Nanos
	Value     int64 // of a result: its count or sum; of a join: the table's sequence; of an input: its term
	Event     int64 // milliseconds since the epoch: of an input its event time, of a result the start of its window
	Corrupt   bool  // checksum or identity does not match: Key, Seq and Index mean nothing
	Fence     bool  // a record of the harness on a reserved key: never judged
	Altered   bool  // its headers or its correlation id are not those that went in
	Valued    bool  // Value is told
	First     bool  // of its poll and partition; never set where the session does not tell its polls
}

// Session opens one reader's look at one sink or at the input.
type Session struct {
	Session uint32  `json:"session"`
	Sink    string  `json:"sink"` // the sink's name in the scenario; "input" for the input log
	Topic   string  `json:"topic,omitempty"`
	View    View    `json:"view"`
	Purpose Purpose `json:"purpose"`
	// Subscribes: a group hands the session its partitions, so that it may go back
	// or ahead at a Rebalance of its own. Else it assigns them to itself.
	Subscribes bool `json:"subscribes,omitempty"`
	// Snapshot: the session takes atomic looks at all that the sink has. Each shows what
	// came since the one before; Observation.First tells where it begins.
	Snapshot bool  `json:"snapshot,omitempty"`
	At       Nanos `json:"at"`
}

// SessionEnd closes a session. A final read is sound only if it ended without
// an error; a session that never ended is not sound.
type SessionEnd struct {
	Session uint32          `json:"session"`
	Error   string          `json:"error,omitempty"`
	Ends    map[int32]int64 `json:"ends,omitempty"` // end offset of each partition that was to be read
	At      Nanos           `json:"at"`
}

// TxBegin opens a transaction of the driver.
type TxBegin struct {
	Tx     uint64 `json:"tx"`
	Writer uint32 `json:"writer"`
	ID     string `json:"id"` // transactional id
	At     Nanos  `json:"at"`
}

// TxEnd closes it: OK is committed, Failed is aborted.
type TxEnd struct {
	Tx     uint64       `json:"tx"`
	Class  OutcomeClass `json:"class"`
	Reason string       `json:"reason,omitempty"`
	At     Nanos        `json:"at"`
}

// Poll is one poll of a client that polls within its own transactions; it stands
// before the observations of its range. Of other sessions, Observation.First tells
// where a poll begins, which costs nothing.
type Poll struct {
	Session   uint32 `json:"session"`
	Tx        uint64 `json:"tx,omitempty"` // in which it polled
	Partition int32  `json:"partition"`
	From      int64  `json:"from"`
	To        int64  `json:"to"` // exclusive
	At        Nanos  `json:"at"`
}

// Rebalance is a change of a consumer's assignment.
type Rebalance struct {
	Session  uint32  `json:"session,omitempty"`
	Group    string  `json:"group,omitempty"`
	Member   string  `json:"member,omitempty"`
	Assigned []int32 `json:"assigned"`
	At       Nanos   `json:"at"`
}

// CommittedOffset is a group's committed offset as seen by the harness.
type CommittedOffset struct {
	Group     string `json:"group"`
	Topic     string `json:"topic"`
	Partition int32  `json:"partition"`
	Offset    int64  `json:"offset"`
	At        Nanos  `json:"at"`
}

// Fence is one marker record of the harness: sent into an input partition, or
// seen in a sink.
type Fence struct {
	Partition int32  `json:"partition"`      // of the input
	Sink      string `json:"sink,omitempty"` // empty when sent
	Round     int    `json:"round"`
	At        Nanos  `json:"at"`
}

// FaultPhase is a step of a fault's life.
type FaultPhase string

// The legal order of phases; Failed may stand in for any of them.
const (
	FaultAwaited  FaultPhase = "awaited"   // what it waits for has come
	FaultResolved FaultPhase = "resolved"  // targets are known
	FaultInjected FaultPhase = "injected"  // the injector was asked
	FaultInEffect FaultPhase = "in-effect" // the victim's side shows it
	FaultHealing  FaultPhase = "healing"   // the healing was asked
	FaultHealed   FaultPhase = "healed"    // the victim's side shows that it is over
	FaultFailed   FaultPhase = "failed"    // the phase named in Error did not happen

	// FaultRoleMoved may come between any two of them.
	FaultRoleMoved FaultPhase = "role-moved" // a role that the fault was aimed at is another node's now
)

// Fault is one phase of one fault of the plan.
type Fault struct {
	Step     int        `json:"step"` // index in the plan
	Name     string     `json:"name"` // kill, pause, cut, ...
	Targets  []string   `json:"targets,omitempty"`
	Phase    FaultPhase `json:"phase"`
	Evidence Evidence   `json:"evidence,omitzero"`
	Error    string     `json:"error,omitempty"`
	At       Nanos      `json:"at"`
}

// Evidence is what the victim's side showed, never what the injector returned.
type Evidence struct {
	Shown bool           `json:"shown"`           // the effect was seen
	Text  string         `json:"text,omitempty"`  // one clause for people: "exited with signal 9 after 12 ms"
	Facts map[string]any `json:"facts,omitempty"` // the measured numbers, units in the names
}

// Sample is one measured value.
type Sample struct {
	Name  string  `json:"name"` // with its unit: lag_records, sent_records, start_ms
	Of    string  `json:"of,omitempty"`
	Value float64 `json:"value"`
	At    Nanos   `json:"at"`
}

// Signal is what a node under test told of itself.
type Signal struct {
	Of   string `json:"of"`             // the node
	Name string `json:"name"`           // what kind: state, rebalance, exception, checkpoint
	Text string `json:"text,omitempty"` // what of it, in a few words
	At   Nanos  `json:"at"`             // by the node's own clock, where it told the time
}

// Phase marks the progress of the run: up, warm, load, faults, drain, read.
type Phase struct {
	Name string `json:"name"`
	At   Nanos  `json:"at"`
}

// Drain is how the run decided that nothing more would come. Exactly one stands
// in a complete history.
type Drain struct {
	Complete bool   `json:"complete"` // the expected set was seen whole
	Drained  bool   `json:"drained"`  // complete, or fences out and lag 0 and quiet
	Moving   bool   `json:"moving"`   // new sightings within the quiet time before the deadline
	Fences   bool   `json:"fences"`   // every pair that must carry a fence did
	Lag      int64  `json:"lag"`      // records between the groups' offsets and the end; -1 unknown
	Reason   string `json:"reason,omitempty"`
	At       Nanos  `json:"at"`
}

// Versions tells what ran besides what the header names: what is known only once
// the topology is up.
type Versions struct {
	Of map[string]string `json:"of"` // broker, engine, images, ...
	At Nanos             `json:"at"`
}

// End is the last record of a history that was not cut off.
type End struct {
	Interrupted bool  `json:"interrupted,omitempty"`
	At          Nanos `json:"at"`
}

// Record is one decoded record. Only the field that Kind names is meaningful;
// rare kinds are in Body and decoded by As.
type Record struct {
	Intent      Intent
	Kind        Kind
	Observation Observation
	Outcome     Outcome
	Body        json.RawMessage // valid until the next call of Reader.Next
}
