package history

import "slices"

// Wanted names the records that a reading is narrowed to: some keys whole, and single
// records of others. The zero value wants nothing.
type Wanted struct {
	keys    []uint64 // a bit for each key of which anything is wanted
	whole   map[Name]bool
	records map[Name][]int64
}

// Key wants all records of a key.
func (w *Wanted) Key(key Name) {
	if w.whole == nil {
		w.whole = map[Name]bool{}
	}
	w.mark(key)
	w.whole[key] = true
}

// Record wants one record of a key.
func (w *Wanted) Record(key Name, seq int64) {
	if w.records == nil {
		w.records = map[Name][]int64{}
	}
	w.mark(key)
	if !slices.Contains(w.records[key], seq) {
		w.records[key] = append(w.records[key], seq)
	}
}

func (w *Wanted) mark(key Name) {
	for len(w.keys) <= int(key)/64 {
		w.keys = append(w.keys, 0)
	}
	w.keys[key/64] |= 1 << (key % 64)
}

// Any says whether anything of a key is wanted.
func (w *Wanted) Any(key Name) bool {
	i := int(key) / 64
	return i < len(w.keys) && w.keys[i]&(1<<(key%64)) != 0
}

// Has says whether a record is wanted.
func (w *Wanted) Has(key Name, seq int64) bool {
	return w.Any(key) && (w.whole[key] || slices.Contains(w.records[key], seq))
}
