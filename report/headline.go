package report

import (
	"fmt"
	"strings"

	"surety/checker"
)

// headline is the answer in one sentence, after its sign.
func headline(m *Model) string {
	if len(m.Runs) == 1 {
		return sentence(m.Runs[0])
	}
	counts := map[string]int{}
	for _, r := range m.Runs {
		counts[word(r)]++
	}
	of := "scenarios"
	if m.Trials != nil {
		of = "trials"
		if t := m.Tried(); len(t) == 1 {
			of += " of " + t[0].Scenario
		}
	}
	sign, parts := signUpheld, []string{}
	for _, w := range words {
		if n := counts[w.word]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, w.word))
			if len(parts) == 1 {
				sign = w.sign
			}
		}
	}
	if len(parts) == 0 {
		return signInconclusive + " nothing was run"
	}
	return fmt.Sprintf("%s %s of %d %s", sign, strings.Join(parts, ", "), len(m.Runs), of)
}

// words are the states of runs, worst first.
var words = []struct{ word, sign string }{
	{"violated", signViolated}, {"not caught", signViolated}, {"threshold missed", signViolated}, {"environment", signEnvironment},
	{"interrupted", signEnvironment}, {"unsupported", signEnvironment}, {"inconclusive", signInconclusive},
	{"known violation", signViolated}, {"caught", signUpheld}, {"upheld", signUpheld}, {"inconclusive as expected", signUpheld},
}

// word is a run's state: a verdict that is the expected one has another word than
// the same verdict as a surprise.
func word(r Run) string {
	switch o := checker.Answer(r.Outcome()); {
	case o == checker.Violated && r.Known != "":
		return "known violation"
	case o == checker.Violated && r.Met:
		return "caught"
	case o == checker.Upheld && len(r.Missed) > 0:
		return "threshold missed"
	case o == checker.Upheld && !r.Met:
		return "not caught"
	case o == checker.Inconclusive && r.Met:
		return "inconclusive as expected"
	default:
		return string(o)
	}
}

func signOf(r Run) string {
	for _, w := range words {
		if w.word == word(r) {
			return w.sign
		}
	}
	return signEnvironment
}

// sentence says how one run ended.
func sentence(r Run) string {
	g := declared(r.Guarantee)
	text := ""
	switch word(r) {
	case "violated":
		text = fmt.Sprintf("violated: %s did not keep %s", r.title(), g)
	case "caught":
		text = fmt.Sprintf("caught: %s breaks %s, as expected (%s)", r.title(), g, r.Expect)
	case "known violation":
		text = fmt.Sprintf("known: %s does not keep %s, as %s says", r.title(), g, r.Known)
	case "threshold missed":
		text = fmt.Sprintf("threshold missed: %s kept %s, but %s", r.title(), g, r.Missed[0].Text)
	case "not caught":
		text = fmt.Sprintf("not caught: %s was upheld, where %s was expected", r.title(), r.Expect)
	case "upheld":
		text = fmt.Sprintf("upheld: %s kept %s", r.title(), g)
	case "unsupported":
		text = fmt.Sprintf("unsupported: %s wants %s", r.title(), strings.Join(r.Unsupported, ", "))
	case "environment":
		text = fmt.Sprintf("environment: %s did not come to a verdict", r.title())
	case "interrupted":
		text = fmt.Sprintf("interrupted: %s did not come to its end", r.title())
	default:
		text = fmt.Sprintf("inconclusive: whether %s keeps %s is open", r.title(), g)
	}
	return signOf(r) + " " + text
}

// allowances explains numbers that look bad and are not.
func allowances(m *Model) string {
	for _, r := range m.Runs {
		if r.Outcome() == string(checker.Upheld) && r.lost()+r.count(checker.Duplicated)+r.count(checker.Reordered) > 0 {
			return "What upheld runs lost, duplicated or reordered is what their guarantees allow.\n"
		}
	}
	return ""
}
