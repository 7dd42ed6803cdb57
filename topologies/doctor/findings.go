package doctor

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"surety/topologies"
	"surety/topologies/images"
)

// What three brokers and two processors need. A broker's heap is at most 320 MiB,
// and about as much again is outside of it.
const (
	mib         = 1 << 20
	memoryLeast = 2048 * mib
	memoryGood  = 3584 * mib // a machine sold as 4 GB
	coresGood   = 2
	portsNeeded = 16
	diskLeast   = 1024 * mib
	diskGood    = 4096 * mib
	apiLeast    = "1.41" // Docker 20.10
)

func finding(what string, s Status, fix, format string, args ...any) Finding {
	return Finding{What: what, Status: s, Found: fmt.Sprintf(format, args...), Fix: fix}
}

// withoutEngine tells an engine that is not installed from one that does not run
// and one that refuses us.
func withoutEngine(p Probes, err error) Finding {
	f := Finding{What: "engine", Status: Missing, Found: oneLine(err)}
	var env *topologies.EnvironmentError
	if errors.As(err, &env) {
		f.Found, f.Fix = env.What, env.Try
	}
	if !strings.HasPrefix(f.Found, "no container engine answers on this machine") {
		return f // it was named, or it refuses this user: the error knows best
	}
	switch {
	case p.Command("dockerd"):
		f.Found, f.Fix = "Docker is installed and its daemon does not answer", "systemctl start docker (or, without systemd: dockerd &)"
	case p.Command("podman"):
		f.Found = "Podman is installed and no socket of it answers"
		f.Fix = "systemctl --user start podman.socket, then export DOCKER_HOST=unix://$XDG_RUNTIME_DIR/podman/podman.sock"
	case p.Command("docker"):
		f.Found, f.Fix = "the docker command is installed and no engine answers", "start Docker Desktop, or export DOCKER_HOST=... to where the engine runs"
	case p.Command("apt-get"):
		f.Found, f.Fix = "no container engine is installed", "apt-get install docker.io iptables, then systemctl start docker (or: dockerd &)"
	default:
		f.Found, f.Fix = "no container engine is installed", "install Docker from https://docs.docker.com/engine/install/ and start it"
	}
	return f
}

func engineFinding(f Facts) Finding {
	kind := f.Product
	if f.Rootless {
		kind = "rootless " + kind
	}
	return finding("engine", OK, "", "%s %s at %s (%s, %s)", kind, f.Version, f.Host, f.Arch, f.System)
}

func api(f Facts) Finding {
	if !atLeast(f.API, apiLeast) {
		return finding("API", Missing, "install Docker 20.10 or later", "version %s; %s is needed", f.API, apiLeast)
	}
	return finding("API", OK, "", "version %s", f.API)
}

// atLeast compares versions of two numbers.
func atLeast(have, want string) bool {
	number := func(v string) int {
		major, minor, _ := strings.Cut(v, ".")
		a, errA := strconv.Atoi(major)
		b, errB := strconv.Atoi(minor)
		if errA != nil || errB != nil {
			return 0
		}
		return a*1000 + b
	}
	return number(have) >= number(want)
}

func cgroups(f Facts) Finding {
	switch {
	case f.Rootless && f.Cgroup != "2":
		return finding("cgroups", Warn, "boot with systemd.unified_cgroup_hierarchy=1, or use an engine run by root",
			"version %s in a rootless engine: pause faults and limits do not work", orNone(f.Cgroup))
	case !f.Limits:
		return finding("cgroups", Warn, "boot with cgroup_enable=memory", "version %s; memory cannot be limited", orNone(f.Cgroup))
	}
	return finding("cgroups", OK, "", "version %s; processes can be paused, memory can be limited", orNone(f.Cgroup))
}

func orNone(version string) string {
	if version == "" {
		return "unknown"
	}
	return version
}

func kernel(f Facts) Finding {
	switch {
	case !f.Bridge:
		return finding("kernel", Missing, "modprobe bridge veth, then restart the engine", "the engine has no bridge networks")
	case !f.Forward:
		return finding("kernel", Missing, "sysctl -w net.ipv4.ip_forward=1", "IPv4 is not forwarded: containers do not reach each other")
	}
	return finding("kernel", OK, "", "bridge networks, IPv4 forwarding; lag and loss need no netem")
}

func reaping(f Facts) Finding {
	if !strings.HasPrefix(f.Host, "unix://") {
		return finding("reaper", Warn, "verify clean, after a run that was killed",
			"the engine at %s has no socket for a container: a run killed with SIGKILL leaves its containers", f.Host)
	}
	return finding("reaper", OK, "", "a killed run is removed by its reaper")
}

