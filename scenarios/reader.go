package scenarios

import (
	"fmt"
	"strings"
	"time"

	"surety/topologies/names"
	"surety/workload"
)

// Reader makes a sink a consumer under test: it subscribes in a group, and what it
// is given is judged. What is not said is safe.
type Reader struct {
	Group       string `yaml:"group"`             // one of its own unless said
	Isolation   string `yaml:"isolation"`         // read_committed, or read_uncommitted
	OffsetReset string `yaml:"auto-offset-reset"` // of a group without offsets: earliest, or latest
	Starts      Moment `yaml:"starts"`            // when it subscribes; before the load unless said
}

// The values of isolation.level and auto.offset.reset.
const (
	readCommitted   = "read_committed"
	readUncommitted = "read_uncommitted"
	resetEarliest   = "earliest"
	resetLatest     = "latest"
)

func (s *Scenario) completeReader(r *Reader, path string) error {
	if r.Group != "" && !nameForm.MatchString(r.Group) {
		return s.wrong(path+".group", "the name of a group is made of letters, digits, dots and dashes; this is %q", names.Clip(r.Group))
	}
	if err := s.choose(path+".isolation", "isolation", &r.Isolation, readCommitted, []string{readCommitted, readUncommitted}); err != nil {
		return err
	}
	return s.choose(path+".auto-offset-reset", "reset of offsets", &r.OffsetReset, resetEarliest, []string{resetEarliest, resetLatest})
}

// completeStarts checks when consumers under test subscribe, against the load.
func (s *Scenario) completeStarts(Vocabulary) error {
	w := s.Workload
	for i, k := range s.Topology.Sinks {
		path := fmt.Sprintf("topology.sinks.%d.reader.starts", i)
		switch {
		case k.Reader == nil:
		case w.Rate == Max && !k.Reader.Starts.From.Timed && k.Reader.Starts.To.Share > 0:
			return s.wrong(path, "with rate: max the length of the load is not known: say starts: 2s, not a share of it")
		case w.Rate != Max && k.Reader.Starts.To.After > w.length():
			return s.wrong(path, "the sink %s would be read from %s after the start of the load, which is over after %s", k.Name, k.Reader.Starts.To.After, w.length())
		}
	}
	return nil
}

// subscriber is the consumer as the plan holds it: u is a number of the seed, load
// the length of the load.
func (r *Reader) subscriber(sink, run string, u float64, load time.Duration) *workload.Subscriber {
	if r == nil {
		return nil
	}
	group := r.Group
	if group == "" {
		group = sink
	}
	return &workload.Subscriber{
		// A cluster may have served other runs.
		Group: strings.Join([]string{group, run}, "-"), Uncommitted: r.Isolation == readUncommitted,
		Latest: r.OffsetReset == resetLatest, Starts: r.Starts.Draw(u, load),
	}
}
