package checker

import (
	"reflect"
	"testing"

	"surety/checker/history"

	"pgregory.net/rapid"
)

// A verdict on a history that grows is that on the whole one.
func TestJudgingWhileTheHistoryGrowsChangesNoVerdict(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := tale(rt)
		spec := specOf(ExactlyOnce, OrderKey)
		dir, err := history.MakeDir(t.TempDir() + "/run")
		if err != nil {
			t.Fatal(err)
		}
		w, err := history.Create(dir, history.Header{Run: "r1"})
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range s.texts {
			w.Name(text)
		}
		type judged struct {
			v   *Verdict
			err error
		}
		along := make(chan judged, 1)
		followed := false
		go func() {
			v, err := Judge(func() (*history.Reader, error) {
				if !followed {
					followed = true
					return w.Follow()
				}
				return history.Open(string(dir))
			}, spec)
			along <- judged{v, err}
		}()
		for _, rec := range s.recs {
			s.write(w, rec)
			if rapid.Bool().Draw(rt, "flush") {
				if err := w.Flush(); err != nil {
					rt.Error(err)
				}
			}
		}
		if err := w.Close(); err != nil {
			rt.Error(err)
		}
		got := <-along
		want, err := Judge(func() (*history.Reader, error) { return history.Open(string(dir)) }, spec)
		if err != nil || got.err != nil {
			rt.Fatal(err, got.err)
		}
		if !reflect.DeepEqual(got.v, want) {
			rt.Fatalf("along: %s\nafterwards: %s", show(got.v), show(want))
		}
	})
}
