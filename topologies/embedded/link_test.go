package embedded_test

import (
	"context"
	"testing"

	"github.com/twmb/franz-go/pkg/kadm"

	"surety/topologies"
)

func TestACutOfTheProcessorsIsSeenByThemAndNotByTheObserver(t *testing.T) {
	top, _ := up(t, topologies.ProcessorSpec{Reference: "produce", Instances: 1})
	createTopic(t, top, "out", 3, nil)
	launch(t, top)
	cut := link(t, top, "processor-1", "broker-1")
	adm := kadm.NewClient(client(t, top.Brokers(topologies.Observe)))
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	// written reads over the observer's way how much each broker's partitions hold.
	written := func() map[int32]int64 {
		m, err := adm.Metadata(ctx, "out")
		ok(t, err)
		ends, err := adm.ListEndOffsets(ctx, "out")
		ok(t, err)
		sums := map[int32]int64{}
		ends.Each(func(o kadm.ListedOffset) {
			ok(t, o.Err)
			sums[m.Topics["out"].Partitions[o.Partition].Leader] += o.Offset
		})
		return sums
	}
	until(t, "records of the child at every broker", func() bool {
		w := written()
		return w[1] > 0 && w[2] > 0 && w[3] > 0
	})

	ok(t, cut.(topologies.Holder).Hold(ctx, topologies.Both))
	until(t, "the child's bytes held", func() bool {
		tr := traffic(t, cut)
		return tr.HeldForward+tr.HeldBackward > 0 // one that waits for an answer sends nothing
	})
	if other := traffic(t, link(t, top, "processor-1", "broker-2")); other.HeldForward+other.HeldBackward != 0 {
		t.Errorf("bytes held on the link to another broker: %+v", other)
	}
	written() // the observer passes while the child does not

	before := traffic(t, cut)
	ok(t, cut.(topologies.Holder).Release(ctx, topologies.Both))
	until(t, "the child's bytes delivered", func() bool {
		tr := traffic(t, cut)
		return tr.Forward+tr.Backward > before.Forward+before.Backward
	})
	healed := written()[1]
	until(t, "records of the child at the broker after the heal", func() bool { return written()[1] > healed })
}

func TestEveryInstanceHasLinksOfItsOwn(t *testing.T) {
	top, _ := up(t, topologies.ProcessorSpec{Reference: "idle", Instances: 2}, topologies.ProcessorSpec{Name: "other", Reference: "idle", Instances: 1})
	for _, from := range []string{"processor-1", "processor-2", "other-1", "driver"} {
		for _, to := range []string{"broker-1", "broker-2", "broker-3"} {
			if l := link(t, top, from, to); l.Port() != "kafka" {
				t.Errorf("%s -> %s has port %q", from, to, l.Port())
			}
		}
	}
	if n := len(top.Links()); n != 12 {
		t.Errorf("%d links, want 12", n)
	}
}

func TestOneInstanceIsCutOffAlone(t *testing.T) {
	top, _ := up(t, topologies.ProcessorSpec{Reference: "produce", Instances: 2})
	createTopic(t, top, "out", 3, nil)
	launch(t, top)
	var own []topologies.Link
	for _, to := range []string{"broker-1", "broker-2", "broker-3"} {
		own = append(own, link(t, top, "processor-1", to))
		// All brokers are found through Metadata: its addresses are the instance's own.
		until(t, "records of the first instance at "+to, func() bool { return traffic(t, own[len(own)-1]).Forward > 1000 })
	}
	for _, l := range own {
		ok(t, l.(topologies.Holder).Hold(t.Context(), topologies.Both))
	}
	before, other := traffic(t, own[0]).Forward, traffic(t, link(t, top, "processor-2", "broker-1")).Forward
	until(t, "the other instance goes on", func() bool {
		return traffic(t, link(t, top, "processor-2", "broker-1")).Forward > other+1000
	})
	if now := traffic(t, own[0]).Forward; now != before {
		t.Errorf("%d bytes of the instance that is cut off came through", now-before)
	}
	for _, l := range own {
		ok(t, l.(topologies.Holder).Release(t.Context(), topologies.Both))
	}
	until(t, "the instance goes on", func() bool { return traffic(t, own[0]).Forward > before })
}
