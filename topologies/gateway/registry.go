package gateway

import (
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/Shopify/toxiproxy/v2/toxics"
)

// Toxiproxy makes toxics by reflection from JSON. All that ours keep is the id
// of their stream; the state behind it is found here.
var (
	streams  sync.Map // id -> registered
	streamID atomic.Uint64
)

type registered struct {
	proxy *proxy
	dir   int
}

func register(p *proxy, dir int) string {
	id := strconv.FormatUint(streamID.Add(1), 10)
	streams.Store(id, registered{p, dir})
	return id
}

func unregister(id string) { streams.Delete(id) }

// flow is one direction of one connection, as a toxic sees it.
type flow struct {
	conn *conn
	dir  int
}

// abandoned tells whether the connection was closed on purpose: no one is left to
// get what waits.
func (f flow) abandoned() bool {
	select {
	case <-f.conn.gone:
		return true
	default:
		return false
	}
}

// begin gives a toxic the flow that its proxy is starting. Toxiproxy asks for
// the state of all toxics within StartLink, where the proxy knows the connection.
func begin(id string) (flow, bool) {
	r, ok := streams.Load(id)
	if !ok {
		return flow{}, false
	}
	reg := r.(registered)
	if reg.proxy.current == nil {
		return flow{}, false
	}
	return flow{conn: reg.proxy.current, dir: reg.dir}, true
}

// The types of our toxics in Toxiproxy's registry.
const (
	holdType  = "surety_hold"
	lagType   = "surety_lag"
	limitType = "surety_limit"
)

//nolint:gochecknoinits // Toxiproxy's registry is global and filled this way
func init() {
	toxics.Register(holdType, new(holdToxic))
	toxics.Register(lagType, new(lagToxic))
	toxics.Register(limitType, new(limitToxic))
}
