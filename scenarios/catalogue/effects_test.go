package catalogue

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"surety/faults"
	"surety/topologies"
	"surety/topologies/docker/engine"
)

var update = flag.Bool("update", false, "write the table of effects anew")

// effectsFile is the table that people read.
const effectsFile = "../../faults/EFFECTS.md"

// effect is one row of the table: a fault, and what it must do wherever a provider
// can do it.
type effect struct {
	says    string // the fault as a scenario writes it
	fault   faults.Fault
	length  time.Duration // at least
	measure measure
}

func effects() []effect {
	const (
		all     = faults.Selector("processor/*")
		one     = faults.Selector("processor/1")
		first   = faults.Selector("broker/1")
		brokers = faults.Selector("broker/*")
		second  = faults.Selector("broker/2")
		clients = faults.Selector("driver+processor/*")
	)
	pair := []faults.Selector{all, first}
	return []effect{
		{"lag: {delay: 100ms}", &faults.Lag{From: all, To: first, Delay: 100 * time.Millisecond}, 2 * time.Second, slower(100*time.Millisecond, 0)},
		{"lag: {delay: 200ms, jitter: 50ms}", &faults.Lag{From: all, To: first, Delay: 200 * time.Millisecond, Jitter: 50 * time.Millisecond, Seed: 7}, 3 * time.Second, slower(200*time.Millisecond, 50*time.Millisecond)},
		{"bandwidth: {rate: 128KiB/s}", &faults.Bandwidth{From: all, To: first, Rate: "128KiB/s"}, 4 * time.Second, narrower(128 << 10)},
		{"cut: {from: processor/*, to: broker/1}", &faults.Cut{From: all, To: first}, 2 * time.Second, oneWay},
		{"cut: {between: [processor/*, broker/1]}", &faults.Cut{Between: pair}, 1500 * time.Millisecond, silent},
		{"cut: {between: [processor/1, broker/1]}", &faults.Cut{Between: []faults.Selector{one, first}}, 1500 * time.Millisecond, apart},
		{"cut: {..., how: silent-reset}", &faults.Cut{Between: pair, How: faults.SilentReset}, 1500 * time.Millisecond, discarded},
		{"cut: {..., how: refuse}", &faults.Cut{Between: pair, How: faults.Refused}, time.Second, turnedAway("closed", "refused")},
		{"cut: {..., how: reset}", &faults.Cut{Between: pair, How: faults.Rejected}, time.Second, turnedAway("reset", "reset")},
		{"cut: {between: [broker/1, broker/*]}", &faults.Cut{Between: []faults.Selector{first, brokers}}, 2 * time.Second, together},
		{"isolate: {target: processor/*}", &faults.Isolate{Target: all}, 1500 * time.Millisecond, together},
		{"isolate: {target: broker/1}", &faults.Isolate{Target: first}, 1500 * time.Millisecond, together},
		{"isolate: {target: broker/1, from: broker/*}", &faults.Isolate{Target: first, From: brokers}, 1500 * time.Millisecond, peersOnly},
		{"isolate: {target: broker/1, from: driver+processor/*}", &faults.Isolate{Target: first, From: clients}, 1500 * time.Millisecond, silent},
		{"cut: {between: [driver+processor/*, broker/*]}", &faults.Cut{Between: []faults.Selector{clients, brokers}}, 1500 * time.Millisecond, silent},
		{"reset: {from: processor/*, to: broker/1}", &faults.Reset{From: all, To: first}, 200 * time.Millisecond, cutOff},
		{"flap: {down: 200ms, up: 300ms}", &faults.Flap{Between: pair, Down: 200 * time.Millisecond, Up: 300 * time.Millisecond}, 2500 * time.Millisecond, flaps(200 * time.Millisecond)},
		{"intercept: {match: {api: [Fetch]}, occurrence: {nth: 2}, act: {after: cut}}", &faults.Intercept{
			Target: one, Match: topologies.Match{API: []string{"Fetch"}}, Occurrence: topologies.Occurrence{Nth: 2},
			Act: topologies.Act{After: topologies.CutOff},
		}, 1500 * time.Millisecond, unheard},
		{"intercept: {window: fetch-stall}", &faults.Intercept{Target: one, Window: "fetch-stall"}, 2500 * time.Millisecond, stalled},

		{"kill: {target: processor/1}", &faults.Kill{Target: one}, 300 * time.Millisecond, ends("processor-1", 137)},
		{"kill: {target: processor/1, disk: empty}", &faults.Kill{Target: one, Disk: faults.Empty}, 300 * time.Millisecond, ends("processor-1", 137)},
		{"pause: {target: processor/1}", &faults.Pause{Target: one}, time.Second, stands},
		{"stop: {target: processor/1}", &faults.Stop{Target: one}, 300 * time.Millisecond, ends("processor-1", 0)},
		{"restart: {target: processor/1}", &faults.Restart{Target: one}, 300 * time.Millisecond, ends("processor-1", 0)},
		{"restart: {target: processor/1, how: kill, disk: empty}", &faults.Restart{Target: one, How: faults.ByKill, Disk: faults.Empty}, 300 * time.Millisecond, ends("processor-1", 137)},
		{"crash-loop: {target: processor/1, times: 3, up: 200ms}", &faults.CrashLoop{Target: one, Times: 3, Up: 200 * time.Millisecond}, 0, crashes("processor-1", 3)},

		{"roll: {target: processor/*}", &faults.Roll{Target: all}, 300 * time.Millisecond, rolls("")},
		{"roll: {target: processor/*, to: v2, back: true}", &faults.Roll{Target: all, To: "v2", Back: true}, 300 * time.Millisecond, rolls("v2")},
		{"scale: {target: processor/*, to: 3}", &faults.Scale{Target: all, To: 3}, time.Second, joins},
		{"scale: {target: processor/*, to: 1}", &faults.Scale{Target: all, To: 1}, time.Second, leaves},
		{"throttle: {target: processor/1, to: 20%}", &faults.Throttle{Target: one, To: "20%", Turn: 500 * time.Millisecond}, 3 * time.Second, slows(0.2, 500*time.Millisecond)},
		{"surge: {times: 5}", &faults.Surge{Times: 5}, 2 * time.Second, surges(5)},

		{"kill: {target: broker/2}", &faults.Kill{Target: second}, time.Second, ends("broker-2", 137)},
		{"kill: {target: broker/2, disk: empty}", &faults.Kill{Target: second, Disk: faults.Empty}, 4 * time.Second, ends("broker-2", 137)},
		{"pause: {target: broker/1}", &faults.Pause{Target: first}, 1500 * time.Millisecond, brokerStands},
		{"stop: {target: broker/2}", &faults.Stop{Target: second}, time.Second, ends("broker-2", -1)},
		{"restart: {target: broker/2}", &faults.Restart{Target: second}, 0, ends("broker-2", -1)},
		{"throttle: {target: broker/1, to: 20%}", &faults.Throttle{Target: first, To: "20%", Turn: 500 * time.Millisecond}, 3 * time.Second, slows(0.2, 500*time.Millisecond)},
		{"roll: {target: broker/2}", &faults.Roll{Target: second}, 0, ends("broker-2", -1)},
		{"crash-loop: {target: broker/2, times: 2, up: 500ms}", &faults.CrashLoop{Target: second, Times: 2, Up: 500 * time.Millisecond}, 0, crashes("broker-2", 2)},
	}
}

