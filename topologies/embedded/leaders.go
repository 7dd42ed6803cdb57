package embedded

import (
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// spreadLeaders gives partition p of every new topic to broker p mod n, counted
// from broker 1, as Kafka spreads leaders evenly. kfake draws them without a
// seed and may leave a broker without any: a run could not be replayed, and a
// cut of that broker would break nothing.
func spreadLeaders(c *kfake.Cluster, n int32) {
	c.ControlKey(int16(kmsg.CreateTopics), func(r kmsg.Request) (kmsg.Response, error, bool) {
		if req, ok := r.(*kmsg.CreateTopicsRequest); ok && !req.ValidateOnly {
			for _, t := range req.Topics {
				c.Control(spreadOnce(c, t.Topic, n))
			}
		}
		return nil, nil, false
	})
}

// spreadOnce moves the leaders of a topic before the first request that can see
// the topic. The request that creates it passes here too, too early.
func spreadOnce(c *kfake.Cluster, topic string, n int32) func(kmsg.Request) (kmsg.Response, error, bool) {
	return func(r kmsg.Request) (kmsg.Response, error, bool) {
		if _, creates := r.(*kmsg.CreateTopicsRequest); creates {
			return nil, nil, false
		}
		c.DropControl()
		for _, p := range c.PartitionInfos(topic) {
			// A topic that has records existed before and keeps its leaders. A
			// partition that is gone meanwhile needs none.
			if p.HighWatermark == 0 && p.Leader != p.Partition%n+1 {
				_ = c.MoveTopicPartition(topic, p.Partition, p.Partition%n+1)
			}
		}
		return nil, nil, false
	}
}
