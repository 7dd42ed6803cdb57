package workload

import (
	"fmt"
	"strings"
	"sync"
)

// Unreadable counts what a sink shows that does not say what went in, and keeps the
// first of it. The zero value has none. Safe for concurrent use.
type Unreadable struct {
	mu    sync.Mutex
	n     int64
	first string
	why   error
}

// mostQuoted bounds the bytes of a value that are quoted.
const mostQuoted = 80

// Add notes a value and why it cannot be read. A nil receiver notes nothing.
func (u *Unreadable) Add(value []byte, why error) {
	if u == nil {
		return
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.n++; u.n > 1 {
		return
	}
	u.first, u.why = strings.ToValidUTF8(string(value[:min(len(value), mostQuoted)]), "?"), why
	if len(value) > mostQuoted {
		u.first += "..."
	}
}

// String tells of them in half a sentence; empty where there are none.
func (u *Unreadable) String() string {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.n == 0 {
		return ""
	}
	return fmt.Sprintf("%d records that do not say what went in, the first is %q (%v)", u.n, u.first, u.why)
}