// suffered runs every row that the provider can do and gives the cells by row.
func suffered(t *testing.T, r *rig) map[string]string {
	t.Helper()
	cells := map[string]string{}
	for _, e := range effects() {
		if missing := r.provider.Capabilities().Missing(e.fault.Needs()); len(missing) > 0 {
			cells[e.says] = "*unsupported*: " + join(missing)
			continue
		}
		t.Run(e.says, func(t *testing.T) {
			c, err := r.suffer(t, e.fault, e.length)
			if err != nil {
				t.Fatalf("%s: %v", e.fault.Label(), err)
			}
			cell, err := e.measure(c)
			if err != nil {
				t.Errorf("%s: %s: %v", e.fault.Label(), cell, err)
			}
			t.Log(cell)
			cells[e.says] = cell
		})
	}
	return cells
}

func join(list []topologies.Capability) string {
	var out []string
	for _, c := range list {
		out = append(out, "`"+string(c)+"`")
	}
	return strings.Join(out, ", ")
}

func TestEffectsOfFaultsOnEmbeddedNodesAndLinks(t *testing.T) {
	suffered(t, embeddedRig(t))
}

func embeddedRig(t *testing.T) *rig {
	t.Helper()
	p, err := Provider("embedded")
	if err != nil {
		t.Fatal(err)
	}
	return raise(t, p, topologies.ProcessorSpec{Command: []string{buildProbe(t, "")}})
}

