package kafka

import (
	"context"
	"testing"

	"github.com/twmb/franz-go/pkg/kadm"
)

func TestOtherLeadersThanThePreferredAreFound(t *testing.T) {
	partition := func(leader int32, replicas ...int32) kadm.PartitionDetail {
		return kadm.PartitionDetail{Leader: leader, Replicas: replicas}
	}
	for _, tt := range []struct {
		why        string
		partitions kadm.PartitionDetails
		want       string // the first; empty = none
		more       int    // how many are to be elected
	}{
		{"no partition", nil, "", 0},
		{"all are led by their first replica", kadm.PartitionDetails{0: partition(1, 1, 2, 3), 1: partition(2, 2, 3, 1)}, "", 0},
		{"one is led by a follower", kadm.PartitionDetails{0: partition(1, 1, 2), 1: partition(3, 2, 3)}, "partition log/1 is led by broker 3 and not by broker 2", 1},
		{"two are", kadm.PartitionDetails{0: partition(2, 1, 2), 1: partition(3, 2, 3)}, "partition log/0 is led by broker 2 and not by broker 1", 2},
		{"one has no leader", kadm.PartitionDetails{0: partition(-1, 1, 2)}, "partition log/0 is led by broker -1 and not by broker 1", 1},
		{"one whose replicas are not told", kadm.PartitionDetails{0: partition(1)}, "", 0},
	} {
		m := kadm.Metadata{Topics: kadm.TopicDetails{"log": {Topic: "log", Partitions: tt.partitions}}}
		wrong, first := notPreferred(m)
		got := ""
		if first != nil {
			got = first.Error()
		}
		if got != tt.want || len(wrong["log"]) != tt.more {
			t.Errorf("%s: %q and %v, want %q and %d", tt.why, got, wrong, tt.want, tt.more)
		}
	}
}

func TestPreferredLeadersNeedNoElection(t *testing.T) {
	_, e := cluster(t)
	create(t, e, "log", 3)
	a := admin(t, e)
	if err := a.ElectPreferred(bounded(t)); err != nil {
		t.Error(err)
	}
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	if err := a.ElectPreferred(ended); err == nil {
		t.Error("nobody was asked, and all leaders are preferred")
	}
}
