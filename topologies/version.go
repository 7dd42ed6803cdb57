package topologies

import (
	"errors"
	"maps"
	"slices"

	"surety/topologies/names"
)

// Version is another program for the instances of a processor, or the same one told
// otherwise. What it leaves open is as in the original.
type Version struct {
	Reference string            `json:"reference,omitempty"`
	Image     string            `json:"image,omitempty"`
	Command   []string          `json:"command,omitempty"`
	Env       map[string]string `json:"env,omitempty"` // over that of the original
}

// VersionVariable tells a processor as which version it runs; the original is told
// nothing.
const VersionVariable = "SURETY_VERSION"

// As is the processor in a version. The error for an unknown one lists the known.
func (s ProcessorSpec) As(version string) (ProcessorSpec, error) {
	if version == OriginalVersion {
		return s, nil
	}
	v, ok := s.Versions[version]
	if !ok {
		known := append([]string{OriginalVersion}, slices.Sorted(maps.Keys(s.Versions))...)
		return s, errors.New(names.Unknown("version of "+s.Name, version, known))
	}
	if v.Reference != "" || v.Image != "" || len(v.Command) > 0 {
		keep := s.Image // a command alone is given to the same image
		s.Reference, s.Image, s.Command = v.Reference, v.Image, v.Command
		if v.Reference == "" && v.Image == "" {
			s.Image = keep
		}
	}
	env := maps.Clone(s.Env)
	if env == nil {
		env = map[string]string{}
	}
	maps.Copy(env, v.Env)
	env[VersionVariable] = version
	s.Env = env
	return s, nil
}

// Programs are the processor and all its versions, by the names of these.
func (s ProcessorSpec) Programs() map[string]ProcessorSpec {
	out := map[string]ProcessorSpec{OriginalVersion: s}
	for name := range s.Versions {
		out[name], _ = s.As(name) // known
	}
	return out
}
