package history

import (
	"errors"
	"io"
	"math"
)

// Faults tells all faults of a stored history, wherever the reader stands. Other
// records are passed over, which takes a small part of the time of reading them. It
// is false for a history that is still being written, and where it meets damage, of
// which Next will tell.
func (r *Reader) Faults() (faults []Fault, ok bool) {
	if r.whole == nil {
		return nil, false
	}
	all, err := newReader(r.path, io.NewSectionReader(r.whole, 0, math.MaxInt64))
	if err != nil {
		return nil, false
	}
	for {
		if all.off == len(all.block) {
			switch err := all.readBlock(); {
			case errors.Is(err, io.EOF):
				return faults, true
			case err != nil:
				return nil, false
			}
			continue
		}
		kind, body, err := all.record()
		if err != nil {
			return nil, false
		}
		if kind == KindFault {
			rec, f := Record{Kind: kind, Body: body}, Fault{}
			if rec.As(&f) != nil {
				return nil, false
			}
			faults = append(faults, f)
		}
	}
}
