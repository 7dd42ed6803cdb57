package report

import (
	"encoding/json"
	"io"
	"time"

	"surety/checker"
)

// JSONFormat is the version of the JSON document.
const JSONFormat = 1

// JSON writes one document for all runs.
type JSON struct{}

// Name implements Format.
func (JSON) Name() string { return "json" }

type document struct {
	Format    int            `json:"format"`
	Suite     string         `json:"suite,omitempty"`
	About     string         `json:"about,omitempty"`
	Seed      string         `json:"seed"`
	Trials    *trialsJSON    `json:"trials,omitempty"`
	Replay    *replayJSON    `json:"replay,omitempty"`
	Scenarios []scenarioJSON `json:"scenarios"`
	Tally     map[string]int `json:"tally"`
	TookS     float64        `json:"took_s"`
	Kept      string         `json:"kept,omitempty"`
	Again     string         `json:"again,omitempty"`
	ExitCode  int            `json:"exit_code"`
}

type scenarioJSON struct {
	Name        string                  `json:"name"`
	Trial       int                     `json:"trial,omitempty"` // from 1, where the scenario was tried several times
	Guarantee   checker.Guarantee       `json:"guarantee"`
	Processor   string                  `json:"processor,omitempty"`
	Engine      *engineJSON             `json:"engine,omitempty"`
	Verdict     string                  `json:"verdict"` // upheld, violated, inconclusive, unsupported, environment, interrupted
	Expect      string                  `json:"expect"`
	Met         bool                    `json:"met"`
	Missed      []Miss                  `json:"missed,omitempty"` // thresholds
	Known       string                  `json:"known,omitempty"`  // the baseline that names all that is violated
	Reasons     []checker.Reason        `json:"reasons,omitempty"`
	Counts      map[checker.Class]int64 `json:"counts,omitempty"` // summed over the sinks
	Examined    *checker.Examined       `json:"examined,omitempty"`
	Faults      []checker.FaultResult   `json:"faults"`
	Sinks       []checker.SinkVerdict   `json:"sinks,omitempty"`
	Logs        []checker.LogVerdict    `json:"logs,omitempty"`
	Unsupported []string                `json:"unsupported,omitempty"`
	Environment string                  `json:"environment,omitempty"`
	Try         string                  `json:"try,omitempty"`
	Cluster     *clusterJSON            `json:"cluster,omitempty"`
	TookS       float64                 `json:"took_s"`
	Run         string                  `json:"run,omitempty"`
	Again       string                  `json:"again,omitempty"`
}

// Write implements Format.
func (JSON) Write(w io.Writer, m *Model) error {
	d := document{
		Format: JSONFormat, Suite: m.Suite, About: m.About, Seed: m.Seed, Trials: m.trialsJSON(), Replay: m.Replay.json(), Scenarios: []scenarioJSON{},
		Tally: m.Tally(), TookS: seconds(m.Took), Kept: m.Kept, Again: m.Again, ExitCode: m.ExitCode,
	}
	for _, r := range m.Runs {
		s := scenarioJSON{
			Name: r.Scenario, Trial: r.Trial, Guarantee: r.Guarantee, Processor: r.Processor, Engine: r.engineJSON(), Verdict: r.Outcome(), Expect: r.Expect,
			Met: r.Met, Missed: r.Missed, Known: r.Known, Unsupported: r.Unsupported, Environment: r.Environment, Try: r.Try,
			Cluster: r.Cluster.json(), TookS: seconds(r.Took), Run: r.Dir, Again: r.Again, Faults: []checker.FaultResult{},
		}
		if v := r.Verdict; v != nil {
			s.Reasons, s.Examined, s.Sinks, s.Logs = v.Reasons, &v.Examined, v.Sinks, v.Logs
			if v.Faults != nil {
				s.Faults = v.Faults
			}
			s.Counts = map[checker.Class]int64{}
			for _, k := range v.Sinks {
				for c, n := range k.Counts {
					s.Counts[c] += n
				}
			}
		}
		d.Scenarios = append(d.Scenarios, s)
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(d)
}

func seconds(d time.Duration) float64 { return float64(d.Milliseconds()) / 1000 }
