package scenarios

import (
	"math"
	"regexp"
	"strconv"

	"go.yaml.in/yaml/v4"

	"surety/topologies"
	"surety/topologies/names"
)

// Limits bound what each node of a broker or processor may use; what is not said is
// not bounded.
type Limits struct {
	Memory Memory  `yaml:"memory"` // 512MiB
	CPUs   float64 `yaml:"cpus"`   // 0.5 is half of one core
}

// Memory is a number of bytes.
type Memory int64

var memoryForm = regexp.MustCompile(`^([0-9]{1,9})\s*(KiB|MiB|GiB)$`)

// leastMemory is the least that engines accept.
const leastMemory = 6 << 20

// UnmarshalYAML reads "512MiB" or "2GiB".
func (m *Memory) UnmarshalYAML(n *yaml.Node) error {
	parts := memoryForm.FindStringSubmatch(n.Value)
	if parts == nil {
		return at(n, "an amount of memory is written as 512MiB or 2GiB; this is %q", names.Clip(n.Value))
	}
	v, err := strconv.ParseInt(parts[1], 10, 64)
	v *= map[string]int64{"KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}[parts[2]]
	if err != nil || v < leastMemory {
		return at(n, "a node wants at least 6MiB of memory; this is %q", names.Clip(n.Value))
	}
	*m = Memory(v)
	return nil
}

// completeLimits checks the bounds of one kind of node.
func (s *Scenario) completeLimits(path string, l Limits) error {
	if l.CPUs == 0 && s.lines.wrote(path+".cpus") || l.CPUs < 0 || l.CPUs > 1024 || math.IsNaN(l.CPUs) {
		return s.wrong(path+".cpus", "cpus: is a number of cores, as 0.5 or 2; this is %g", l.CPUs)
	}
	return nil
}

func (l Limits) spec() topologies.Limits {
	return topologies.Limits{Memory: int64(l.Memory), CPUs: l.CPUs}
}
