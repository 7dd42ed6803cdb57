package main

import (
	"encoding/json"
	"testing"
)

func TestSelfCheckPassesAndSaysHowSure(t *testing.T) {
	got := verify(t, "selfcheck", "--seed", "2", "--trials", "2", "--class", "reordered")
	if got.code != exitUpheld {
		t.Errorf("exit code %d", got.code)
	}
	says(t, got.stdout, "reordered-across", "2 of 2", "✔ passed", "[0 %,", "again  verify selfcheck --seed 2 --trials 2 --class reordered")
	says(t, got.stderr, "selfcheck: 4 of 4 histories")

	got = verify(t, "selfcheck", "--seed", "2", "--trials", "2", "--class", "phantom", "--json")
	var d struct {
		Passed bool
		Kinds  []struct {
			Class          string
			Planted, Found int
			Detection      struct{ Low, High float64 }
		}
	}
	if err := json.Unmarshal([]byte(got.stdout), &d); err != nil || got.code != exitUpheld {
		t.Fatalf("exit code %d, error %v in\n%s", got.code, err, got.stdout)
	}
	if !d.Passed || len(d.Kinds) != 1 || d.Kinds[0].Class != "phantom" || d.Kinds[0].Planted == 0 ||
		d.Kinds[0].Found != d.Kinds[0].Planted || d.Kinds[0].Detection.High != 1 {
		t.Errorf("%+v", d)
	}
}
