package protocol

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"surety/topologies"
	"surety/topologies/names"
)

// What a rule may do.
var (
	before = []string{topologies.Drop, topologies.CutOff, topologies.Delayed, topologies.Late, topologies.Answer}
	after  = []string{topologies.Lose, topologies.CutOff, topologies.Delayed, topologies.Answer}
	broken = []string{topologies.BrokenCRC, topologies.Poison}
)

// Check finds what a rule names that the protocol does not have, and what
// contradicts itself.
func (p Protocol) Check(r topologies.Rule) error {
	for _, name := range r.Match.API {
		if _, ok := p.Request(name); !ok {
			return errors.New(names.Unknown("request of "+p.Name, name, p.RequestNames()))
		}
	}
	if m := r.Match; m.From < 0 || m.To < 0 || m.To > 0 && m.To < m.From {
		return fmt.Errorf("match: the versions %d to %d are no range", m.From, m.To)
	}
	if e := r.Match.End; e != "" && e != "commit" && e != "abort" {
		return errors.New("match: " + names.Unknown("end of a transaction", e, []string{"commit", "abort"}))
	}
	if o := r.Occurrence; o.Nth < 0 || o.Every < 0 || o.After < 0 || o.Most < 0 {
		return errors.New("occurrence: numbers count from 1")
	}
	return p.checkAct(r)
}

func (p Protocol) checkAct(r topologies.Rule) error {
	a := r.Act
	said := 0
	for _, one := range []struct {
		is, field string
		known     []string
	}{{a.Before, "before", before}, {a.After, "after", after}, {a.Corrupt, "corrupt", broken}} {
		if one.is == "" {
			continue
		}
		said++
		if !slices.Contains(one.known, one.is) {
			return errors.New("act: " + names.Unknown("way to act "+one.field, one.is, one.known))
		}
	}
	if said != 1 {
		return fmt.Errorf("act: wants exactly one of before: %s, after: %s and corrupt: %s",
			strings.Join(before, "|"), strings.Join(after, "|"), strings.Join(broken, "|"))
	}
	if len(p.Errors) == 0 && (a.Before == topologies.Answer || a.After == topologies.Answer) {
		return fmt.Errorf("act: answer puts an error of the broker into the place of an answer, and knows none of %s", p.Name)
	}
	if len(p.Records) == 0 && a.Corrupt != "" {
		return fmt.Errorf("act: corrupt breaks batches of records, and messages of %s have none", p.Name)
	}
	if answers := a.Before == topologies.Answer || a.After == topologies.Answer; answers != (a.Code != "") {
		return errors.New("act: code: is the error of answer, as NOT_COORDINATOR, and answer wants one")
	}
	if a.Code != "" {
		if _, ok := p.Error(a.Code); !ok {
			return errors.New("act: " + names.Unknown("error of "+p.Name, a.Code, p.ErrorNames()))
		}
	}
	waits := a.Before == topologies.Delayed || a.Before == topologies.Late || a.After == topologies.Delayed
	if a.Delay < 0 || a.Delay > 0 && !waits {
		return errors.New("act: delay: is the time of delay and late, and not negative")
	}
	if a.Corrupt == "" {
		return nil
	}
	if len(r.Match.API) == 0 {
		return fmt.Errorf("act: corrupt wants match: {api: [...]} with some of %s, which carry records", strings.Join(p.Records, ", "))
	}
	for _, name := range r.Match.API {
		if !slices.ContainsFunc(p.Records, func(has string) bool { return strings.EqualFold(has, name) }) {
			return fmt.Errorf("act: %s carries no records to corrupt; %s do", name, strings.Join(p.Records, ", "))
		}
	}
	return nil
}
