package doctor

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/moby/moby/api/types/system"
	"github.com/moby/moby/client"

	"surety/topologies"
)

// good is a machine that has everything.
func good() (*Facts, *Probes) {
	f := &Facts{
		Host: "unix:///var/run/docker.sock", Product: "Docker", Version: "28.0", API: "1.48", Arch: "amd64", System: "Debian",
		Cgroup: "2", Limits: true, Forward: true, Bridge: true,
		Memory: 8192 * mib, Cores: 4, Dir: "/var/lib/docker",
		Images: map[string]string{"kafka": "surety/kafka:4.2.0", "postgres": "postgres:15"},
	}
	return f, &Probes{
		Engine:   func(context.Context) (Facts, error) { return *f, nil },
		Command:  func(string) bool { return false },
		Memory:   func() int64 { return 8192 * mib },
		Cores:    func() int { return 4 },
		Binary:   func(context.Context, string) error { return nil },
		Registry: func(context.Context, string) error { return errors.New("no such host") },
		Took:     func(string) time.Duration { return 0 },
		Ports:    func() error { return nil },
		Free:     func(string) (int64, error) { return 50_000 * mib, nil },
	}
}

func has(names ...string) func(string) bool {
	return func(name string) bool { return slices.Contains(names, name) }
}

func TestAGoodMachineIsReady(t *testing.T) {
	_, p := good()
	all := Examine(t.Context(), *p)
	for _, f := range all {
		if f.Status != OK || f.Fix != "" || f.Found == "" {
			t.Errorf("%+v", f)
		}
	}
	if !Ready(all) || len(all) != 13 {
		t.Errorf("%d findings, ready %v", len(all), Ready(all))
	}
}

