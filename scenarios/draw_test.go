package scenarios

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"surety/faults"
)

// lies tells where a drawn fault lies.
type lies struct {
	name     string
	from, to time.Duration
	victims  []faults.Selector
}

func drawnOf(t *rapid.T, p *Plan) (out []lies) {
	for i, st := range p.Steps {
		if !p.Judge.Faults[i].Drawn {
			t.Fatalf("step %d of a schedule that is drawn is not marked so", i)
		}
		f, err := st.Fault(words())
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, lies{st.Name, st.At, st.At + st.For, faults.Victims(f)})
	}
	return out
}

func (a lies) over(b lies) bool { return a.from < b.to && b.from < a.to }

// Whatever the seed, a drawn schedule keeps the rules that the scenario gives it.
func TestDrawnSchedulesKeepTheirRules(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		count, overlap := rapid.IntRange(1, 12).Draw(t, "count"), rapid.IntRange(1, 3).Draw(t, "overlap")
		quiet := time.Duration(rapid.IntRange(0, 2000).Draw(t, "quiet")) * time.Millisecond
		seed := Seed(rapid.StringMatching(`[0-9a-f]{1,16}`).Draw(t, "seed"))
		text := fmt.Sprintf(`scenario: x
topology: {provider: docker, processors: [{reference: at-least-once, instances: 6}]}
workload: {records: 90000, rate: 1000/s}
faults:
  - draw:
      {count: %d, overlap: %d, quiet: %s, during: 10%%..80%%, from: [kill: {target: any(processor), for: 200ms..2s, weight: 4},
       pause: {target: any(processor), for: 1s}, stop: {target: any(broker), for: 1s, alone: true}]}
`, count, overlap, quiet)
		p, err := resolved(text, seed)
		if err != nil {
			if strings.Contains(err.Error(), "no way was found") {
				t.Skip("more overlap than the targets allow")
			}
			t.Fatal(err)
		}
		list := drawnOf(t, p)
		if len(list) != count {
			t.Fatalf("%d faults of %d", len(list), count)
		}
		for i, a := range list {
			if a.from < 9*time.Second || a.to > 72*time.Second {
				t.Fatalf("%s lies from %s to %s, outside of 9s to 72s", a.name, a.from, a.to)
			}
			on := 1
			for k, b := range list {
				if k == i {
					continue
				}
				if k > i && b.from < a.from {
					t.Fatalf("the faults are not in the order of their times")
				}
				if overlap == 1 && k > i && b.from < a.to+quiet {
					t.Fatalf("%s follows %s within %s", b.name, a.name, b.from-a.to)
				}
				if !a.over(b) {
					continue
				}
				if a.name == "stop" || b.name == "stop" {
					t.Fatalf("%s and %s are on together, but a stop is to be alone", a.name, b.name)
				}
				if a.victims[0] == b.victims[0] {
					t.Fatalf("two faults are on %s together", a.victims[0])
				}
				if b.from <= a.from && a.from < b.to {
					on++
				}
			}
			if on > overlap {
				t.Fatalf("%d faults are on together, %d may be", on, overlap)
			}
		}
	})
}

func TestOneFaultIsDrawnInEachTime(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		seed := Seed(rapid.StringMatching(`[0-9a-f]{1,16}`).Draw(t, "seed"))
		p, err := resolved("scenario: x\n"+p[:len("topology: {")]+"provider: docker, "+p[len("topology: {"):]+`workload: {records: 20000, rate: 1000/s}
faults: [draw: {every: 4s, quiet: 1s, during: 2s..18s, from: [kill: {target: any(processor), for: 1s..2s}]}]
`, seed)
		if err != nil {
			t.Fatal(err)
		}
		list := drawnOf(t, p)
		if len(list) != 4 {
			t.Fatalf("%d faults in 16 s, one every 4 s", len(list))
		}
		for i, a := range list {
			slot := 2*time.Second + time.Duration(i)*4*time.Second
			if a.from < slot || a.to+time.Second > slot+4*time.Second {
				t.Fatalf("fault %d lies from %s to %s, its time begins at %s", i+1, a.from, a.to, slot)
			}
		}
	})
}

// Weights decide how often a fault is drawn.
func TestWeightsDecideHowOften(t *testing.T) {
	times := map[string]int{}
	for i := range 100 {
		p, err := resolved(scheduled, Seed(fmt.Sprintf("%x", i)))
		if err != nil {
			t.Fatal(err)
		}
		for k, st := range p.Steps {
			if p.Judge.Faults[k].Drawn && st.Name != "lag" {
				times[st.Name]++
			}
		}
	}
	// Of 800 drawn with the weights 3, 2, 1 and 1; a schedule that clashes is drawn
	// again, which is likelier with those that are to be alone.
	if times["kill"] < times["cut"] || times["cut"] < times["pause"] || times["stop"] == 0 || times["kill"] < 200 {
		t.Errorf("drawn were %v", times)
	}
}

func TestWhichSelectorsMayMeet(t *testing.T) {
	for _, tt := range []struct {
		a, b faults.Selector
		meet bool
	}{
		{"processor/1", "processor/1", true},
		{"processor/1", "processor/2", false},
		{"processor/1", "processor/*", true},
		{"processor/1", "broker/1", false},
		{"leader(input/0)", "broker/2", true},
		{"leader(input/0)", "processor/2", false},
		{"driver", "driver", true},
	} {
		if tt.a.Meets(tt.b) != tt.meet || tt.b.Meets(tt.a) != tt.meet {
			t.Errorf("%s and %s: want %t", tt.a, tt.b, tt.meet)
		}
	}
}
