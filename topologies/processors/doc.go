// Package processors holds small stream processors that read one Kafka topic,
// leave key, value and headers as they are, and write another. Some keep the
// guarantee that they declare; the planted ones break it under one named fault,
// so that a judge can show that it catches them.
//
// They run as processes of their own and are told everything by environment
// variables (see ConfigFromEnv), as any program under test is.
//
//	planted                     declares           fault  shows       why it always shows
//	commit-before-processing    at-least-once      kill   lost        records wait 300 ms for their work after the commit; under load some always do
//	async-auto-commit           at-least-once      kill   lost        the automatic commit comes within 100 ms, the workers are done after 800 ms
//	commit-without-flush        at-least-once      kill   lost        output waits 300 ms in a buffer, its offsets do not
//	offsets-outside-transaction exactly-once       kill   duplicated  each commit stays behind the newest committed output by 250 ms or more
//	forgetful-dedup             exactly-once       kill   duplicated  the same, and the set of written records dies with the process
//	zombie-transactional-id     exactly-once       pause  duplicated  some records are always in hand; nothing fences the one that resumes with them
//	no-rewind-after-abort       exactly-once       cut    lost        a transaction every 250 ms takes no more than a few: the next one falls into the cut, is aborted, and never read again
//	stealing-workers            at-least-once, key lag    reordered   synchronous workers fall behind at any lag; newer records pass the queue
//
// The faults, on at least one of two instances while 200 records a second or more
// flow through it (under lag 400):
//
//	kill   SIGKILL, and a start 0.5 s later.
//	pause  SIGSTOP for twice the session timeout or more, less than the transaction
//	       timeout, with load that goes on after the SIGCONT.
//	cut    all links hold their bytes for 4 s or more (1 s above the patience), and
//	       for less than the session timeout minus two heartbeats: a member that
//	       has lost its partitions reads them again from the committed offset.
//	lag    200 ms or more added to each round trip, for 3 s or more.
package processors
