package runner

// The names of the samples that the runner takes, with their units.
const (
	// startMS is from the beginning of a scenario to its topics, on a new cluster.
	startMS = "start_ms"
	// reuseMS is the same on a cluster that served an earlier scenario.
	reuseMS = "reuse_ms"
	// leaveMS is the removal of the processors from a cluster that goes on.
	leaveMS = "leave_ms"
	// tearDownMS is the removal of everything.
	tearDownMS = "tear_down_ms"
	// wholeMS is how long the cluster took to be whole; of tells when: before the
	// scenario, after a fault, at its end.
	wholeMS = "whole_ms"
	// notWholeMS is how long it was waited for in vain.
	notWholeMS = "not_whole_ms"

	latencyP50MS      = "latency_p50_ms"
	latencyP99MS      = "latency_p99_ms"
	latencyMaxMS      = "latency_max_ms"
	lateRecords       = "late_records"
	historyWaitMS     = "history_wait_ms"
	notStartedRecords = "not_started_records"
	lagRecords        = "lag_records"
	groupMembers      = "group_members"
	// exitCode is that of a processor that had ended by itself when the drain was over.
	exitCode = "exit_code"

	// Of a sink that takes effects: those that were applied, requests whose idempotency
	// key was known, and effects whose answer was lost on purpose.
	effectsApplied    = "effects_applied"
	effectsRepeated   = "effects_repeated"
	effectsUnanswered = "effects_unanswered"
)
