package checker_test

import (
	"encoding/json"
	"errors"
	"flag"
	"io"
	"math"
	"os"
	"path/filepath"
	"testing"

	"surety/checker"
	"surety/checker/history"
)

// recounted is a directory with runs whose results are counted again as well.
var recounted = flag.String("recounted", "", "directory below which the results of all stored runs are counted again")

// counting is what a run says of one sink with counts or sums: from the input log by
// brute force, and at the end of the sink.
type counting struct {
	sink      string
	guarantee checker.Guarantee
	want      map[string]int64
	got, top  map[string]int64 // at the end of the sink, and the highest ever
}

// recount reads a stored run without the judge: the whole input log in memory, one
// number for each key.
func recount(t *testing.T, path string) (all []counting) {
	t.Helper()
	in, err := history.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = in.Close() }()
	var plan struct {
		Judge checker.Spec `json:"judge"`
	}
	if err := json.Unmarshal(in.Header().Plan, &plan); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	bySink := map[string]*counting{}
	for _, s := range plan.Judge.Sinks {
		if s.Oracle == "count" || s.Oracle == "sum" {
			bySink[s.Name] = &counting{sink: s.Oracle, guarantee: s.Guarantee, want: map[string]int64{}, got: map[string]int64{}, top: map[string]int64{}}
		}
	}
	if len(bySink) == 0 {
		return nil
	}
	type position struct{ partition, offset int64 }
	sessions, read := map[uint32]history.Session{}, map[position]bool{}
	highest := map[string]position{} // of a key in the sink
	var rec history.Record
	for {
		err := in.Next(&rec)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		switch rec.Kind {
		case history.KindSession:
			var s history.Session
			if err := rec.As(&s); err != nil {
				t.Fatal(err)
			}
			sessions[s.Session] = s
		case history.KindObservation:
			o, s := rec.Observation, sessions[rec.Observation.Session]
			if o.Fence || s.Purpose != history.Final {
				continue
			}
			key, at := in.Name(o.Key), position{int64(o.Partition), o.Offset}
			if s.View == history.Input {
				if read[at] {
					continue
				}
				read[at] = true
				for _, c := range bySink {
					if c.sink == "sum" {
						c.want[key] += o.Value
					} else {
						c.want[key]++
					}
				}
				continue
			}
			if c := bySink[s.Sink]; c != nil && s.View == history.Committed {
				c.top[key] = max(c.top[key], o.Value)
				// A key stays in its partition.
				if before, seen := highest[s.Sink+"\x00"+key]; !seen || at.offset >= before.offset {
					highest[s.Sink+"\x00"+key], c.got[key] = at, o.Value
				}
			}
		}
	}
	for name, c := range bySink {
		c.sink = name
		all = append(all, *c)
	}
	return all
}

// wrong counts the keys whose value at the end is not what the log makes of it.
func (c counting) wrong() (keys int) {
	for key, want := range c.want {
		low, high := want, want
		switch c.guarantee.Delivery {
		case checker.AtMostOnce:
			low = 0
		case checker.AtLeastOnce:
			high = math.MaxInt64
		case checker.ExactlyOnce:
		}
		if c.got[key] < low || c.top[key] > high {
			keys++
		}
	}
	for key := range c.got {
		if _, tried := c.want[key]; !tried {
			keys++
		}
	}
	return keys
}

// What a stored run's results are is counted again from its input log, by other code
// than the judge's, and compared with the verdict.
func TestResultsOfStoredRunsEqualARecountOfTheirInput(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("testdata", "*.history"))
	if err != nil || len(files) == 0 {
		t.Fatalf("there is no stored run in testdata: %v", err)
	}
	if *recounted != "" {
		err := filepath.WalkDir(*recounted, func(path string, d os.DirEntry, err error) error {
			if err == nil && d.Name() == filepath.Base(history.Dir("").History()) {
				files = append(files, path)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, path := range files {
		for _, c := range recount(t, path) {
			v := judgedAgain(t, path)
			var judged int64
			for _, s := range v.Sinks {
				if s.Sink == c.sink {
					judged = s.Keys[checker.WrongState]
				}
			}
			if len(c.want) == 0 || len(c.got) == 0 {
				t.Errorf("%s: %d keys went in and %d came out", path, len(c.want), len(c.got))
			}
			t.Logf("%s: %s, %d keys, %d wrong", path, c.guarantee.Delivery, len(c.want), c.wrong())
			if wrong := c.wrong(); int64(wrong) != judged {
				t.Errorf("%s: a recount finds %d keys with a wrong value in %s, the judge %d", path, wrong, c.sink, judged)
			}
		}
	}
}

func judgedAgain(t *testing.T, path string) *checker.Verdict {
	t.Helper()
	in, err := history.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	var plan struct {
		Judge checker.Spec `json:"judge"`
	}
	err = json.Unmarshal(in.Header().Plan, &plan)
	if err := errors.Join(err, in.Close()); err != nil {
		t.Fatal(err)
	}
	v, err := checker.Judge(func() (*history.Reader, error) { return history.Open(path) }, plan.Judge)
	if err != nil {
		t.Fatal(err)
	}
	return v
}
