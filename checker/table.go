package checker

// table holds a value for each key of a shard, by small numbers. Pages are made as
// they are needed and never moved.
type table[T any] struct{ pages []*[tablePage]T }

const tablePage = 256

// at is the value of i, made if need be.
func (t *table[T]) at(i int) *T {
	no := i / tablePage
	if no < len(t.pages) {
		if p := t.pages[no]; p != nil {
			return &p[i%tablePage]
		}
	}
	for len(t.pages) <= no {
		t.pages = append(t.pages, nil)
	}
	t.pages[no] = new([tablePage]T)
	return &t.pages[no][i%tablePage]
}

// find is the value of i, or nil if its page was never made.
func (t *table[T]) find(i int) *T {
	if no := i / tablePage; no < len(t.pages) && t.pages[no] != nil {
		return &t.pages[no][i%tablePage]
	}
	return nil
}
