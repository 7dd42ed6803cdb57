package history_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"surety/checker/history"
)

// A run is recorded while it happens, and read from its directory later.
func Example() {
	base, err := os.MkdirTemp("", "surety-example-")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(base) //nolint:errcheck // a temporary directory
	if err := record(filepath.Join(base, "run")); err != nil {
		fmt.Println(err)
		return
	}
	if err := show(filepath.Join(base, "run")); err != nil {
		fmt.Println(err)
	}
	// Output:
	// attempt 1 wrote seq 0 of order-7
	// attempt 1 ended ok at offset 41
	// fault kill is in-effect
	// cut off: false
}

func record(path string) error {
	dir, err := history.MakeDir(path)
	if err != nil {
		return err
	}
	clock := history.NewClock()
	w, err := history.Create(dir, history.Header{Run: "r1", Scenario: "kill", Seed: "7", Began: clock.Began()})
	if err != nil {
		return err
	}
	w.Intent(history.Intent{Attempt: 1, Key: w.Name("order-7"), At: clock.Now()})
	w.Outcome(history.Outcome{Attempt: 1, Class: history.OK, Offset: 41, At: clock.Now()})
	w.Append(history.KindFault, history.Fault{Name: "kill", Phase: history.FaultInEffect, At: clock.Now()})
	w.Append(history.KindEnd, history.End{At: clock.Now()})
	return w.Close()
}

func show(path string) error {
	r, err := history.Open(path)
	if err != nil {
		return err
	}
	defer r.Close() //nolint:errcheck // it was only read
	var rec history.Record
	for {
		err := r.Next(&rec)
		if errors.Is(err, io.EOF) {
			fmt.Println("cut off:", r.CutOff())
			return nil
		}
		if err != nil {
			return err
		}
		switch rec.Kind {
		case history.KindIntent:
			fmt.Printf("attempt %d wrote seq %d of %s\n", rec.Intent.Attempt, rec.Intent.Seq, r.Name(rec.Intent.Key))
		case history.KindOutcome:
			fmt.Printf("attempt %d ended %v at offset %d\n", rec.Outcome.Attempt, rec.Outcome.Class, rec.Outcome.Offset)
		case history.KindFault:
			var fault history.Fault
			if err := rec.As(&fault); err != nil {
				return err
			}
			fmt.Printf("fault %s is %s\n", fault.Name, fault.Phase)
		}
	}
}
