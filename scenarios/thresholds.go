package scenarios

import "time"

// Thresholds are limits on how well a run did, apart from its guarantee: one that is
// missed makes a run fail that kept all it promised. A zero sets no limit.
type Thresholds struct {
	Recovery   time.Duration `yaml:"recovery"`   // the longest of all faults
	Lag        int64         `yaml:"lag"`        // records acknowledged and not yet seen, at most
	Latency    time.Duration `yaml:"latency"`    // 99th percentile from the intended time to the sink
	Throughput Rate          `yaml:"throughput"` // records a second through to the sink while the load lasted, at least
}

// PlanThresholds are Thresholds as the plan stores them.
type PlanThresholds struct {
	Recovery   time.Duration `json:"recovery_ns,omitempty"`
	Lag        int64         `json:"lag,omitempty"`
	Latency    time.Duration `json:"latency_ns,omitempty"`
	Throughput float64       `json:"throughput,omitempty"`
}

func (t Thresholds) plan() PlanThresholds {
	return PlanThresholds{Recovery: t.Recovery, Lag: t.Lag, Latency: t.Latency, Throughput: float64(t.Throughput)}
}

func (s *Scenario) completeThresholds(Vocabulary) error {
	t := s.Thresholds
	switch {
	case t.Recovery < 0 || t.Latency < 0:
		return s.wrong("thresholds", "a limit of time is above 0")
	case t.Lag < 0:
		return s.wrong("thresholds.lag", "a limit of lag is a number of records above 0")
	case t.Throughput == Max:
		return s.wrong("thresholds.throughput", "a floor of throughput is written as 500/s")
	case t.Recovery > 0 && len(s.Faults)+len(s.Draws) == 0:
		return s.wrong("thresholds.recovery", "there is no fault to recover from")
	case t.Throughput > 0 && s.Workload.Rate > 0 && t.Throughput > s.Workload.Rate:
		return s.wrong("thresholds.throughput", "%g/s cannot come through where %g/s are offered", float64(t.Throughput), float64(s.Workload.Rate))
	}
	return nil
}
