package processors

import (
	"context"
	"errors"
	"fmt"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/kversion"
)

// member is a group member as a transaction's offsets name it (KIP-447). The zero
// generation check is asked for by the empty id and -1.
type member struct {
	id         string
	generation int32
}

var nobody = member{generation: -1}

// transact writes the outputs in one transaction and ends it. The step inside
// runs before the commit. An error within the context's time aborts; the abort
// itself takes as long as it needs. aborted tells whether the abort is known to
// have happened; an error without it leaves the client unusable.
func transact(ctx context.Context, cfg Config, cl *kgo.Client, records []*kgo.Record, inside func(context.Context) error) (aborted bool, err error) {
	if err := cl.BeginTransaction(); err != nil {
		return false, fmt.Errorf("begin transaction: %w", err)
	}
	end, cancel := finishing(ctx)
	defer cancel()
	err = writeAll(ctx, cfg, cl, records)
	if err == nil && inside != nil {
		err = inside(ctx)
	}
	if err == nil {
		if err = cl.EndTransaction(end, kgo.TryCommit); err != nil {
			return false, fmt.Errorf("commit transaction: %w", err)
		}
		return false, nil
	}
	if failed := cl.AbortBufferedRecords(end); failed != nil {
		return false, fmt.Errorf("abort buffered records: %w", failed)
	}
	if failed := cl.EndTransaction(end, kgo.TryAbort); failed != nil {
		return false, fmt.Errorf("abort transaction: %w", failed)
	}
	return true, err
}

// writeAll sends the outputs and waits, within the context's time, until all are
// acknowledged.
func writeAll(ctx context.Context, cfg Config, cl *kgo.Client, records []*kgo.Record) error {
	outputs := transform(cfg, records)
	failed := make(chan error, len(outputs))
	for _, r := range outputs {
		// Not ctx: a record that the client gave up alone would leave a hole in the
		// sequence. The abort takes all of them.
		cl.Produce(context.WithoutCancel(ctx), r, func(_ *kgo.Record, err error) { failed <- err })
	}
	if err := cl.Flush(ctx); err != nil {
		return fmt.Errorf("flush: %w", err)
	}
	for range outputs {
		if err := <-failed; err != nil {
			return fmt.Errorf("produce to %s: %w", cfg.Output, err)
		}
	}
	return nil
}

// withRawTransactions pins the versions of the requests that commitInTransaction
// builds by hand: later ones name topics by id.
func withRawTransactions() kgo.Opt { return kgo.MaxVersions(kversion.V4_0_0()) }

// commitInTransaction adds the offsets to the client's open transaction on behalf
// of the member.
func commitInTransaction(ctx context.Context, cfg Config, cl *kgo.Client, transactionalID string, as member, o offsets) error {
	id, epoch, err := cl.ProducerID(ctx)
	if err != nil {
		return fmt.Errorf("producer id: %w", err)
	}
	add := kmsg.NewPtrAddOffsetsToTxnRequest()
	add.TransactionalID, add.ProducerID, add.ProducerEpoch, add.Group = transactionalID, id, epoch, cfg.Group
	added, err := add.RequestWith(ctx, cl)
	if err == nil {
		err = kerr.ErrorForCode(added.ErrorCode)
	}
	if err != nil {
		return fmt.Errorf("add offsets to transaction: %w", err)
	}

	req := kmsg.NewPtrTxnOffsetCommitRequest()
	req.TransactionalID, req.ProducerID, req.ProducerEpoch, req.Group = transactionalID, id, epoch, cfg.Group
	req.MemberID, req.Generation = as.id, as.generation
	topic := kmsg.NewTxnOffsetCommitRequestTopic()
	topic.Topic = cfg.Input
	for p, at := range o {
		partition := kmsg.NewTxnOffsetCommitRequestTopicPartition()
		partition.Partition, partition.Offset, partition.LeaderEpoch = p, at.Offset, at.Epoch
		topic.Partitions = append(topic.Partitions, partition)
	}
	req.Topics = append(req.Topics, topic)
	resp, err := req.RequestWith(ctx, cl)
	if err != nil {
		return fmt.Errorf("commit offsets in transaction: %w", err)
	}
	for _, t := range resp.Topics {
		for _, p := range t.Partitions {
			err = errors.Join(err, kerr.ErrorForCode(p.ErrorCode))
		}
	}
	if err != nil {
		return fmt.Errorf("commit offsets in transaction: %w", err)
	}
	return nil
}
