package docker

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"testing"

	"surety/topologies"
)

func TestATakenPortIsToldFromOtherFailures(t *testing.T) {
	for _, tt := range []struct {
		why, text string
		want      bool
	}{
		{"another container has it", "driver failed programming external connectivity on endpoint x: Bind for 127.0.0.1:20000 failed: port is already allocated", true},
		{"another process has it", "Error starting userland proxy: listen tcp4 127.0.0.1:20000: bind: address already in use", true},
		{"no memory is not cured by other ports", "failed to create shim: cannot allocate memory", false},
		{"nor is a missing network", "network surety-r-net not found", false},
	} {
		if got := portTaken(errors.New(tt.text)); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.why, got, tt.want)
		}
	}
}

func TestTheObserveViewGoesAroundTheDriveProxies(t *testing.T) {
	listen := func(says string) string {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = l.Close() })
		go func() {
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				_, _ = io.WriteString(c, says)
				_ = c.Close()
			}
		}()
		return l.Addr().String()
	}
	drive, observe, other := listen("drive"), listen("observe"), listen("other")
	topo := &topology{layout: &layout{brokers: []*host{{ports: ports{drive: drive, observe: observe}}}}}

	d, o := topo.Brokers(topologies.Drive), topo.Brokers(topologies.Observe)
	if d.Dial != nil || len(d.Seeds) != 1 || d.Seeds[0] != drive {
		t.Errorf("the drive view %+v does not dial what is advertised", d)
	}
	for _, tt := range []struct{ why, addr, want string }{
		{"an advertised address", o.Seeds[0], "observe"},
		{"any other address", other, "other"},
	} {
		c, err := o.Dial(context.Background(), "tcp", tt.addr)
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(c)
		if err != nil || string(b) != tt.want {
			t.Errorf("%s reaches %q (error %v), want %q", tt.why, b, err, tt.want)
		}
		_ = c.Close()
	}
}

func TestReadinessRefusesWhatIsNotKafka(t *testing.T) {
	for _, tt := range []struct{ why, text string }{
		{"nothing", ""},
		{"half a length", "\x00\x00"},
		{"an absurd length", "\x7f\xff\xff\xff"},
		{"a length below the header", "\x00\x00\x00\x02ab"},
		{"a frame cut off", "\x00\x00\x00\x0aabc"},
	} {
		if _, err := readAnswer(strings.NewReader(tt.text)); err == nil {
			t.Errorf("%s was read as an answer", tt.why)
		}
	}
	b, err := readAnswer(strings.NewReader("\x00\x00\x00\x07\x00\x00\x00\x01\x00hi"))
	if err != nil || string(b) != "hi" {
		t.Errorf("body %q, error %v", b, err)
	}
}

func TestEachJoinsTheErrorsOfAll(t *testing.T) {
	err := each([]int{1, 2, 3}, func(i int) error {
		if i == 2 {
			return nil
		}
		return errors.New(strings.Repeat("x", i))
	})
	if err == nil || err.Error() != "x\nxxx" {
		t.Errorf("error %v", err)
	}
}
