package embedded

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"surety/topologies"
	"surety/topologies/gateway"
)

// Launch implements topologies.Topology. Bootstrap, Instance, Name, Run and Dir
// of the Vars are set here. A command that cannot be started is a
// *topologies.EnvironmentError.
func (t *topology) Launch(ctx context.Context, vars func(spec topologies.ProcessorSpec, instance int) topologies.Vars) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.launched {
		return errors.New("the processors were launched already")
	}
	t.launched = true
	for _, spec := range t.spec.Processors {
		for i := 1; i <= spec.Instances+spec.Spare; i++ {
			p, err := t.process(spec, i, vars(spec, i))
			if err != nil {
				return err
			}
			t.processors = append(t.processors, p)
			if p.Spare() {
				continue
			}
			if err := p.Start(ctx); err != nil {
				return err
			}
			if !spec.Ready.Any() {
				continue
			}
			if err := spec.Ready.Await(ctx, p, probe); err != nil {
				return err
			}
		}
	}
	return nil
}

// process prepares one instance.
func (t *topology) process(spec topologies.ProcessorSpec, instance int, v topologies.Vars) (*process, error) {
	v.Instance, v.Run = instance, t.env.Run
	v.Name = instanceName(spec, instance)
	v.Bootstrap = strings.Join(t.cluster.ways[v.Name], ",")
	t.tellEffects(&v)
	dir, err := filepath.Abs(filepath.Join(t.env.Dir, "data", v.Name))
	if err != nil {
		return nil, fmt.Errorf("%s: find its directory: %w", v.Name, err)
	}
	v.Dir = dir
	p := &process{
		id: v.Name, programs: map[string]program{}, version: topologies.OriginalVersion, dir: spec.Dir, spare: instance > spec.Instances,
		own: v.Dir, forgets: spec.State == topologies.StateLost,
		log: filepath.Join(t.env.Dir, "logs", v.Name+".log"), stop: cmp.Or(topologies.StopSignals[spec.StopSignal], syscall.SIGTERM),
	}
	for version, spec := range spec.Programs() {
		told, err := topologies.Expand(spec, v)
		if err != nil {
			return nil, err
		}
		argv := told.Command
		if spec.Reference != "" {
			self, err := t.program()
			if err != nil {
				return nil, err
			}
			argv = append(append(argv, self...), "processor", spec.Reference)
		}
		p.programs[version] = program{argv, append(os.Environ(), told.Env...)}
		p.files = told.Files // those of the original, in every version
	}
	for _, dir := range []string{v.Dir, filepath.Dir(p.log)} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return nil, fmt.Errorf("%s: make its directory: %w", v.Name, err)
		}
	}
	return p, nil
}

// instanceName names an instance, counted from 1.
func instanceName(spec topologies.ProcessorSpec, instance int) string {
	return family(spec) + "-" + strconv.Itoa(instance)
}

// probe asks a port of this machine, where all processors run.
func probe(ctx context.Context, port int, path string) error {
	return gateway.Probe(ctx, []string{"127.0.0.1"}, port, path)
}

func (t *topology) program() ([]string, error) {
	if len(t.self) > 0 {
		return t.self, nil
	}
	exe, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this program to start a reference processor: %w", err)
	}
	return []string{exe}, nil
}
