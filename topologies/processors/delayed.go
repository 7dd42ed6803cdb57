package processors

import (
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// delayed holds polled records until their work is done, a fixed time after the
// poll, as a call to another service would. While records flow it is never empty.
type delayed struct {
	work    time.Duration
	batches []heldBatch
}

// idleWait bounds a poll where nothing is due.
const idleWait = 100 * time.Millisecond

type heldBatch struct {
	records []*kgo.Record
	due     time.Time
}

func (d *delayed) add(records []*kgo.Record) {
	if len(records) > 0 {
		d.batches = append(d.batches, heldBatch{records, time.Now().Add(d.work)})
	}
}

// due takes the records whose work is done, in order.
func (d *delayed) due() []*kgo.Record {
	var records []*kgo.Record
	now := time.Now()
	for len(d.batches) > 0 && !d.batches[0].due.After(now) {
		records = append(records, d.batches[0].records...)
		d.batches = d.batches[1:]
	}
	return records
}

// take takes everything.
func (d *delayed) take() []*kgo.Record {
	var records []*kgo.Record
	for _, b := range d.batches {
		records = append(records, b.records...)
	}
	d.batches = nil
	return records
}

// wait is how long a poll may take until the next record is due; at least a
// millisecond, since 0 means for ever.
func (d *delayed) wait() time.Duration {
	if len(d.batches) == 0 {
		return idleWait
	}
	return min(idleWait, max(time.Millisecond, time.Until(d.batches[0].due)))
}
