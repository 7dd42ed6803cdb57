package checker

import (
	"slices"
	"strings"
	"testing"
	"time"

	"surety/checker/predicate"
)

func TestOracleTakesItsParametersAndNoOthers(t *testing.T) {
	odd, err := predicate.Parse("seq % 2 == 1")
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		why, oracle string
		p           Params
		want        string // of the error; empty = fine
	}{
		{"nothing is needed", "identity", Params{}, ""},
		{"no name is identity", "", Params{}, ""},
		{"a filter wants its predicate", "filter", Params{}, "the oracle filter wants keep"},
		{"and has it", "filter", Params{Keep: odd}, ""},
		{"a parameter of another oracle", "count", Params{Keep: odd}, "the oracle count takes no parameter, not keep"},
		{"lateness is optional", "window", Params{Size: time.Second}, ""},
		{"a window has a size", "window", Params{Lateness: time.Second}, "the oracle window wants size"},
		{"what is taken is listed", "window", Params{Size: time.Second, TTL: 1}, "the oracle window takes size, lateness, not ttl"},
		{"event times are milliseconds", "window", Params{Size: time.Microsecond}, "whole milliseconds"},
		{"no time is negative", "dedup", Params{TTL: -time.Second}, "not negative"},
		{"a fan-out has a bound", "fan-out", Params{Outputs: 65}, "between 1 and 64"},
		{"and is not negative", "fan-out", Params{Outputs: -1}, "between 1 and 64"},
	} {
		o, known := OracleNamed(row.oracle)
		if !known {
			t.Errorf("%s: the oracle %q is not known", row.why, row.oracle)
			continue
		}
		switch err := o.Check(row.p); {
		case row.want == "" && err != nil:
			t.Errorf("%s: %v", row.why, err)
		case row.want != "" && (err == nil || !strings.Contains(err.Error(), row.want)):
			t.Errorf("%s: %v, want %q", row.why, err, row.want)
		}
	}
	if _, known := OracleNamed("perhaps"); known {
		t.Error("an oracle that nobody wrote is known")
	}
}

func TestOraclesHaveNamesAndWordsOfTheirOwn(t *testing.T) {
	seen := []string{}
	for _, o := range Oracles {
		if o.Name == "" || o.About == "" || slices.Contains(seen, o.Name) {
			t.Errorf("the oracle %q is about %q", o.Name, o.About)
		}
		seen = append(seen, o.Name)
	}
}

func TestWindowsTileTheTime(t *testing.T) {
	p := Params{Size: 10 * time.Millisecond, Lateness: 3 * time.Millisecond}
	for _, row := range []struct {
		why                   string
		event, window, closes int64
	}{
		{"a window begins with its start", 20, 20, 33},
		{"and ends before the next", 29, 20, 33},
		{"the next", 30, 30, 43},
		{"before the epoch time is rounded down as well", -1, -10, 3},
		{"at a start before the epoch", -10, -10, 3},
	} {
		if w, c := p.window(row.event), p.closes(row.event); w != row.window || c != row.closes {
			t.Errorf("%s: %d falls into %d, which closes at %d; want %d and %d", row.why, row.event, w, c, row.window, row.closes)
		}
	}
}

func TestParametersAreSetByTheirTexts(t *testing.T) {
	var p Params
	for _, row := range []struct{ name, text, want string }{
		{"keep", "seq % 2 == 1", ""}, {"table", "key % 3 == 0", ""}, {"outputs", "3", ""},
		{"ttl", "5s", ""}, {"size", "1m", ""}, {"lateness", "250ms", ""},
		{"outputs", "many", "outputs: "}, {"size", "5", "size: "}, {"keep", "odd", "keep: "}, {"sizes", "5s", "known are keep"},
	} {
		switch err := p.Set(row.name, row.text); {
		case row.want == "" && err != nil:
			t.Errorf("%s=%s: %v", row.name, row.text, err)
		case row.want != "" && (err == nil || !strings.Contains(err.Error(), row.want)):
			t.Errorf("%s=%s: %v, want %q", row.name, row.text, err, row.want)
		}
	}
	p.Keep, p.Table = predicate.Predicate{}, predicate.Predicate{}
	if p.TTL != 5*time.Second || p.Lateness != 250*time.Millisecond {
		t.Errorf("%+v", p)
	}
}
