package checker

const pageSize = 64

// sparse is an array over all of int64 that is cheap where neighbours are used
// together, as offsets and attempt numbers are, and bounded by its entries where
// they are not. The zero value is empty.
type sparse[T any] struct {
	pages  map[int64]*page[T]
	last   *page[T]
	at     int64 // number of last
	newest int64 // number of the page that was held into last
}

type page[T any] struct {
	cells [pageSize]T
	live  int
}

// get returns the cell of i, made if need be. It is valid until the next drop.
func (s *sparse[T]) get(i int64) *T {
	p := s.page(i)
	if p == nil {
		if s.pages == nil {
			s.pages = map[int64]*page[T]{}
		}
		p = new(page[T])
		s.at, s.last = i>>6, p
		s.pages[s.at] = p
	}
	return &p.cells[i&(pageSize-1)]
}

// find returns the cell of i, or nil if its page was never made.
func (s *sparse[T]) find(i int64) *T {
	if p := s.page(i); p != nil {
		return &p.cells[i&(pageSize-1)]
	}
	return nil
}

func (s *sparse[T]) page(i int64) *page[T] {
	if s.last != nil && s.at == i>>6 {
		return s.last
	}
	if p := s.pages[i>>6]; p != nil {
		s.at, s.last = i>>6, p
		return p
	}
	return nil
}

// hold counts the cell of i, which was got before, as in use. A caller that holds
// its cells drops each of them: a page goes with its last cell, but for the newest
// one, which the next cells will need.
func (s *sparse[T]) hold(i int64) {
	s.page(i).live++
	if old := s.newest; old != i>>6 {
		s.newest = i >> 6
		s.free(old)
	}
}

// drop clears the cell of i.
func (s *sparse[T]) drop(i int64) {
	p := s.page(i)
	var zero T
	p.cells[i&(pageSize-1)] = zero
	p.live--
	if i>>6 != s.newest {
		s.free(i >> 6)
	}
}

func (s *sparse[T]) free(no int64) {
	if p := s.pages[no]; p != nil && p.live == 0 {
		delete(s.pages, no)
		if s.last == p {
			s.last = nil
		}
	}
}

// each visits the cells of all pages, in no order.
func (s *sparse[T]) each(visit func(i int64, cell *T)) {
	for no, p := range s.pages {
		for i := range p.cells {
			visit(no<<6|int64(i), &p.cells[i])
		}
	}
}
