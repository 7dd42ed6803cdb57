package checker

import (
	"time"

	"surety/checker/history"
)

// Delivery is how often a record may come out.
type Delivery string

// The three delivery guarantees.
const (
	AtMostOnce  Delivery = "at-most-once"
	AtLeastOnce Delivery = "at-least-once"
	ExactlyOnce Delivery = "exactly-once"
)

// Deliveries lists them from weak to strong.
var Deliveries = []Delivery{AtMostOnce, AtLeastOnce, ExactlyOnce}

// Order is what is promised about the order of records.
type Order string

// Order per key, or none.
const (
	OrderNone Order = "none"
	OrderKey  Order = "key"
)

// Guarantee is what the user declared for one sink.
type Guarantee struct {
	Delivery Delivery `json:"delivery"`
	Order    Order    `json:"order"`
	// Atomicity of transactions: torn transactions and aborted reads break it.
	// Exactly-once implies it.
	Atomicity bool `json:"atomicity,omitempty"`
	// State says when an older value may not replace a newer one.
	State State `json:"state,omitempty"`
	// Routing says that the partition of an output is settled.
	Routing Routing `json:"routing,omitempty"`
	// Recovery is how long after the last fault was healed everything sent before
	// must have come out; 0 = no matter when.
	Recovery time.Duration `json:"recovery_ns,omitempty"`
	// Preserve: outputs have the headers or the correlation id that went in, as the
	// sink's reader compares them.
	Preserve bool `json:"preserve,omitempty"`
	// Accepted is the least share of the attempts that must be acknowledged, above 0
	// and at most 1; 0 = any.
	Accepted float64 `json:"accepted,omitempty"`
}

// State is what is promised about the values that a key takes in a table.
type State string

// What a declared state asks for; exactly-once implies StateFinal.
const (
	StateFinal     State = "final"     // the last value is none that a newer one had replaced
	StateMonotonic State = "monotonic" // and so is every value while the run goes on
)

// States lists them.
var States = []State{StateFinal, StateMonotonic}

// Routing is what is promised about the partition of an output.
type Routing string

// RoutingKey is the partition that Kafka's default partitioner gives for its key.
const RoutingKey Routing = "key"

// Routings lists them.
var Routings = []Routing{RoutingKey}

// Class is one kind of finding at a sink. See Breaks for which guarantee it breaks.
type Class string

// The classes that are judged. Legal ones are counted as well.
const (
	Lost           Class = "lost"
	Vanished       Class = "vanished" // tailed, absent from the final read
	Duplicated     Class = "duplicated"
	Reordered      Class = "reordered"
	Phantom        Class = "phantom"
	Corrupted      Class = "corrupted"
	Inconsistent   Class = "inconsistent"
	FailedAppeared Class = "failed-appeared"
	AbortedRead    Class = "aborted-read"
	Torn           Class = "torn"
	Misrouted      Class = "misrouted"
	Late           Class = "late" // first seen after the recovery deadline
	Regressed      Class = "regressed"
	WrongState     Class = "wrong-state" // a result that no legal set of inputs gives
	Altered        Class = "altered"     // its headers or correlation id are not those that went in
	Differed       Class = "differed"    // another content than the sink that must equal this one
	Stuck          Class = "stuck"
	Unavailable    Class = "unavailable"   // attempts that were acknowledged too few, against the share that is declared
	Recovered      Class = "recovered"     // unknown and sighted: legal
	Absent         Class = "absent"        // unknown and not sighted: legal
	Reread         Class = "reread"        // the same stored record again: legal
	Split          Class = "split"         // a key in two partitions: evidence only
	DeadLettered   Class = "dead-lettered" // not at the output, but in a dead-letter sink: legal
	DroppedLate    Class = "dropped-late"  // came after its window had closed for certain: legal
)

// The classes of a log by itself, under the names that Jepsen's Kafka workload
// gave them; see logFold. AbortedRead and FailedAppeared, together its G1a, are
// judged of a log as well.
const (
	InconsistentOffsets Class = "inconsistent-offsets"  // one offset with two values
	Duplicate           Class = "duplicate"             // one value at more offsets than it was acknowledged for
	LostWrite           Class = "lost-write"            // acknowledged below the highest offset read, never returned
	Unseen              Class = "unseen"                // acknowledged above it
	PrecommittedRead    Class = "precommitted-read"     // a transaction polled its own uncommitted write
	PollSkip            Class = "poll-skip"             // a session passed over a known record between two polls
	IntPollSkip         Class = "int-poll-skip"         // within one poll
	NonmonotonicPoll    Class = "nonmonotonic-poll"     // a session did not go forward between two polls
	IntNonmonotonicPoll Class = "int-nonmonotonic-poll" // within one poll
	NonmonotonicSend    Class = "nonmonotonic-send"     // a writer's next send did not get a higher offset
	IntNonmonotonicSend Class = "int-nonmonotonic-send" // within one transaction
	OffsetRegression    Class = "offset-regression"     // a group's committed offset went back
)

