package protocol_test

import (
	"strings"
	"testing"

	"surety/topologies"
	"surety/topologies/protocol"
)

func TestARuleIsCheckedBeforeItIsUsed(t *testing.T) {
	cut := topologies.Act{After: topologies.CutOff}
	for _, tt := range []struct {
		why  string
		rule topologies.Rule
		want string // part of the error; empty = none
	}{
		{"all requests", topologies.Rule{Act: cut}, ""},
		{"names in any case", topologies.Rule{Match: topologies.Match{API: []string{"endtxn", "InitProducerId"}}, Act: cut}, ""},
		{"an answer with an error", topologies.Rule{Act: topologies.Act{Before: topologies.Answer, Code: "NOT_COORDINATOR"}}, ""},
		{"poison in what is written", topologies.Rule{Match: topologies.Match{API: []string{"Produce"}}, Act: topologies.Act{Corrupt: topologies.Poison}}, ""},
		{"a slip of the pen", topologies.Rule{Match: topologies.Match{API: []string{"EndTx"}}, Act: cut}, `unknown request of kafka "EndTx" (did you mean "EndTxn"?)`},
		{"versions that are no range", topologies.Rule{Match: topologies.Match{From: 5, To: 3}, Act: cut}, "5 to 3"},
		{"an end that is none", topologies.Rule{Match: topologies.Match{End: "comit"}, Act: cut}, `"commit"`},
		{"a number below 1", topologies.Rule{Occurrence: topologies.Occurrence{Nth: -1}, Act: cut}, "count from 1"},
		{"nothing to do", topologies.Rule{}, "exactly one of before"},
		{"two things to do", topologies.Rule{Act: topologies.Act{Before: topologies.Drop, After: topologies.Lose}}, "exactly one of before"},
		{"an act of the other side", topologies.Rule{Act: topologies.Act{After: topologies.Late}}, `unknown way to act after "late"`},
		{"an answer without its error", topologies.Rule{Act: topologies.Act{After: topologies.Answer}}, "answer wants one"},
		{"an error that nobody gets", topologies.Rule{Act: topologies.Act{Before: topologies.Drop, Code: "NOT_COORDINATOR"}}, "answer wants one"},
		{"an error that is none", topologies.Rule{Act: topologies.Act{Before: topologies.Answer, Code: "NOT_COORDINATR"}}, `did you mean "NOT_COORDINATOR"`},
		{"a time for what takes none", topologies.Rule{Act: topologies.Act{Before: topologies.Drop, Delay: 1}}, "delay: is the time"},
		{"broken records of anything", topologies.Rule{Act: topologies.Act{Corrupt: topologies.BrokenCRC}}, "Produce, Fetch"},
		{"broken records of a request without", topologies.Rule{Match: topologies.Match{API: []string{"EndTxn"}}, Act: topologies.Act{Corrupt: topologies.BrokenCRC}}, "EndTxn carries no records"},
	} {
		err := protocol.Kafka.Check(tt.rule)
		switch {
		case tt.want == "" && err != nil:
			t.Errorf("%s: %v", tt.why, err)
		case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)):
			t.Errorf("%s: %v does not say %q", tt.why, err, tt.want)
		}
	}
}

func TestARuleNamesOnlyWhatItsProtocolHas(t *testing.T) {
	commit := topologies.Match{API: []string{"commit prepared"}}
	for _, tt := range []struct {
		why  string
		act  topologies.Act
		want string // part of the error; empty = none
	}{
		{"an answer that is lost", topologies.Act{After: topologies.Lose}, ""},
		{"a statement that comes late", topologies.Act{Before: topologies.Late}, ""},
		{"an error in the place of an answer", topologies.Act{After: topologies.Answer, Code: "40001"}, "knows none of postgres"},
		{"broken records", topologies.Act{Corrupt: topologies.BrokenCRC}, "messages of postgres have none"},
	} {
		err := protocol.Postgres.Check(topologies.Rule{Match: commit, Act: tt.act})
		switch {
		case tt.want == "" && err != nil:
			t.Errorf("%s: %v", tt.why, err)
		case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)):
			t.Errorf("%s: %v does not say %q", tt.why, err, tt.want)
		}
	}
	names := map[string]string{}
	for _, p := range protocol.All {
		for _, name := range p.RequestNames() {
			if of := names[strings.ToLower(name)]; of != "" {
				t.Errorf("%s is a name of %s and of %s: a rule that names it could be about either", name, of, p.Name)
			}
			names[strings.ToLower(name)] = p.Name
		}
	}
}
