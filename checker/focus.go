package checker

import "surety/checker/history"

// focus lets a pass over a history pass over the records of all but a few keys.
// Positions that are seen by these keys alone are told apart as well as among all,
// but for those that must be looked at closely.
type focus struct{ keys []uint64 }

func (f *focus) on(key history.Name) {
	for len(f.keys) <= int(key)/64 {
		f.keys = append(f.keys, 0)
	}
	f.keys[key/64] |= 1 << (key % 64)
}

func (f *focus) has(key history.Name) bool {
	return int(key)/64 < len(f.keys) && f.keys[key/64]&(1<<(key%64)) != 0
}

// passes says whether a record tells nothing of the keys. An outcome is passed
// over by its attempt.
func (f *focus) passes(rec *history.Record) bool {
	switch rec.Kind {
	case history.KindIntent:
		return !f.has(rec.Intent.Key)
	case history.KindObservation:
		return !f.has(rec.Observation.Key)
	}
	return false
}
