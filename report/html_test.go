package report

import (
	"encoding/xml"
	"io"
	"regexp"
	"strings"
	"testing"

	"surety/checker"
	"surety/checker/history"
)

// drawn is a model whose run has everything that a page can show.
func drawn(t *testing.T, records int) *Model {
	t.Helper()
	dir, _, _ := story(t, records)
	spec := checker.Spec{Sinks: []checker.SinkSpec{{Name: "output", Oracle: "identity", Guarantee: guarantee(checker.ExactlyOnce)}}}
	v, err := checker.Judge(func() (*history.Reader, error) { return history.Open(dir) }, spec)
	if err != nil {
		t.Fatal(err)
	}
	v.Faults = []checker.FaultResult{{Label: `kill "<processor>"`, Shown: true, From: 20 * ms, To: 60 * ms, Recovery: 30 * ms, Offered: 40}}
	r := Run{Scenario: "story", Guarantee: guarantee(checker.ExactlyOnce), Verdict: v, Expect: "upheld", Faults: []string{"kill"}}
	if r.Records, err = Load(dir, v); err != nil {
		t.Fatal(err)
	}
	return model(1, r)
}

var outside = regexp.MustCompile(`(?i)<script|\bsrc=|@import|url\(|href="(?:[^#d]|d[^a])|\son[a-z]+=`)

func TestAPageNeedsNothingBesides(t *testing.T) {
	all := models()
	all["drawn"] = drawn(t, 500)
	for name, m := range all {
		text := string(render(t, HTML{}, m))
		if found := outside.FindString(text); found != "" {
			t.Errorf("%s: the page has %q", name, found)
		}
		if !strings.HasPrefix(text, "<!doctype html>") || !strings.Contains(text, "prefers-color-scheme: dark") || !strings.Contains(text, "@media print") {
			t.Errorf("%s is no page for both colour schemes and paper", name)
		}
	}
}

func TestAPageShowsEveryPlotAndTheFaultsBehind(t *testing.T) {
	text := string(render(t, HTML{}, drawn(t, 500)))
	says := func(s string, n int) {
		if got := strings.Count(text, s); got != n {
			t.Errorf("%q stands %d times in the page, not %d", s, got, n)
		}
	}
	says(`role="img"`, 4+manyLanes)
	says(`class="faultno"`, 4+manyLanes-1) // one finding is of before the fault
	says("lost: 50 at the end", 1)
	says("duplicated: 20 at the end", 1)
	says("could be placed", 0)
	says("✘ never seen", 1) // the first that was lost, and three that came twice
	says("seen 2 times", 3)
	says("<processor>", 0)
}

// What a page draws is well formed, and no number in it is out of the picture.
func TestPicturesAreWellFormed(t *testing.T) {
	for _, n := range []int{1, 2, 30, 3000} {
		m := drawn(t, n)
		var pictures []string
		for _, p := range plots(m.Runs[0].Records.Timeline, m.Runs[0].Verdict.Faults) {
			pictures = append(pictures, string(p.SVG))
		}
		for _, l := range lanePictures(m.Runs[0]) {
			pictures = append(pictures, string(l.SVG))
		}
		for _, p := range pictures {
			d := xml.NewDecoder(strings.NewReader(p))
			for {
				if _, err := d.Token(); err == io.EOF { //nolint:errorlint // the decoder returns it as it is
					break
				} else if err != nil {
					t.Fatalf("%d records: %v in\n%s", n, err, p)
				}
			}
			if strings.Contains(p, "NaN") || strings.Contains(p, "Inf") || strings.Contains(p, `"-`) {
				t.Errorf("%d records: a number that cannot be drawn in\n%s", n, p)
			}
		}
	}
}

// A page hardly grows with its run.
func TestAPageOfALongRunIsShort(t *testing.T) {
	if n := len(render(t, HTML{}, drawn(t, 20000))); n > 200<<10 {
		t.Errorf("%d bytes", n)
	}
}

func TestAPlotSaysWhatItCouldNotPlace(t *testing.T) {
	m := drawn(t, 500)
	m.Runs[0].Verdict.Sinks[0].Counts[checker.Lost] = 53
	if text := string(render(t, HTML{}, m)); !strings.Contains(text, "50 of 53 lost could be placed in time") {
		t.Error("the page has another number in its plot than in its table, and does not say why")
	}
}

func TestAMatrixPutsGuaranteesBesideEachOther(t *testing.T) {
	other := upheld()
	other.Scenario, other.Guarantee = "crash-exactly-once", guarantee(checker.ExactlyOnce)
	m := matrixOf([]Run{upheld(), other, violated(), unsupported()})
	if len(m.Columns) != 2 || len(m.Rows) != 3 {
		t.Fatalf("%+v", m)
	}
	if r := m.Rows[0]; r.Name != "crash" || len(r.Cells[0]) != 1 || len(r.Cells[1]) != 1 {
		t.Errorf("the first row is %+v", r)
	}
	if c := m.Rows[1].Cells[1][0]; c.Sign != signViolated || c.State != "bad" || c.ID != "run-3" {
		t.Errorf("a violation is shown as %+v", c)
	}
}

func TestAxesEndOnRoundNumbers(t *testing.T) {
	for _, tt := range []struct {
		reason string
		v      float64
		top    float64
		text   string
	}{
		{"nothing", 0, 1, "1"},
		{"below one", 0.3, 0.5, "0.5"},
		{"a round number", 200, 200, "200"},
		{"just above it", 201, 500, "500"},
		{"many", 43210, 50000, "50k"},
		{"very many", 1.2e6, 2e6, "2M"},
	} {
		if top := niceAbove(tt.v); top != tt.top || tick(top) != tt.text {
			t.Errorf("%s: %v ends at %v, %s", tt.reason, tt.v, top, tick(top))
		}
	}
}
