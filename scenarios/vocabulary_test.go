package scenarios

import (
	"surety/checker"
	"surety/faults"
	"surety/topologies/engines"
)

// words is a small vocabulary, so that a new fault or processor changes no test
// of the language.
func words() Vocabulary {
	known := map[string]func() faults.Fault{
		"kill":  func() faults.Fault { return new(faults.Kill) },
		"pause": func() faults.Fault { return new(faults.Pause) },
		"cut":   func() faults.Fault { return new(faults.Cut) },
		"lag":   func() faults.Fault { return new(faults.Lag) },

		"stop":       func() faults.Fault { return new(faults.Stop) },
		"restart":    func() faults.Fault { return new(faults.Restart) },
		"crash-loop": func() faults.Fault { return new(faults.CrashLoop) },
		"roll":       func() faults.Fault { return new(faults.Roll) },
		"surge":      func() faults.Fault { return new(faults.Surge) },
	}
	return Vocabulary{
		Providers: []string{"embedded", "docker"},
		Brokers:   []string{"kafka"},
		Databases: []string{"postgres"},
		Processors: []ProcessorInfo{
			{Name: "at-least-once", Declares: checker.AtLeastOnce, Order: checker.OrderNone},
			{Name: "exactly-once", Declares: checker.ExactlyOnce, Order: checker.OrderKey},
		},
		Engines: engines.All,
		Faults:  []string{"kill", "pause", "cut", "lag"},
		NewFault: func(name string) faults.Fault {
			if make, ok := known[name]; ok {
				return make()
			}
			return nil
		},
		Skews:   []string{"uniform", "zipf", "hot"},
		Oracles: []string{"identity", "filter", "window", "count"},
	}
}

// resolved takes a text to a plan, as the command line does.
func resolved(text string, seed Seed) (*Plan, error) {
	v := words()
	s, err := Parse("mine.yaml", []byte(text), v)
	if err != nil {
		return nil, err
	}
	if err := s.Complete(v); err != nil {
		return nil, err
	}
	return Resolve(s, seed)
}
