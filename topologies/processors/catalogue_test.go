package processors

import (
	"slices"
	"strings"
	"testing"
)

func TestCatalogueIsComplete(t *testing.T) {
	deliveries := []string{"at-most-once", "at-least-once", "exactly-once"}
	seen := map[string]bool{}
	for _, p := range All {
		if p.Name == "" || p.About == "" || p.Run == nil {
			t.Errorf("%q lacks a name, a description or a program", p.Name)
		}
		if seen[p.Name] {
			t.Errorf("%s is listed twice", p.Name)
		}
		seen[p.Name] = true
		if !slices.Contains(deliveries, p.Declares) {
			t.Errorf("%s declares %q", p.Name, p.Declares)
		}
		if p.Order != "key" && p.Order != "none" {
			t.Errorf("%s has order %q", p.Name, p.Order)
		}
		if !p.Broken {
			if p.Twin+p.Breaks+p.Under+p.How != "" {
				t.Errorf("%s is correct and yet names a twin or a fault", p.Name)
			}
			continue
		}
		if _, known := faults[p.Under]; !known && p.Under != "poison" {
			t.Errorf("%s names the fault %q, which no test does", p.Name, p.Under)
		}
		if p.How == "" {
			t.Errorf("%s does not say how its fault shows it", p.Name)
		}
		if p.Oracle != "" || p.Effects {
			continue
		}
		if legal := (tally{lost: 1, duplicated: 1, reordered: 1}).breaks(p); !slices.Contains(legal, "1 "+p.Breaks) {
			t.Errorf("%s shows %q, which its claim allows", p.Name, p.Breaks)
		}
		twin, err := Find(p.Twin)
		if err != nil || twin.Broken {
			t.Errorf("%s has no correct twin: %q, %v", p.Name, p.Twin, err)
		} else if !slices.Contains(tally{lost: 1, duplicated: 1, reordered: 1}.breaks(twin), "1 "+p.Breaks) {
			t.Errorf("%s shows %s, which its twin %s may show too", p.Name, p.Breaks, p.Twin)
		}
	}
	for _, d := range deliveries {
		if !seen[d] {
			t.Errorf("no reference for %s", d)
		}
	}
}

func TestUnknownNamesListTheKnown(t *testing.T) {
	for _, tc := range []struct{ name, hint, reason string }{
		{"exactly-onec", `did you mean "exactly-once"?`, "two letters changed places"},
		{"forgetfuldedup", `did you mean "forgetful-dedup"?`, "a hyphen is missing"},
		{"at-least-onse", `did you mean "at-least-once"?`, "nearer than at-most-once"},
		{"kafka", "", "nothing is near"},
		{"", "", "nothing was asked for"},
	} {
		_, err := Find(tc.name)
		if err == nil {
			t.Errorf("Find(%q) gives no error: %s", tc.name, tc.reason)
			continue
		}
		if got := strings.Contains(err.Error(), "did you mean"); got != (tc.hint != "") || !strings.Contains(err.Error(), tc.hint) {
			t.Errorf("Find(%q) says %q: %s", tc.name, err, tc.reason)
		}
		for _, p := range All {
			if !strings.Contains(err.Error(), p.Name) {
				t.Errorf("Find(%q) does not list %s", tc.name, p.Name)
			}
		}
	}
}
