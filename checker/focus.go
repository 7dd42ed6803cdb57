package checker

import "surety/checker/history"

// narrow is a source that can be read for some records alone, and sums up on its way
// what spares the reading of the others. Positions that are seen by some records alone
// are told apart as well as among all, but for those that must be looked at closely.
type narrow interface {
	Index() *history.Index
	Narrow(wanted *history.Wanted, index *history.Index)
}

var _ narrow = (*history.Reader)(nil)

// passesOver says whether a record tells nothing of those that are wanted, where the
// source gives all. An outcome is passed over by its attempt.
func passesOver(wanted *history.Wanted, rec *history.Record) bool {
	switch rec.Kind {
	case history.KindIntent:
		return !wanted.Has(rec.Intent.Key, rec.Intent.Seq)
	case history.KindObservation:
		return !wanted.Has(rec.Observation.Key, rec.Observation.Seq)
	}
	return false
}
