package report

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/olekukonko/tablewriter/tw"

	"surety/checker"
	"surety/checker/selfcheck"
)

// SelfCheck is how the judge did on planted histories.
type SelfCheck struct {
	*selfcheck.Result
	Took  time.Duration
	Again string // command line that draws the same again
}

// totals sums the rows.
func (c SelfCheck) totals() (anomalies, all selfcheck.Tally) {
	for _, r := range c.Rows {
		all.Add(&r.Tally)
		if !r.Legal {
			anomalies.Add(&r.Tally)
		}
	}
	return anomalies, all
}

// detection is the share of histories to be violated that were, by the classes planted.
func detection(t *selfcheck.Tally) Rate { return RateOf(t.Due-t.Missed, t.Due) }

// exactness is the share of histories in which every count was right.
func exactness(t *selfcheck.Tally) Rate { return RateOf(t.Exact, t.Trials) }

// falseAlarms is the share of histories to be upheld that were not.
func falseAlarms(t *selfcheck.Tally) Rate { return RateOf(t.FalseAlarms, t.Sound) }

// Text writes the tables for people.
func (c SelfCheck) Text(w io.Writer) error {
	var b strings.Builder
	say := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	say("surety  selfcheck of the judge · seed %s · histories of each kind: %s\n", c.Seed, grouped(int64(c.Trials)))
	if err := c.anomalies(&b); err != nil {
		return err
	}
	if err := c.legal(&b); err != nil {
		return err
	}
	if err := c.rates(&b); err != nil {
		return err
	}
	for _, r := range c.Rows {
		if r.Problem != "" {
			say(" %s %s: %s", signViolated, r.Name, r.Problem)
		}
	}
	anomalies, all := c.totals()
	verdict := signUpheld + " passed"
	if !c.Passed() {
		verdict = signViolated + " failed"
	}
	say(" %s: %s of %s anomalies found · counts exact in %s of %s histories %s", verdict, grouped(anomalies.Found),
		grouped(anomalies.Planted), grouped(all.Exact), grouped(all.Trials), exactness(&all))
	say("   violated %s of %s that had to be %s · false alarms %s of %s that had to be upheld %s",
		grouped(all.Due-all.Missed), grouped(all.Due), detection(&all), grouped(all.FalseAlarms), grouped(all.Sound), falseAlarms(&all))
	say("   intervals: Clopper–Pearson, %.0f %% · %s records tried · %s", 100*Confidence, grouped(all.Attempts), tenths(c.Took))
	say(" again  %s", c.Again)
	_, err := io.WriteString(w, b.String())
	return err
}

var selfCheckAlign = []tw.Align{
	tw.AlignLeft, tw.AlignLeft, tw.AlignRight, tw.AlignRight, tw.AlignRight, tw.AlignLeft, tw.AlignRight, tw.AlignRight, tw.AlignLeft, tw.AlignRight,
}

func of(n, all int64) string { return grouped(n) + " of " + grouped(all) }

func (c SelfCheck) anomalies(w io.Writer) error {
	return c.section(w, []string{
		"anomaly", "class", "planted", "found", "violated", "detection", "exact", "false alarms", "", "others",
	}, false, func(r selfcheck.Row) []string {
		t := &r.Tally
		return []string{
			r.Name, string(r.Class), grouped(t.Planted), grouped(t.Found), of(t.Due-t.Missed, t.Due), detection(t).String(),
			of(t.Exact, t.Trials), of(t.FalseAlarms, t.Sound), falseAlarms(t).String(), grouped(t.Others),
		}
	})
}

func (c SelfCheck) legal(w io.Writer) error {
	return c.section(w, []string{"legal", "counted as", "planted", "counted", "", "", "exact", "false alarms", "", "others"}, true,
		func(r selfcheck.Row) []string {
			t := &r.Tally
			return []string{
				r.Name, string(r.Class), grouped(t.Planted), grouped(t.Found), "", "", of(t.Exact, t.Trials),
				of(t.FalseAlarms, t.Sound), falseAlarms(t).String(), grouped(t.Others),
			}
		})
}

func (c SelfCheck) section(w io.Writer, header []string, legal bool, cells func(selfcheck.Row) []string) error {
	var rows [][]string
	for _, r := range c.Rows {
		if r.Legal == legal {
			rows = append(rows, cells(r))
		}
	}
	if len(rows) == 0 {
		return nil
	}
	if err := table(w, selfCheckAlign, header, rows); err != nil {
		return err
	}
	_, err := fmt.Fprintln(w)
	return err
}

func (c SelfCheck) rates(w io.Writer) error {
	var rows [][]string
	for _, r := range c.Rates {
		t := &r.Tally
		rows = append(rows, []string{
			grouped(int64(r.OneIn)), grouped(t.Attempts), grouped(t.Planted), grouped(t.Found), of(t.Due-t.Missed, t.Due), detection(t).String(),
			of(t.Exact, t.Trials), "", "", grouped(t.Others),
		})
	}
	if len(rows) == 0 {
		return nil
	}
	header := []string{"anomalies, 1 in about", "records", "planted", "found", "violated", "detection", "exact", "", "", "others"}
	if err := table(w, selfCheckAlign, header, rows); err != nil {
		return err
	}
	_, err := fmt.Fprintln(w)
	return err
}

type selfCheckJSON struct {
	Format     int                 `json:"format"`
	Seed       string              `json:"seed"`
	Trials     int                 `json:"trials"` // histories of each kind
	Passed     bool                `json:"passed"`
	Confidence float64             `json:"confidence"`
	Kinds      []selfCheckKindJSON `json:"kinds"`
	Rates      []selfCheckRateJSON `json:"rates"`
	Anomalies  selfCheckTallyJSON  `json:"anomalies"` // all kinds that must be found
	All        selfCheckTallyJSON  `json:"all"`
	TookS      float64             `json:"took_s"`
	Again      string              `json:"again"`
}

type selfCheckKindJSON struct {
	Kind  string        `json:"kind"`
	Class checker.Class `json:"class,omitempty"`
	Legal bool          `json:"legal"`
	About string        `json:"about"`
	selfCheckTallyJSON
}

type selfCheckRateJSON struct {
	OneIn int `json:"one_in"` // records, for each anomaly
	selfCheckTallyJSON
}

type selfCheckTallyJSON struct {
	selfcheck.Tally
	Detection   Rate `json:"detection"`
	Exactness   Rate `json:"exactness"`
	FalseAlarms Rate `json:"false_alarm"`
}

func tallyJSON(t selfcheck.Tally) selfCheckTallyJSON {
	return selfCheckTallyJSON{t, detection(&t), exactness(&t), falseAlarms(&t)}
}

// JSON writes one document.
func (c SelfCheck) JSON(w io.Writer) error {
	anomalies, all := c.totals()
	anomalies.Problem, all.Problem = "", ""
	d := selfCheckJSON{
		Format: JSONFormat, Seed: c.Seed, Trials: c.Trials, Passed: c.Passed(), Confidence: Confidence,
		Kinds: []selfCheckKindJSON{}, Rates: []selfCheckRateJSON{},
		Anomalies: tallyJSON(anomalies), All: tallyJSON(all), TookS: seconds(c.Took), Again: c.Again,
	}
	for _, r := range c.Rows {
		d.Kinds = append(d.Kinds, selfCheckKindJSON{r.Name, r.Class, r.Legal, r.About, tallyJSON(r.Tally)})
	}
	for _, r := range c.Rates {
		r.Problem = ""
		d.Rates = append(d.Rates, selfCheckRateJSON{r.OneIn, tallyJSON(r.Tally)})
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(d)
}
