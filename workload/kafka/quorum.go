package kafka

import (
	"context"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

const (
	describeQuorumKey = 55
	metadataTopic     = "__cluster_metadata"
)

// hasQuorum tells whether the brokers keep their metadata in a quorum (KIP-500) and
// tell of it (KIP-595).
func (a *Admin) hasQuorum(ctx context.Context) (bool, error) {
	// One broker is asked, any one that answers: all would include the dead.
	versions, err := kmsg.NewPtrApiVersionsRequest().RequestWith(ctx, a.cl)
	if err == nil {
		err = kerr.ErrorForCode(versions.ErrorCode)
	}
	if err != nil {
		return false, fmt.Errorf("ask what the brokers can do: %w", err)
	}
	for _, k := range versions.ApiKeys {
		if k.ApiKey == describeQuorumKey {
			return true, nil
		}
	}
	return false, nil
}

// describeQuorum asks the quorum's leader for its voters.
func (a *Admin) describeQuorum(ctx context.Context) (*kmsg.DescribeQuorumResponseTopicPartition, error) {
	topic := kmsg.NewDescribeQuorumRequestTopic()
	topic.Topic = metadataTopic
	topic.Partitions = []kmsg.DescribeQuorumRequestTopicPartition{kmsg.NewDescribeQuorumRequestTopicPartition()}
	req := kmsg.NewPtrDescribeQuorumRequest()
	req.Topics = append(req.Topics, topic)
	resp, err := req.RequestWith(ctx, a.cl)
	if err != nil {
		return nil, fmt.Errorf("ask for the metadata quorum: %w", err)
	}
	for _, t := range resp.Topics {
		for _, p := range t.Partitions {
			if p.ErrorCode == 0 && p.LeaderID >= 0 {
				return &p, nil
			}
		}
	}
	return nil, fmt.Errorf("the metadata quorum has no leader: %w", errVacant)
}

// behind is how long a voter that keeps up may not have had the end of the log: the
// leader appends to it twice a second when nothing else does.
const behind = 3 * time.Second

// Quorum returns nil if the brokers keep no metadata quorum, or if it has a leader
// and so many voters that follow it; else an error that names the first thing that
// is not so.
func (a *Admin) Quorum(ctx context.Context, voters int) error {
	has, err := a.hasQuorum(ctx)
	if err != nil || !has {
		return err
	}
	q, err := a.describeQuorum(ctx)
	if err != nil {
		return err
	}
	return complete(q, voters)
}

func complete(q *kmsg.DescribeQuorumResponseTopicPartition, voters int) error {
	if len(q.CurrentVoters) < voters {
		return fmt.Errorf("the metadata quorum has %d of %d voters", len(q.CurrentVoters), voters)
	}
	now := int64(0) // of the leader: each voter's time is measured on its clock
	for _, v := range q.CurrentVoters {
		now = max(now, v.LastCaughtUpTimestamp)
	}
	for _, v := range q.CurrentVoters {
		switch {
		case v.ReplicaID == q.LeaderID, now <= 0: // brokers before KIP-836 do not tell
		case v.LastCaughtUpTimestamp < 0:
			return fmt.Errorf("controller %d has not joined the metadata quorum", v.ReplicaID)
		case now-v.LastCaughtUpTimestamp > behind.Milliseconds():
			return fmt.Errorf("controller %d is %s behind in the metadata quorum", v.ReplicaID,
				(time.Duration(now-v.LastCaughtUpTimestamp) * time.Millisecond).Round(100*time.Millisecond))
		}
	}
	return nil
}
