package kafka

import (
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kmsg"
)

func TestAQuorumIsCompleteWhenEveryVoterFollows(t *testing.T) {
	voter := func(id int32, caughtUp int64) kmsg.DescribeQuorumResponseTopicPartitionReplicaState {
		v := kmsg.NewDescribeQuorumResponseTopicPartitionReplicaState()
		v.ReplicaID, v.LastCaughtUpTimestamp = id, caughtUp
		return v
	}
	type voters []kmsg.DescribeQuorumResponseTopicPartitionReplicaState
	const now = 1_800_000_000_000
	for _, tt := range []struct {
		why    string
		voters voters
		want   string // empty = complete
	}{
		{"all are at the end", voters{voter(1, now), voter(2, now-20), voter(3, now-500)}, ""},
		{"brokers that do not tell", voters{voter(1, -1), voter(2, -1), voter(3, -1)}, ""},
		{"a leader whose own time is not given", voters{voter(1, -1), voter(2, now), voter(3, now-10)}, ""},
		{"a voter is missing", voters{voter(1, now), voter(2, now)}, "2 of 3 voters"},
		{"one stands still", voters{voter(1, now), voter(2, now), voter(3, now-8200)}, "controller 3 is 8.2s behind"},
		{"one never came", voters{voter(1, now), voter(2, -1), voter(3, now)}, "controller 2 has not joined"},
	} {
		q := kmsg.NewDescribeQuorumResponseTopicPartition()
		q.LeaderID, q.CurrentVoters = 1, tt.voters
		err := complete(&q, 3)
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", tt.why, err, tt.want)
		}
	}
}

func TestBrokersWithoutAQuorumLackNone(t *testing.T) {
	_, e := cluster(t) // the emulation has none
	if err := admin(t, e).Quorum(bounded(t), 3); err != nil {
		t.Error(err)
	}
}
