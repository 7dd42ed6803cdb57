//go:build !linux

package docker

import (
	"net"
	"net/netip"
)

// hold looks whether a port is free, and cannot keep it: what is bound here would
// keep the engine off as well. A port that is taken in between costs another try.
func hold(addr netip.AddrPort) (end func(), err error) {
	l, err := net.ListenTCP("tcp", net.TCPAddrFromAddrPort(addr))
	if err != nil {
		return nil, err
	}
	return func() {}, l.Close()
}
