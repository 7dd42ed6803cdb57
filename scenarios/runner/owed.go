package runner

import (
	"surety/checker"
	"surety/workload"
	"surety/workload/kafka"
)

// tracker awaits what the sink owes of each record; of dead letters, nothing.
func (e *execution) tracker(sink int) *workload.Tracker {
	spec := e.plan.Judge.Sinks[sink]
	o, _ := checker.OracleNamed(spec.Oracle)
	if spec.Role != checker.RoleDeadLetter && spec.Params == (checker.Params{}) {
		return workload.NewTracker(e.plan.Load.Records)
	}
	return workload.NewTrackerOf(e.plan.Load.Records, spec.Params.Outputs, func(key string, seq int64) int32 {
		if spec.Role == checker.RoleDeadLetter {
			return 0
		}
		return o.Owes(spec.Params, key, seq)
	})
}

// fencePartition is the partitioner of the input for the keys of fences: those that
// no sequence number gets past some sink are of no use.
func (e *execution) fencePartition() func(key []byte) int32 {
	partition := kafka.Partitioner(e.plan.Input.Partitions)
	return func(key []byte) int32 {
		for _, spec := range e.plan.Judge.Sinks {
			o, _ := checker.OracleNamed(spec.Oracle)
			passes := false
			for round := range int64(fenceRounds) {
				passes = passes || o.Owes(spec.Params, string(key), round) > 0
			}
			if !passes {
				return -1
			}
		}
		return partition(key)
	}
}

// fenceRounds is how many rounds of fences an oracle may hold back.
const fenceRounds = 10
