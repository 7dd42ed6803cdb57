package report

import "surety/checker"

// lookAt says where a breach of this class and origin is usually made. It is a
// hint, never a finding.
func lookAt(c checker.Class, o checker.Origin) string {
	switch {
	case c == checker.LostWrite || c == checker.InconsistentOffsets || c == checker.Unseen:
		return "the acknowledgements of this log: its replicas, their minimum in sync, unclean elections"
	case c == checker.Duplicate:
		return "the producer: its idempotence and its retries"
	case c == checker.OffsetRegression:
		return "the consumer: commits of a member that lost its partitions, and restarts from older offsets"
	case c == checker.Vanished || o == checker.AtSink:
		return "the durability of the sink: its replicas, their minimum in sync, unclean elections"
	case c == checker.Lost && o == checker.Processor:
		return "the offset commit: offsets were committed before the output of their records was safe"
	case c == checker.Duplicated && o == checker.Processor:
		return "the offset commit: output was written before, and not in one transaction with, the offsets of its records"
	case c == checker.Reordered && o == checker.Processor:
		return "parallel work on one key, and retries that overtake"
	case c == checker.Lost && o == checker.Ingest:
		return "the acknowledgements of the input: its replicas, their minimum in sync, unclean elections"
	case o == checker.Ingest:
		return "the producer: its idempotence and its retries"
	case c == checker.AbortedRead || c == checker.Torn:
		return "the isolation level of readers, and the timeout of transactions"
	case c == checker.WrongState:
		return "the state and the offsets of the processor: one of them was restored from before or behind the other"
	case c == checker.Regressed:
		return "writes of a member that is no longer the owner, and replays that no version guards against"
	case c == checker.Misrouted:
		return "the predicate or the partitioner of the processor"
	case c == checker.Late:
		return "session and transaction timeouts: they bound how long a dead member holds records back"
	case c == checker.Unavailable:
		return "what fences, refuses or aborts the driver's records: producers that share a transactional id, too few replicas in sync"
	case c == checker.Stuck:
		return "the logs of the processors: what they waited for"
	}
	return ""
}
