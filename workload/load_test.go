package workload

import (
	"math"
	"strings"
	"testing"
	"time"
)

func TestLoadRefusesWhatCannotBeOffered(t *testing.T) {
	good := Load{Records: 10, Rate: 5, Keys: 3, Writers: 1}
	for _, row := range []struct {
		reason string
		change func(*Load)
		want   string // part of the error; empty = accepted
	}{
		{"as it is", func(*Load) {}, ""},
		{"rate 0 is as fast as possible", func(l *Load) { l.Rate = 0 }, ""},
		{"hot with a share", func(l *Load) { l.Skew, l.Hot = "hot", 0.5 }, ""},
		{"no records", func(l *Load) { l.Records = 0 }, "at least one record"},
		{"negative rate", func(l *Load) { l.Rate = -1 }, "rate is -1"},
		{"rate is not a number", func(l *Load) { l.Rate = math.NaN() }, "rate is NaN"},
		{"no keys", func(l *Load) { l.Keys = 0 }, "at least one key"},
		{"event times out of order", func(l *Load) { l.OutOfOrder = time.Second }, ""},
		{"event times have milliseconds", func(l *Load) { l.OutOfOrder = time.Microsecond }, "whole milliseconds"},
		{"none lies ahead", func(l *Load) { l.OutOfOrder = -time.Second }, "out of order"},
		{"no writers", func(l *Load) { l.Writers = 0 }, "at least one writer"},
		{"huge values", func(l *Load) { l.Size = MaxSize + 1 }, "size is"},
		{"unknown skew lists the known", func(l *Load) { l.Skew = "zip" }, "known are uniform, zipf, hot"},
		{"hot without a share", func(l *Load) { l.Skew = "hot" }, "needs a share"},
		{"a share without hot", func(l *Load) { l.Hot = 0.5 }, "skew is not hot"},
	} {
		t.Run(row.reason, func(t *testing.T) {
			l := good
			row.change(&l)
			err := l.Check()
			if row.want == "" {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), row.want) {
				t.Errorf("got %v, want it to say %q", err, row.want)
			}
		})
	}
}
