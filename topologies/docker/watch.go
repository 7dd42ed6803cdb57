package docker

import (
	"context"
	"runtime"

	"surety/topologies/docker/reaper"
)

// startReaper starts what removes the run when this process is killed, before
// anything else of the run is made. Where there can be none, a note says so and the
// run goes on.
func (t *topology) startReaper(ctx context.Context, binary string) error {
	if runtime.GOOS != "linux" || runtime.GOARCH != t.engine.Arch {
		binary = "" // it runs in containers only
	}
	w, err := reaper.Begin(ctx, reaper.Start{
		API: t.engine.API, Name: t.layout.reaper(), Image: t.verify, Binary: binary,
		Run: t.layout.run, Port: t.finder.take, Taken: portTaken,
	})
	t.finder.free()
	t.reaper = w
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		t.logf("note: no reaper (%s); if verify is killed with SIGKILL, its containers stay until 'verify clean'\n", err)
	}
	return nil
}

// labels are those of everything that the engine makes for the run.
func (t *topology) labels() map[string]string {
	l := reaper.Labels(t.layout.run)
	if t.reaper != nil {
		l[reaper.LabelReaped] = "1"
	}
	return l
}
