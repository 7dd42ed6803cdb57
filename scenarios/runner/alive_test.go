package runner

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"surety/topologies"
)

// mortal is a node that ends when the test says so.
type mortal struct {
	kind topologies.NodeKind
	log  string
	gone atomic.Bool
}

func (m *mortal) ID() string                { return string(m.kind) + "-1" }
func (m *mortal) Kind() topologies.NodeKind { return m.kind }
func (m *mortal) LogFile() string           { return m.log }
func (m *mortal) State(context.Context) (topologies.ProcessState, error) {
	if m.gone.Load() {
		return topologies.ProcessState{Status: topologies.Exited, ExitCode: 4}, nil
	}
	return topologies.ProcessState{Status: topologies.Running}, nil
}

func TestAProcessorThatEndsByItselfEndsTheWait(t *testing.T) {
	log := filepath.Join(t.TempDir(), "log")
	if err := os.WriteFile(log, []byte("one\ntwo\nno such topic\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	p, b := &mortal{kind: topologies.ProcessorNode, log: log}, &mortal{kind: topologies.BrokerNode}
	b.gone.Store(true) // a broker is not what this wait is about
	ctx, ended := whileAlive(t.Context(), []topologies.Node{b, p})
	if ctx.Err() != nil {
		t.Fatal("over before anything ended")
	}
	p.gone.Store(true)
	select {
	case <-ctx.Done():
	case <-time.After(10 * time.Second):
		t.Fatal("the wait goes on without its processor")
	}
	end, is := errors.AsType[*topologies.EnvironmentError](ended())
	if !is || !strings.Contains(end.Error(), "processor-1 ended by itself with exit code 4") || !strings.Contains(end.Error(), "no such topic") {
		t.Errorf("it says %v", end)
	}
}

func TestAWaitThatIsOverSaysNothingOfProcessorsThatRun(t *testing.T) {
	ctx, ended := whileAlive(t.Context(), []topologies.Node{&mortal{kind: topologies.ProcessorNode}})
	if err := ended(); err != nil || ctx.Err() == nil {
		t.Errorf("%v, %v", err, ctx.Err())
	}
}
