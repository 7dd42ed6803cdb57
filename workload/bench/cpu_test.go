package bench

import (
	"net"
	"os"
	"testing"
	"time"
)

func TestOwnCPUIsThatOfThisProcess(t *testing.T) {
	before := OwnCPU()
	for deadline := time.Now().Add(30 * time.Second); OwnCPU()-before < 50*time.Millisecond; {
		if time.Now().After(deadline) {
			t.Fatal("busy, and no processor time used")
		}
	}
	fromOutside, err := ProcessCPU(os.Getpid())()
	if err != nil {
		t.Fatal(err)
	}
	// The other counter has ticks of 10 ms.
	if d := OwnCPU() - fromOutside; d < -50*time.Millisecond || d > time.Second {
		t.Errorf("%v by rusage, %v by /proc", OwnCPU(), fromOutside)
	}
	if _, err := ProcessCPU(1 << 30)(); err == nil {
		t.Error("a process that does not exist used processor time")
	}
}

func TestListenerFindsTheProcessBehindAPort(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	if pid := Listener(port); pid != os.Getpid() {
		t.Errorf("process %d listens, want %d", pid, os.Getpid())
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if pid := Listener(port); pid != 0 {
		t.Errorf("process %d listens on a port that was closed", pid)
	}
}
