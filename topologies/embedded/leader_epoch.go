package embedded

import (
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// answerLeaderEpochs answers OffsetForLeaderEpoch (KIP-320) as a broker does
// whose log ends in the epoch asked for. kfake itself answers "unknown" when a
// leader has moved and nothing was written since; clients take that for a lost
// log and rewind, which would look like duplicates.
func answerLeaderEpochs(c *kfake.Cluster) {
	c.ControlKey(int16(kmsg.OffsetForLeaderEpoch), func(r kmsg.Request) (kmsg.Response, error, bool) {
		c.KeepControl()
		req, ok := r.(*kmsg.OffsetForLeaderEpochRequest)
		if !ok {
			return nil, nil, false
		}
		resp := req.ResponseKind().(*kmsg.OffsetForLeaderEpochResponse)
		for _, t := range req.Topics {
			topic := kmsg.NewOffsetForLeaderEpochResponseTopic()
			topic.Topic = t.Topic
			for _, p := range t.Partitions {
				answer := kmsg.NewOffsetForLeaderEpochResponseTopicPartition()
				answer.Partition = p.Partition
				info := c.PartitionInfo(t.Topic, p.Partition)
				switch {
				case info == nil:
					answer.ErrorCode = kerr.UnknownTopicOrPartition.Code
				case info.Leader != c.CurrentNode():
					answer.ErrorCode = kerr.NotLeaderForPartition.Code
				case p.CurrentLeaderEpoch >= 0 && p.CurrentLeaderEpoch < info.Epoch:
					answer.ErrorCode = kerr.FencedLeaderEpoch.Code
				case p.CurrentLeaderEpoch > info.Epoch:
					answer.ErrorCode = kerr.UnknownLeaderEpoch.Code
				default:
					answer.LeaderEpoch, answer.EndOffset = info.Epoch, info.HighWatermark
				}
				topic.Partitions = append(topic.Partitions, answer)
			}
			resp.Topics = append(resp.Topics, topic)
		}
		return resp, nil, true
	})
}
