package doctor

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/moby/moby/api/types/system"
	"github.com/moby/moby/client"

	"surety/topologies"
	"surety/topologies/docker"
	"surety/topologies/docker/engine"
	"surety/topologies/images"
)

// Probes are the questions that an examination asks of a machine.
type Probes struct {
	Engine   func(ctx context.Context) (Facts, error) // the error is for people
	Command  func(name string) bool                   // is on PATH
	Root     bool                                     // this user is root
	Memory   func() int64                             // bytes of this machine; 0 = not known
	Cores    func() int
	Binary   func(ctx context.Context, arch string) error // verify for containers
	Registry func(ctx context.Context, image string) error
	Places   map[string]string                // of images, by recipe, where they are not the official ones
	Took     func(image string) time.Duration // to build or pull it here; 0 = never done
	Ports    func() error
	Free     func(dir string) (int64, error) // bytes that may be written there
}

// Facts are what the engine says of itself.
type Facts struct {
	Host     string // unix:///var/run/docker.sock
	Product  string // Docker or Podman
	Version  string
	API      string // highest version that it serves
	Arch     string // amd64
	System   string // Debian GNU/Linux 12, kernel 6.1
	Cgroup   string // 1 or 2
	Rootless bool
	Limits   bool // memory can be limited
	Forward  bool // IPv4 is forwarded
	Bridge   bool // there are bridge networks
	Memory   int64
	Cores    int
	Dir      string            // where it keeps images and containers
	Images   map[string]string // that are present, by recipe
}

// Machine asks this machine. Images are looked for at their places, by recipe,
// where they have one.
func Machine(places map[string]string) Probes {
	return Probes{
		Engine:   func(ctx context.Context) (Facts, error) { return askEngine(ctx, places) },
		Places:   places,
		Took:     images.Took,
		Command:  func(name string) bool { _, err := exec.LookPath(name); return err == nil },
		Root:     os.Geteuid() == 0,
		Memory:   hostMemory,
		Cores:    runtime.NumCPU,
		Binary:   func(ctx context.Context, arch string) error { _, err := topologies.Self(ctx, arch); return err },
		Registry: askRegistry,
		Ports:    func() error { return docker.FreePorts(portsNeeded) },
		Free:     freeDisk,
	}
}

// askWithin bounds one question to the engine.
const askWithin = 45 * time.Second

func askEngine(ctx context.Context, places map[string]string) (Facts, error) {
	ctx, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	e, err := engine.Open(ctx)
	if err != nil {
		return Facts{}, err
	}
	defer func() { _ = e.Close() }()
	v, err := e.API.ServerVersion(ctx, client.ServerVersionOptions{})
	if err != nil {
		return Facts{}, err
	}
	r, err := e.API.Info(ctx, client.InfoOptions{})
	if err != nil {
		return Facts{}, err
	}
	i := r.Info
	f := Facts{
		Host: e.API.DaemonHost(), Product: product(v), Version: v.Version, API: v.APIVersion, Arch: v.Arch,
		System:   i.OperatingSystem + ", kernel " + i.KernelVersion,
		Cgroup:   i.CgroupVersion,
		Rootless: rootless(i),
		Limits:   i.MemoryLimit, Forward: i.IPv4Forwarding,
		Bridge: slices.Contains(i.Plugins.Network, "bridge"),
		Memory: i.MemTotal, Cores: i.NCPU, Dir: i.DockerRootDir,
		Images: map[string]string{},
	}
	for _, name := range images.OfficialNames() {
		r, err := images.Find(name)
		if err != nil {
			return Facts{}, err
		}
		if f.Images[name], err = r.Present(ctx, e, "", places[name]); err != nil {
			return Facts{}, err
		}
	}
	return f, nil
}

// rootless tells whether the engine runs as a user. Docker says so; of Podman it
// shows in where it keeps its images.
func rootless(i system.Info) bool {
	return strings.Contains(i.DockerRootDir, "/.local/share/containers/") ||
		slices.ContainsFunc(i.SecurityOptions, func(o string) bool { return strings.Contains(o, "name=rootless") })
}

// product tells whose engine speaks Docker's language.
func product(v client.ServerVersionResult) string {
	if slices.ContainsFunc(v.Components, func(c system.ComponentVersion) bool { return strings.HasPrefix(c.Name, "Podman") }) {
		return "Podman"
	}
	return "Docker"
}

// askRegistry asks through the engine whether the registry gives the image, without
// fetching it.
func askRegistry(ctx context.Context, image string) error {
	ctx, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	e, err := engine.Open(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = e.Close() }()
	_, err = e.API.DistributionInspect(ctx, image, client.DistributionInspectOptions{})
	return err
}

// hostMemory reads proc_meminfo(5); 0 where there is none.
func hostMemory() int64 {
	b, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return 0
	}
	return totalIn(string(b))
}

// totalIn gives the bytes of the line "MemTotal: n kB".
func totalIn(meminfo string) int64 {
	for line := range strings.Lines(meminfo) {
		var kb int64
		if _, err := fmt.Sscanf(line, "MemTotal: %d kB", &kb); err == nil {
			return kb << 10
		}
	}
	return 0
}

func freeDisk(dir string) (int64, error) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return 0, err
	}
	return int64(s.Bavail) * int64(s.Bsize), nil //nolint:unconvert // its width differs between systems
}
