package kafka

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
)

// ElectPreferred makes the first replica of every partition its leader again
// (KIP-460) and returns nil when all of them lead; else an error that names the
// first that does not.
func (a *Admin) ElectPreferred(ctx context.Context) error {
	m, err := a.adm.Metadata(fresh(ctx))
	if err != nil {
		return fmt.Errorf("ask for the leaders: %w", err)
	}
	wrong, first := notPreferred(m)
	if first == nil {
		return nil
	}
	results, err := a.adm.ElectLeaders(ctx, kadm.ElectPreferredReplica, wrong)
	if err != nil {
		return fmt.Errorf("%w; electing it failed: %w", first, err)
	}
	for _, parts := range results {
		for _, r := range parts {
			if r.Err != nil && !errors.Is(r.Err, kerr.ElectionNotNeeded) {
				return fmt.Errorf("partition %s/%d could not be given its preferred leader: %w", r.Topic, r.Partition, r.Err)
			}
		}
	}
	return first // the next look sees whether it helped
}

// notPreferred finds the partitions that another replica than their first one leads.
func notPreferred(m kadm.Metadata) (wrong kadm.TopicsSet, first error) {
	wrong = kadm.TopicsSet{}
	for _, name := range slices.Sorted(maps.Keys(m.Topics)) {
		parts := m.Topics[name].Partitions
		for _, p := range slices.Sorted(maps.Keys(parts)) {
			d := parts[p]
			if len(d.Replicas) == 0 || d.Leader == d.Replicas[0] {
				continue
			}
			wrong.Add(name, p)
			if first == nil {
				first = fmt.Errorf("partition %s/%d is led by broker %d and not by broker %d", name, p, d.Leader, d.Replicas[0])
			}
		}
	}
	return wrong, first
}