func TestEachLackIsSaidWithItsCure(t *testing.T) {
	absent := func(context.Context) (Facts, error) {
		return Facts{}, &topologies.EnvironmentError{What: "no container engine answers on this machine", Try: "install Docker"}
	}
	for _, tt := range []struct {
		why        string
		ail        func(*Facts, *Probes)
		what       string
		status     Status
		found, fix string
	}{
		{"no Docker on a Debian", func(_ *Facts, p *Probes) { p.Engine, p.Command = absent, has("apt-get") }, "engine", Missing, "no container engine is installed", "apt-get install docker.io"},
		{"no Docker elsewhere", func(_ *Facts, p *Probes) { p.Engine = absent }, "engine", Missing, "no container engine is installed", "docs.docker.com"},
		{"the daemon is stopped", func(_ *Facts, p *Probes) { p.Engine, p.Command = absent, has("apt-get", "docker", "dockerd") }, "engine", Missing, "does not answer", "systemctl start docker"},
		{"a client without an engine", func(_ *Facts, p *Probes) { p.Engine, p.Command = absent, has("docker") }, "engine", Missing, "no engine answers", "DOCKER_HOST"},
		{"Podman without its socket", func(_ *Facts, p *Probes) { p.Engine, p.Command = absent, has("podman") }, "engine", Missing, "Podman", "podman.socket"},
		{"the engine refuses this user", func(_ *Facts, p *Probes) {
			p.Command = has("dockerd")
			p.Engine = func(context.Context) (Facts, error) {
				return Facts{}, &topologies.EnvironmentError{What: "this user may not talk to the Docker engine", Try: "join the group docker"}
			}
		}, "engine", Missing, "may not", "join the group"},
		{"the engine breaks off", func(_ *Facts, p *Probes) {
			p.Engine = func(context.Context) (Facts, error) { return Facts{}, errors.New("unexpected\nEOF") }
		}, "engine", Missing, "unexpected EOF", ""},
		{"an old engine", func(f *Facts, _ *Probes) { f.API = "1.40" }, "API", Missing, "1.41 is needed", "20.10"},
		{"a version that is none", func(f *Facts, _ *Probes) { f.API = "new" }, "API", Missing, "new", "20.10"},
		{"rootless without delegation", func(f *Facts, _ *Probes) { f.Rootless, f.Cgroup = true, "1" }, "cgroups", Warn, "pause", "unified_cgroup_hierarchy"},
		{"no limits of memory", func(f *Facts, _ *Probes) { f.Limits = false }, "cgroups", Warn, "cannot be limited", "cgroup_enable"},
		{"no bridges", func(f *Facts, _ *Probes) { f.Bridge = false }, "kernel", Missing, "bridge", "modprobe"},
		{"no forwarding", func(f *Facts, _ *Probes) { f.Forward = false }, "kernel", Missing, "forwarded", "sysctl"},
		{"an engine across the network", func(f *Facts, _ *Probes) { f.Host = "tcp://10.0.0.1:2375" }, "reaper", Warn, "SIGKILL", "verify clean"},
		{"too little memory", func(f *Facts, _ *Probes) { f.Memory = 1000 * mib }, "memory", Missing, "1000 MiB", "4 GB"},
		{"little memory", func(f *Facts, _ *Probes) { f.Memory = 3000 * mib }, "memory", Warn, "3000 MiB", "4 GB"},
		{"one core", func(f *Facts, _ *Probes) { f.Cores = 1 }, "cores", Warn, "1", "--parallel 1"},
		{"verify is not static and there is no Go", func(_ *Facts, p *Probes) {
			p.Binary = func(context.Context, string) error {
				return &topologies.EnvironmentError{What: "no Go", Try: "put go on PATH"}
			}
		}, "image of verify", Missing, "no Go", "put go on PATH"},
		{"no image and a registry", func(f *Facts, p *Probes) {
			f.Images = nil
			p.Registry = func(context.Context, string) error { return nil }
		}, "image kafka", Warn, "pulls it", "verify images pull kafka"},
		{"no image, to be built by root", func(f *Facts, p *Probes) { f.Images, p.Root, p.Command = nil, true, has("debootstrap") }, "image kafka", Missing, "can be built here", "verify images build kafka"},
		{"no image, one that was built before", func(f *Facts, p *Probes) {
			f.Images, p.Root, p.Command = nil, true, has("debootstrap")
			p.Took = func(image string) time.Duration {
				return map[string]time.Duration{"surety/kafka:4.2.0": 91 * time.Second}[image]
			}
		}, "image kafka", Missing, "can be built here, which took 1m31s here before", "verify images build kafka"},
		{"no image, and a mirror of a company's", func(f *Facts, p *Probes) {
			f.Images, p.Places = nil, map[string]string{"kafka": "mirror.example/kafka"}
			p.Registry = func(_ context.Context, image string) error {
				if image == "mirror.example/kafka:4.2.0" {
					return nil
				}
				return errors.New("no such host")
			}
		}, "image kafka", Warn, "mirror.example/kafka:4.2.0 answers", "verify images pull kafka"},
		{"no image, to be built by somebody else", func(f *Facts, p *Probes) { f.Images, p.Command = nil, has("debootstrap") }, "image kafka", Missing, "root", "sudo verify images build kafka"},
		{"no image and nothing to build it with", func(f *Facts, p *Probes) { f.Images, p.Root = nil, true }, "image kafka", Missing, "debootstrap", "apt-get install debootstrap"},
		{"no ports", func(_ *Facts, p *Probes) {
			p.Ports = func() error { return &topologies.EnvironmentError{What: "no port is free", Try: "end what holds them"} }
		}, "ports", Missing, "no port", "end what holds them"},
		{"a full disk", func(_ *Facts, p *Probes) { p.Free = func(string) (int64, error) { return 5 * mib, nil } }, "disk", Missing, "5 MiB free", "verify clean"},
		{"a disk that fills", func(_ *Facts, p *Probes) { p.Free = func(string) (int64, error) { return 2000 * mib, nil } }, "disk", Warn, "2000 MiB free", "verify clean"},
		{"a disk of another machine", func(_ *Facts, p *Probes) {
			p.Free = func(string) (int64, error) { return 0, errors.New("no such file") }
		}, "disk", Warn, "cannot be read", ""},
	} {
		t.Run(tt.why, func(t *testing.T) {
			f, p := good()
			tt.ail(f, p)
			all := Examine(t.Context(), *p)
			i := slices.IndexFunc(all, func(f Finding) bool { return f.What == tt.what })
			if i < 0 {
				t.Fatalf("nothing is said of %s", tt.what)
			}
			got := all[i]
			if got.Status != tt.status || !strings.Contains(got.Found, tt.found) || !strings.Contains(got.Fix, tt.fix) {
				t.Errorf("%+v", got)
			}
			if strings.Contains(got.Found+got.Fix, "\n") {
				t.Errorf("more than one line: %+v", got)
			}
			if Ready(all) != (tt.status != Missing) {
				t.Errorf("ready: %v", Ready(all))
			}
			for j, other := range all {
				if j != i && other.Status != OK {
					t.Errorf("it says %+v too", other)
				}
			}
		})
	}
}

