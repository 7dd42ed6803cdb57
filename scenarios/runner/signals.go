package runner

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strings"

	"surety/checker/history"
	"surety/topologies"
	"surety/topologies/engines"
)

// manySignals bounds what is kept of one node that tells the same over and over.
const manySignals = 1000

// signals writes into the history what the nodes of engines have told of themselves in
// their logs until now.
func (e *execution) signals() error {
	for _, spec := range e.plan.Topology.Processors {
		if spec.Engine == nil {
			continue
		}
		engine, err := engines.Find(spec.Engine.Kind)
		if err != nil {
			return err
		}
		tells, able := engine.(engines.Signaller)
		if !able {
			continue
		}
		for _, n := range e.topo.Nodes() {
			if l, logs := n.(topologies.Logger); logs && instanceOf(n, spec) {
				if err := e.signalsOf(n.ID(), l.LogFile(), tells); err != nil {
					return fmt.Errorf("the signals of %s: %w", n.ID(), err)
				}
			}
		}
	}
	return nil
}

// instanceOf tells whether the node is an instance of the processor.
func instanceOf(n topologies.Node, spec topologies.ProcessorSpec) bool {
	for i := range spec.Instances + spec.Spare {
		if n.ID() == fmt.Sprintf("%s-%d", spec.Name, i+1) {
			return true
		}
	}
	return false
}

func (e *execution) signalsOf(node, path string, tells engines.Signaller) error {
	f, err := os.Open(path) //nolint:gosec // a log of the run
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // it was only read
	in, told := bufio.NewReader(f), 0
	for {
		line, err := in.ReadString('\n')
		if s, is := tells.Signal(strings.TrimRight(line, "\r\n")); is {
			if told++; told <= manySignals {
				at := e.clock.Now()
				if !s.At.IsZero() {
					at = e.clock.Of(s.At)
				}
				e.w.Append(history.KindSignal, history.Signal{Of: node, Name: s.Name, Text: s.Text, At: at})
			}
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
	}
	if told > manySignals {
		e.w.Append(history.KindSignal, history.Signal{Of: node, Name: "more", Text: fmt.Sprintf("%d further signals", told-manySignals), At: e.clock.Now()})
	}
	return nil
}
