package kafka

import (
	"context"
	"fmt"
	"maps"
	"slices"
)

// Behind names the first partition of a topic that has a replica out of sync, with
// those that are; it is empty where all are in sync.
func (a *Admin) Behind(ctx context.Context, topic string) (string, error) {
	m, err := a.adm.Metadata(fresh(ctx), topic)
	if err == nil {
		err = m.Topics[topic].Err
	}
	if err != nil {
		return "", fmt.Errorf("ask for the replicas of %s: %w", topic, err)
	}
	partitions := m.Topics[topic].Partitions
	for _, p := range slices.Sorted(maps.Keys(partitions)) {
		if d := partitions[p]; len(d.ISR) < len(d.Replicas) {
			return fmt.Sprintf("partition %s/%d: leader %d, replicas %v, in sync %v", topic, p, d.Leader, d.Replicas, d.ISR), nil
		}
	}
	return "", nil
}
