package report

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"surety/checker"
	"surety/checker/selfcheck"
)

// measured is a judge that found everything, and one that did not.
func measured(missed int64) SelfCheck {
	lost := selfcheck.Tally{
		Trials: 1000, Attempts: 1_900_000, Planted: 4123, Found: 4123 - missed, Exact: 1000 - missed,
		Due: 1000, Missed: missed, Sound: 999,
	}
	phantom := selfcheck.Tally{Trials: 1000, Attempts: 1_800_000, Planted: 3999, Found: 3999, Exact: 1000, Due: 1000}
	retried := selfcheck.Tally{Trials: 1000, Attempts: 900_000, Planted: 5000, Found: 5000, Exact: 1000, Sound: 1000}
	if missed > 0 {
		lost.Problem = "trial 7: out lost: 3 were counted, 4 planted"
	}
	return SelfCheck{
		Result: &selfcheck.Result{
			Seed: "1", Trials: 1000,
			Rows: []selfcheck.Row{
				{Kind: selfcheck.Kind{Name: "lost-middle", Class: checker.Lost, About: "records between others"}, Tally: lost},
				{Kind: selfcheck.Kind{Name: "phantom", Class: checker.Phantom, About: "a record that nobody wrote"}, Tally: phantom},
				{Kind: selfcheck.Kind{Name: "retried", Legal: true, About: "several attempts of a record"}, Tally: retried},
			},
			Rates: []selfcheck.Rate{{OneIn: 10, Tally: lost}, {OneIn: 1_000_000, Tally: phantom}},
		},
		Took: 83 * time.Second, Again: "verify selfcheck --seed 1 --trials 1000",
	}
}

func TestSelfCheckGolden(t *testing.T) {
	for name, c := range map[string]SelfCheck{
		"passed": measured(0), "failed": measured(2),
		"nothing": {Result: &selfcheck.Result{Seed: "1"}, Again: "verify selfcheck"},
	} {
		for ext, write := range map[string]func(SelfCheck, *bytes.Buffer) error{
			"txt":  func(c SelfCheck, b *bytes.Buffer) error { return c.Text(b) },
			"json": func(c SelfCheck, b *bytes.Buffer) error { return c.JSON(b) },
		} {
			var got bytes.Buffer
			if err := write(c, &got); err != nil {
				t.Fatal(err)
			}
			if ext == "json" && !json.Valid(got.Bytes()) {
				t.Errorf("%s is no JSON", name)
			}
			file := filepath.Join("testdata", "selfcheck-"+name+"."+ext)
			if *update {
				if err := os.WriteFile(file, got.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got.Bytes(), want) {
				t.Errorf("%s is another than %s (see it with -update):\n%s", name, file, got.String())
			}
		}
	}
}
