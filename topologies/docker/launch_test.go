package docker

import (
	"slices"
	"testing"

	"surety/topologies"
)

// An image is run by its entry point, unless it was made from a recipe: then the
// command is all that counts, whatever the image would run by itself.
func TestWhatAContainerRuns(t *testing.T) {
	own := &topology{}
	for _, tt := range []struct {
		why             string
		spec            topologies.ProcessorSpec
		entrypoint, cmd []string
	}{
		{"words for the entry point of an image", topologies.ProcessorSpec{Image: "app", Command: []string{"serve"}}, nil, []string{"serve"}},
		{"a reference processor", topologies.ProcessorSpec{Reference: "exactly-once"}, nil, []string{"processor", "exactly-once"}},
		{"a program of a recipe", topologies.ProcessorSpec{Recipe: "streams=4.2.0", Command: []string{"java", "Main"}}, []string{"java", "Main"}, nil},
	} {
		got := own.request("image:1", tt.spec, topologies.Told{Env: []string{"A=b=c"}, Command: tt.spec.Command})
		if got.Image != "image:1" || !slices.Equal(got.Entrypoint, tt.entrypoint) || !slices.Equal(got.Cmd, tt.cmd) || got.Env["A"] != "b=c" {
			t.Errorf("%s: %s runs %q with %q and %v", tt.why, got.Image, got.Entrypoint, got.Cmd, got.Env)
		}
	}
}
