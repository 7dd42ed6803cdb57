package docker

import (
	"net/netip"
	"syscall"
)

// hold takes a port if nobody has it, and keeps it until the returned function is
// called: a socket that is bound and does not listen. Whoever listens with
// SO_REUSEADDR, as engines do, may do so beside it; another hold may not, nor does
// the system give the port to a connection.
func hold(addr netip.AddrPort) (end func(), err error) {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	// The option comes after the bind: before, the bind would succeed beside another
	// hold.
	err = syscall.Bind(fd, &syscall.SockaddrInet4{Port: int(addr.Port()), Addr: addr.Addr().As4()})
	if err == nil {
		err = syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1)
	}
	if err != nil {
		_ = syscall.Close(fd)
		return nil, err
	}
	return func() { _ = syscall.Close(fd) }, nil
}
