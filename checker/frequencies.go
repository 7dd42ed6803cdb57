package checker

// frequencyPage is how many neighbouring numbers have their counts in one place.
const frequencyPage = 16

// frequencies holds a count for some numbers, which mostly come with their neighbours.
// The zero value counts nothing. A map from each number took 42 % of the CPU time of a
// flood in which everything comes a hundred times.
type frequencies struct {
	pages map[int64]*[frequencyPage]int64
	no    int64 // of last
	last  *[frequencyPage]int64
}

// of is the count of x, 0 where none was kept.
func (c *frequencies) of(x int64) int64 {
	if p := c.page(x); p != nil {
		return p[x&(frequencyPage-1)]
	}
	return 0
}

// at is where the count of x is kept.
func (c *frequencies) at(x int64) *int64 {
	p := c.page(x)
	if p == nil {
		if c.pages == nil {
			c.pages = map[int64]*[frequencyPage]int64{}
		}
		p = new([frequencyPage]int64)
		c.no, c.last = x&^(frequencyPage-1), p
		c.pages[c.no] = p
	}
	return &p[x&(frequencyPage-1)]
}

func (c *frequencies) page(x int64) *[frequencyPage]int64 {
	no := x &^ (frequencyPage - 1)
	if c.last != nil && c.no == no {
		return c.last
	}
	p := c.pages[no]
	if p != nil {
		c.no, c.last = no, p
	}
	return p
}

// each visits all counts that are not 0, in no order.
func (c *frequencies) each(visit func(x, n int64)) {
	for no, p := range c.pages {
		for i, n := range p {
			if n != 0 {
				visit(no+int64(i), n)
			}
		}
	}
}