// Keyless tells the classes that are of a whole run and not of one record.
func (c Class) Keyless() bool { return c == Stuck || c == Unavailable }

// Place says where in its key a lost record stood.
type Place string

// The four places of a loss.
const (
	Whole  Place = "whole"  // the key has no sighting
	Prefix Place = "prefix" // below the key's lowest sighted sequence
	Suffix Place = "suffix" // above the highest
	Middle Place = "middle"
)

// Origin says who made a finding.
type Origin string

// The three origins.
const (
	Ingest    Origin = "ingest"    // between the driver and the input log
	Processor Origin = "processor" // between the input log and the sink
	AtSink    Origin = "sink"      // stored in the sink, and gone or changed there
)

// Answer is the verdict in one word.
type Answer string

// The three answers. Not checked is never Upheld.
const (
	Upheld       Answer = "upheld"
	Violated     Answer = "violated"
	Inconclusive Answer = "inconclusive"
)

// Spec is what a history is judged against. It comes from the stored plan.
type Spec struct {
	Sinks []SinkSpec `json:"sinks"`
	// InputPartitions is how many there are; 0 = not known.
	InputPartitions int32       `json:"input_partitions,omitempty"`
	Faults          []FaultSpec `json:"faults,omitempty"` // in plan order; the index is history.Fault.Step
	Floors          Floors      `json:"floors,omitzero"`
}

// SinkSpec is one sink with what it must keep.
type SinkSpec struct {
	Name      string    `json:"name"` // as in history.Session.Sink
	Role      Role      `json:"role,omitempty"`
	Oracle    string    `json:"oracle"` // what the processor is meant to do, see Oracles
	Params    Params    `json:"params,omitzero"`
	Guarantee Guarantee `json:"guarantee"`
	// Partitions of the sink, for Guarantee.Routing.
	Partitions int32 `json:"partitions,omitempty"`
	// Equals names the sink whose content this one must have.
	Equals string `json:"equals,omitempty"`
}

// Role is what a sink is for.
type Role string

// The four roles; none is RoleOutput.
const (
	RoleOutput       Role = "output"
	RoleSubscription Role = "subscription" // what a subscriber was given
	RoleDeadLetter   Role = "dead-letter"  // accounts for records that could not be processed; none must come
	RoleEffects      Role = "effects"      // what the processor did to the world outside
)

// Roles lists them.
var Roles = []Role{RoleOutput, RoleSubscription, RoleDeadLetter, RoleEffects}

// FaultSpec is one planned fault.
type FaultSpec struct {
	Name  string `json:"name"`
	Label string `json:"label"`           // for people: kill processor-1
	Drawn bool   `json:"drawn,omitempty"` // from the seed: half of these must act; of declared ones all
}

// Floors are the least amounts of evidence below which nothing is upheld.
type Floors struct {
	RecordsInFault int64 `json:"records_in_fault,omitempty"` // offered inside fault windows
	Records        int64 `json:"records,omitempty"`          // ok attempts in all
}

// Finding is one breach or one legal oddity, with what a person needs to follow it.
type Finding struct {
	Class     Class         `json:"class"`
	Place     Place         `json:"place,omitempty"`  // of a loss
	Origin    Origin        `json:"origin,omitempty"` // who made it
	Sink      string        `json:"sink"`
	Key       string        `json:"key"`
	Seq       int64         `json:"seq"`
	Index     int32         `json:"index,omitempty"`
	Attempt   *AttemptRef   `json:"attempt,omitempty"`
	Result    *ResultRef    `json:"result,omitempty"`    // where outputs are results: Seq means nothing
	Sightings []Sighting    `json:"sightings,omitempty"` // in sink order, at most four
	Faults    []int         `json:"faults,omitempty"`    // steps whose window holds or precedes it
	InFault   bool          `json:"in_fault"`            // in or after the first fault's window
	Note      string        `json:"note,omitempty"`
	At        history.Nanos `json:"at"` // when it happened, as well as is known
}