func memory(bytes int64) Finding {
	const fix = "give the machine (or Docker Desktop, under Resources) at least 4 GB"
	switch {
	case bytes <= 0:
		return finding("memory", Warn, "", "it cannot be read; three brokers need %d MiB", memoryLeast/mib)
	case bytes < memoryLeast:
		return finding("memory", Missing, fix, "%d MiB; three brokers need %d MiB", bytes/mib, memoryLeast/mib)
	case bytes < memoryGood:
		return finding("memory", Warn, fix, "%d MiB; three brokers are slow below %d MiB", bytes/mib, memoryGood/mib)
	}
	return finding("memory", OK, "", "%d MiB", bytes/mib)
}

func cores(n int) Finding {
	if n < coresGood {
		return finding("cores", Warn, "give the machine two cores, or run one scenario at a time (--parallel 1)", "%d: three brokers start slowly", n)
	}
	return finding("cores", OK, "", "%d", n)
}

func binary(err error) Finding {
	if err == nil {
		return finding("image of verify", OK, "", "made from this program at the first run")
	}
	f := Finding{What: "image of verify", Status: Missing, Found: oneLine(err), Fix: "CGO_ENABLED=0 go build ./cmd/verify"}
	var env *topologies.EnvironmentError
	if errors.As(err, &env) {
		f.Found, f.Fix = env.What, env.Try
	}
	return f
}

// image says whether the image is there, can be pulled, or can be built from
// Debian packages. Only the brokers of the suites are needed everywhere.
func image(ctx context.Context, p Probes, f Facts, r images.Recipe) Finding {
	what := "image " + r.Name
	if present := f.Images[r.Name]; present != "" {
		return finding(what, OK, "", "%s is present", present)
	}
	official := cmp.Or(p.Places[r.Name], r.OfficialTag(""))
	official = images.Complete(official, r.Version)
	build := r.Command("")
	if r.Name != images.Kafka.Name {
		return finding(what, OK, "", "not present; only scenarios with it need it ('%s'%s, or 'verify images pull %s')", build, taken(p, r.Tag("")), r.Name)
	}
	if err := p.Registry(ctx, official); err == nil {
		return finding(what, Warn, "verify images pull "+r.Name, "not present; the registry of %s answers, so that the first run pulls it%s", official, taken(p, official))
	}
	const none = "not present, and no registry gives it"
	switch {
	case p.Command("debootstrap") && p.Root:
		return finding(what, Missing, build, "%s; it can be built here%s", none, cmp.Or(taken(p, r.Tag("")), ", in some minutes"))
	case p.Command("debootstrap"):
		return finding(what, Missing, "sudo "+build, "%s; building its base needs root", none)
	}
	return finding(what, Missing, "apt-get install debootstrap, then "+build, "not present, no registry gives it, and debootstrap to build it is not installed")
}

// taken tells how long this machine needed for the image before; "" where it never did.
func taken(p Probes, image string) string {
	if d := p.Took(image); d > 0 {
		return fmt.Sprintf(", which took %s here before", d.Round(time.Second))
	}
	return ""
}

func ports(err error) Finding {
	if err != nil {
		f := Finding{What: "ports", Status: Missing, Found: oneLine(err), Fix: "ss -ltnp lists what holds them"}
		var env *topologies.EnvironmentError
		if errors.As(err, &env) {
			f.Found, f.Fix = env.What, env.Try
		}
		return f
	}
	return finding("ports", OK, "", "enough are free on 127.0.0.1")
}

func disk(p Probes, f Facts) Finding {
	const fix = "docker system prune, and verify clean"
	free, err := p.Free(f.Dir)
	switch {
	case err != nil:
		return finding("disk", Warn, "", "the free space in %s cannot be read from here; %d MiB are needed", f.Dir, diskLeast/mib)
	case free < diskLeast:
		return finding("disk", Missing, fix, "%d MiB free in %s; %d MiB are needed", free/mib, f.Dir, diskLeast/mib)
	case free < diskGood:
		return finding("disk", Warn, fix, "%d MiB free in %s; building images needs %d MiB", free/mib, f.Dir, diskGood/mib)
	}
	return finding("disk", OK, "", "%d MiB free in %s", free/mib, f.Dir)
}

func oneLine(err error) string { return strings.Join(strings.Fields(err.Error()), " ") }
