// Package processors holds small stream processors that read one Kafka topic,
// leave key, value and headers as they are, and write another. Some keep the
// guarantee that they declare; the planted ones break it under one named fault,
// so that a judge can show that it catches them.
//
// They run as processes of their own and are told everything by environment
// variables (see ConfigFromEnv), as any program under test is.
//
//	planted                     declares       fault  shows       why it always shows
//	commit-before-processing    at-least-once  kill   lost        records wait for Work after their commit; under load some always wait
//	async-auto-commit           at-least-once  kill   lost        the automatic commit is quicker than the workers, by Work
//	offsets-outside-transaction exactly-once   kill   duplicated  offsets follow their transactions by one commit interval
//	zombie-transactional-id     exactly-once   pause  duplicated  records in hand at the pause are written by an id that nobody fences
//	no-rewind-after-abort       exactly-once   cut    lost        no transaction ends in time during the cut; what it held is never read again
//	commit-without-flush        at-least-once  kill   lost        accepted output waits for Work in memory, its offsets do not
//	stealing-workers            at-least-once  lag    reordered   synchronous workers fall behind at any lag; newer records pass the queue
//	forgetful-dedup             exactly-once   kill   duplicated  the set of seen records dies with the process, offsets lag by one interval
//
// Under kill one of two instances gets SIGKILL while records flow and starts
// again half a second later. Under pause it gets SIGSTOP for at least twice its
// session timeout, and less than its transaction timeout. Under cut its links
// hold all bytes for longer than Patience, and less than the session timeout
// minus one heartbeat. Under lag its links add 200 ms or more to a round trip for
// 3 s or more. The fault needs about 200 records a second through the instance;
// under lag 500.
package processors