func TestWithoutAnEngineTheMachineItselfIsStillExamined(t *testing.T) {
	_, p := good()
	p.Engine = func(context.Context) (Facts, error) { return Facts{}, errors.New("gone") }
	p.Memory = func() int64 { return 500 * mib }
	all := Examine(t.Context(), *p)
	if len(all) != 4 || all[1].What != "memory" || all[1].Status != Missing {
		t.Errorf("%+v", all)
	}
}

func TestTheTableHasEachCureBelowItsLack(t *testing.T) {
	var b strings.Builder
	if err := Write(&b, []Finding{
		{What: "engine", Status: OK, Found: "Docker 28.0"},
		{What: "memory", Status: Missing, Found: "1000 MiB", Fix: "more"},
	}); err != nil {
		t.Fatal(err)
	}
	want := "ok       engine  Docker 28.0\nmissing  memory  1000 MiB\n                 try  more\n\n" +
		"Scenarios in containers cannot run here yet; 'verify run quick' needs no container.\n"
	if b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
}

func TestTheEngineIsCalledByItsName(t *testing.T) {
	f, p := good()
	for _, tt := range []struct {
		components []string
		rootless   bool
		want       string
	}{
		{[]string{"Engine", "containerd"}, false, "Docker 28.0 at"},
		{[]string{"Engine"}, true, "rootless Docker 28.0 at"},
		{[]string{"Podman Engine", "Conmon"}, true, "rootless Podman 28.0 at"},
	} {
		var v client.ServerVersionResult
		for _, name := range tt.components {
			v.Components = append(v.Components, system.ComponentVersion{Name: name})
		}
		f.Product, f.Rootless = product(v), tt.rootless
		if got := Examine(t.Context(), *p)[0].Found; !strings.HasPrefix(got, tt.want) {
			t.Errorf("%q, want %q", got, tt.want)
		}
	}
}

func TestAnEngineOfAUserIsToldFromThatOfRoot(t *testing.T) {
	for _, tt := range []struct {
		why  string
		info system.Info
		want bool
	}{
		{"Docker of root", system.Info{SecurityOptions: []string{"name=seccomp,profile=default"}, DockerRootDir: "/var/lib/docker"}, false},
		{"rootless Docker", system.Info{SecurityOptions: []string{"name=seccomp,profile=default", "name=rootless"}}, true},
		{"Podman of root", system.Info{DockerRootDir: "/var/lib/containers/storage"}, false},
		{"rootless Podman", system.Info{DockerRootDir: "/home/me/.local/share/containers/storage"}, true},
	} {
		if got := rootless(tt.info); got != tt.want {
			t.Errorf("%s: %v", tt.why, got)
		}
	}
}

func TestTheMemoryIsReadFromTheKernel(t *testing.T) {
	for _, tt := range []struct {
		why, text string
		want      int64
	}{
		{"a machine of 4 GiB", "MemFree:  1 kB\nMemTotal:        4194304 kB\nBuffers: 2 kB\n", 4096 * mib},
		{"no such line", "MemFree: 1 kB\n", 0},
		{"no number", "MemTotal: much kB\n", 0},
	} {
		if got := totalIn(tt.text); got != tt.want {
			t.Errorf("%s: %d, want %d", tt.why, got, tt.want)
		}
	}
}
