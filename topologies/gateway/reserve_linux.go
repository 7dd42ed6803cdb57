package gateway

import (
	"net/netip"
	"syscall"
)

// reserve keeps the port of an address while nothing listens on it, so that the
// system gives it to nobody else: a socket that is bound but does not listen.
// Dials are refused. It is a precaution; where it is not possible nothing is kept.
// The returned function ends it.
func reserve(addr string) func() {
	ap, err := netip.ParseAddrPort(addr)
	if err != nil {
		return func() {}
	}
	family, sa := syscall.AF_INET6, syscall.Sockaddr(&syscall.SockaddrInet6{Port: int(ap.Port()), Addr: ap.Addr().As16()})
	if ap.Addr().Is4() {
		family, sa = syscall.AF_INET, &syscall.SockaddrInet4{Port: int(ap.Port()), Addr: ap.Addr().As4()}
	}
	fd, err := syscall.Socket(family, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return func() {}
	}
	if err = syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1); err == nil {
		err = syscall.Bind(fd, sa)
	}
	if err != nil {
		_ = syscall.Close(fd)
		return func() {}
	}
	return func() { _ = syscall.Close(fd) }
}
