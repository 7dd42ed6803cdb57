package kafka

import (
	"context"
	"errors"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"surety/checker/history"
)

// proof is what must be known besides the error before a record counts as
// definitely not written.
type proof uint8

const (
	noProof    proof = iota // whatever is known: unknown
	isUnsent                // no request carried the record
	isSentOnce              // at most one request carried it, and the error is the answer to that one
	byContent               // every send of the record gets this answer
)

// ruling is one row of the table of errors.
type ruling struct {
	err    error
	needs  proof
	reason string
}

// rulings is the one table of errors; the first row that matches decides, and an
// error without a row is unknown. The client may wrap several errors into one,
// so rows stand in order of doubt.
var rulings = []ruling{
	{kerr.NotLeaderForPartition, noProof, "the leader may have appended the record before it lost the leadership (KAFKA-13574)"},
	{kerr.RequestTimedOut, noProof, "the record is in the leader's log and may still be replicated"},
	{kerr.NotEnoughReplicasAfterAppend, noProof, "the record is in the leader's log"},
	{kerr.KafkaStorageError, noProof, "the disk may have failed after the write"},
	{kerr.NetworkException, noProof, "the request may have arrived"},
	{kerr.OutOfOrderSequenceNumber, noProof, "the broker lost track of the producer: an earlier send may be in the log"},
	{kerr.UnknownProducerID, noProof, "the broker forgot the producer: an earlier send may be in the log"},

	{kgo.ErrRecordTimeout, isUnsent, "the client gave up; what it never sent is not there"},
	{kgo.ErrRecordRetries, isUnsent, "the client gave up; what it never sent is not there"},
	{kgo.ErrAborting, isUnsent, "the client was told to give up; what it never sent is not there"},
	{kgo.ErrClientClosed, isUnsent, "the client was closed; what it never sent is not there"},
	{context.Canceled, isUnsent, "the run was ended; what the client never sent is not there"},
	{context.DeadlineExceeded, isUnsent, "the time was over; what the client never sent is not there"},

	{kerr.TopicAuthorizationFailed, isSentOnce, "the broker checks authorization before it appends"},
	{kerr.ClusterAuthorizationFailed, isSentOnce, "the broker checks authorization before it appends"},
	{kerr.TransactionalIDAuthorizationFailed, isSentOnce, "the broker checks authorization before it appends"},
	{kerr.SaslAuthenticationFailed, isSentOnce, "the connection was refused before any request"},
	{kerr.UnknownTopicOrPartition, isSentOnce, "there is no log to append to"},
	{kerr.UnknownTopicID, isSentOnce, "there is no log to append to"},
	{kerr.ProducerFenced, isSentOnce, "the broker checks the producer's epoch before it appends"},
	{kerr.InvalidProducerEpoch, isSentOnce, "the broker checks the producer's epoch before it appends"},
	{kerr.InvalidProducerIDMapping, isSentOnce, "the coordinator knows no such producer: its partition was not opened"},
	{kerr.InvalidTxnState, isSentOnce, "no transaction is open: the broker verifies it before it appends"},
	{kerr.NotEnoughReplicas, isSentOnce, "the broker counts the replicas before it appends"},
	{kerr.InvalidTimestamp, isSentOnce, "the broker validates a batch before it appends it"},

	{kgo.ErrMaxBuffered, byContent, "the client did not take the record"},
	{kerr.MessageTooLarge, byContent, "the size of a batch is the same at every send"},
	{kerr.RecordListTooLarge, byContent, "the size of a batch is the same at every send"},
	{kerr.InvalidTopicException, byContent, "no topic can have this name"},
	{kerr.InvalidRequiredAcks, byContent, "the setting is the same at every send"},
	{kerr.InvalidRecord, byContent, "the content is the same at every send"},
	{kerr.UnsupportedCompressionType, byContent, "the encoding is the same at every send"},
	{kerr.UnsupportedForMessageFormat, byContent, "the encoding is the same at every send"},
}

// classify says how sure an error makes us, given what the client had done when
// the record was handed over and when it failed.
func classify(err error, handed, failed *sendState) history.OutcomeClass {
	if err == nil {
		return history.OK
	}
	for _, r := range rulings {
		if !errors.Is(err, r.err) {
			continue
		}
		switch {
		case r.needs == byContent,
			r.needs == isSentOnce && sentOnce(handed, failed),
			r.needs == isUnsent && neverSent(handed, failed):
			return history.Failed
		}
		return history.Unknown
	}
	return history.Unknown
}