// The table is made from both providers at once; in each the test holds what it
// measures to what was asked.
func TestContainersEffectsOfFaults(t *testing.T) {
	e, err := engine.Open(t.Context())
	if err != nil {
		if os.Getenv("SURETY_REQUIRE_DOCKER") == "1" {
			t.Fatalf("SURETY_REQUIRE_DOCKER=1: %v", err)
		}
		t.Skipf("SKIPPED, no containers here: %v", err)
	}
	defer func() { _ = e.Close() }()
	buildProbeImage(t, e)
	p, err := Provider("docker")
	if err != nil {
		t.Fatal(err)
	}
	r := raise(t, p, topologies.ProcessorSpec{Image: probeImage})
	cells := map[string]map[string]string{"docker": suffered(t, r)}
	if !*update || t.Failed() {
		return
	}
	cells["embedded"] = suffered(t, embeddedRig(t))
	if t.Failed() {
		return
	}
	if err := os.WriteFile(filepath.FromSlash(effectsFile), []byte(table(cells, r.Versions()["kafka"], e.Version)), 0o644); err != nil {
		t.Fatal(err)
	}
}

func table(cells map[string]map[string]string, kafka, docker string) string {
	var b strings.Builder
	fmt.Fprintf(&b, `# What the faults do, as measured

Made by a test, which also holds the figures to what was asked (lag within 10 %%, bandwidth
within 20 %%): `+"`go test ./scenarios/catalogue -run TestContainersEffects -update`"+`. Round trips,
rates, silences, order and the ends of connections are those that a client saw on the victim's
side of the links; exit codes and times of processes are the system's. Measured with %d cores,
Kafka %s and Docker %s. The embedded provider emulates brokers. *unsupported* names the
capability that the provider lacks; a scenario that needs it is refused aloud.

| fault | embedded | docker |
|---|---|---|
`, runtime.NumCPU(), kafka, docker)
	for _, e := range effects() {
		fmt.Fprintf(&b, "| %s | %s | %s |\n", "`"+e.says+"`", cells["embedded"][e.says], cells["docker"][e.says])
	}
	return b.String()
}

func TestTheTableOfEffectsHasEveryRow(t *testing.T) {
	text, err := os.ReadFile(filepath.FromSlash(effectsFile))
	if err != nil {
		t.Fatal(err)
	}
	used := map[string]bool{}
	for _, e := range effects() {
		used[e.fault.Name()] = true
		row := "| `" + e.says + "` | "
		i := strings.Index(string(text), row)
		if i < 0 {
			t.Errorf("%s has no row %s: make it anew with -update", effectsFile, row)
			continue
		}
		line, _, _ := strings.Cut(string(text)[i:], "\n")
		columns := strings.Split(line, " | ")
		if len(columns) != 3 {
			t.Errorf("a row of another shape: %s", line)
			continue
		}
		for k, name := range []string{"embedded", "docker"} {
			p, err := Provider(name)
			if err != nil {
				t.Fatal(err)
			}
			can := len(p.Capabilities().Missing(e.fault.Needs())) == 0
			if said := !strings.Contains(columns[k+1], "*unsupported*"); said != can {
				t.Errorf("%s on %s: the provider can: %t, the table says %t", e.says, name, can, said)
			}
		}
	}
	// What it does is measured where its sink is: it is about no node and no link.
	used[(*faults.LoseAnswers)(nil).Name()] = true
	// A crash at a point of a service's own is shown by the suite emission.
	used[new(faults.Crash).Name()] = true
	for _, name := range Vocabulary().Faults {
		if !used[name] {
			t.Errorf("the fault %s has no row in the table of effects", name)
		}
	}
}

// Every capability that a provider declares is shown by a row of the table or is
// about what it runs, so that nothing is declared that no test uses.
func TestEveryDeclaredCapabilityIsShownByAnEffect(t *testing.T) {
	elsewhere := []topologies.Capability{topologies.RunCommand, topologies.RunImage, topologies.LimitNodes, topologies.UpgradeBroker, topologies.Database, topologies.TakeEffects, topologies.TakeOrders}
	for _, p := range Providers {
		shown := topologies.NewSet(elsewhere...)
		for _, e := range effects() {
			if need := e.fault.Needs(); len(p.Capabilities().Missing(need)) == 0 {
				for _, c := range need {
					shown[c] = true
				}
			}
		}
		for c := range p.Capabilities() {
			if !shown[c] {
				t.Errorf("%s declares %s, which no effect shows", p.Name(), c)
			}
		}
	}
}