// AttemptRef is the attempt behind a finding and where the input log holds it.
type AttemptRef struct {
	Outcome   string        `json:"outcome"` // ok, failed, unknown
	At        history.Nanos `json:"at"`
	Partition int32         `json:"partition"`
	Offset    int64         `json:"offset"`
}

// ResultRef is the value behind a finding and what it may be at the end.
type ResultRef struct {
	Window int64  `json:"window_ms,omitempty"` // where its window begins, since the epoch
	Value  int64  `json:"value"`               // 0 where nothing came out
	Low    int64  `json:"low"`
	High   *int64 `json:"high,omitempty"` // none = no bound
}

// Sighting is one observation behind a finding.
type Sighting struct {
	Partition int32         `json:"partition"`
	Offset    int64         `json:"offset"`
	At        history.Nanos `json:"at"`
}

// Verdict is the judgement of one history.
type Verdict struct {
	Answer   Answer        `json:"verdict"`
	Reasons  []Reason      `json:"reasons,omitempty"` // why it is not upheld, worst first
	Sinks    []SinkVerdict `json:"sinks"`
	Examined Examined      `json:"examined"`
	Faults   []FaultResult `json:"faults,omitempty"`
	Logs     []LogVerdict  `json:"logs,omitempty"`    // each log by itself
	CutOff   bool          `json:"cut_off,omitempty"` // the history has no end
}

// Reason is one cause of a verdict that is not upheld, and what to change.
type Reason struct {
	Text string `json:"text"`
	Try  string `json:"try,omitempty"`
}

// SinkVerdict is the judgement of one sink.
type SinkVerdict struct {
	Sink      string           `json:"sink"`
	Guarantee Guarantee        `json:"guarantee"`
	Answer    Answer           `json:"verdict"`
	Counts    map[Class]int64  `json:"counts"`   // every class that was judged, zero included
	Breaks    map[Class]int64  `json:"breaks"`   // those of Counts that break the guarantee
	InFault   map[Class]int64  `json:"in_fault"` // of Breaks, in or after a fault's window
	Places    map[Place]int64  `json:"places,omitempty"`
	Origins   map[Origin]int64 `json:"origins,omitempty"`
	Keys      map[Class]int64  `json:"keys,omitempty"`     // how many keys each class touched
	Findings  []Finding        `json:"findings,omitempty"` // the first few of each class
	NotJudged []Class          `json:"not_judged,omitempty"`
}

// Examined says how much evidence there was.
type Examined struct {
	Attempts     int64 `json:"attempts"`
	OK           int64 `json:"ok"`
	Failed       int64 `json:"failed"`
	Unknown      int64 `json:"unknown"`
	Observations int64 `json:"observations"` // of final reads
	InputRead    bool  `json:"input_read"`   // the input log resolved the attempts
	InFault      int64 `json:"offered_in_faults"`
	Drained      bool  `json:"drained"`
}

// FaultResult is what the history shows of one planned fault.
type FaultResult struct {
	Step     int                `json:"step"`
	Label    string             `json:"label"`
	Drawn    bool               `json:"drawn,omitempty"` // from the seed: where it was not shown to act it does not count
	Targets  []string           `json:"targets,omitempty"`
	Shown    bool               `json:"shown"`
	Evidence []history.Evidence `json:"evidence,omitempty"`
	From     history.Nanos      `json:"from"`
	To       history.Nanos      `json:"to"`
	Offered  int64              `json:"offered"`            // attempts inside the window
	Recovery history.Nanos      `json:"recovery,omitempty"` // injection to the first record offered after it, at the last partition to give one; 0 = not seen
	// Recoveries are those of the single partitions, of several sinks the longest; one
	// that is missing gave no such record.
	Recoveries map[int32]history.Nanos `json:"recoveries,omitempty"`
	Error      string                  `json:"error,omitempty"`
}

// Judged lists the classes that a scenario may expect, in the order of reports.
var Judged = []Class{
	Lost, Vanished, Duplicated, Reordered, Phantom, Corrupted, Inconsistent, FailedAppeared,
	AbortedRead, Torn, Misrouted, Stuck, Unavailable, WrongState, Regressed, Late, Altered, Differed,
	LostWrite, InconsistentOffsets, Duplicate,
}
