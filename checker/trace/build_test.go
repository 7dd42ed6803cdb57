package trace

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"surety/checker"
)

// Short hands for the lines of a trace.
func try(key string, seq int64, outcome string, more ...string) string {
	return object(fmt.Sprintf(`"kind":"attempt","key":%q,"seq":%d,"outcome":%q`, key, seq, outcome), more)
}

func see(key string, seq int64, more ...string) string {
	return object(fmt.Sprintf(`"kind":"observation","key":%q,"seq":%d`, key, seq), more)
}

func object(fields string, more []string) string {
	return "{" + strings.Join(append([]string{fields}, more...), ",") + "}"
}

// at is a position.
func at(partition, offset int) string {
	return fmt.Sprintf(`"partition":%d,"offset":%d`, partition, offset)
}

func tx(name, outcome string) string {
	if outcome == "" {
		return fmt.Sprintf(`"tx":%q`, name)
	}
	return fmt.Sprintf(`"tx":%q,"tx_outcome":%q`, name, outcome)
}

func written(t testing.TB, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

var declared = map[string]checker.Guarantee{
	"most":  {Delivery: checker.AtMostOnce, Order: checker.OrderNone},
	"least": {Delivery: checker.AtLeastOnce, Order: checker.OrderNone},
	"once":  {Delivery: checker.ExactlyOnce, Order: checker.OrderNone},
	"order": {Delivery: checker.ExactlyOnce, Order: checker.OrderKey},
}

// judgePath judges a file as one guarantee.
func judgePath(t testing.TB, path string, g checker.Guarantee) (Document, error) {
	t.Helper()
	f, err := Open(t.Context(), path, strings.NewReader(""))
	if err != nil {
		return Document{}, err
	}
	v, err := Judge(t.Context(), f, identity(g))
	if e := f.Close(); e != nil {
		t.Error(e)
	}
	if err != nil {
		return Document{}, err
	}
	return Describe(v), nil
}

// judgeText judges a text, as a file called trace.jsonl.
func judgeText(t testing.TB, text string, g checker.Guarantee) (Document, error) {
	t.Helper()
	return judgePath(t, written(t, "trace.jsonl", text), g)
}

// identity wants every record once, as it went in, under a guarantee.
func identity(g checker.Guarantee) checker.Spec {
	return checker.Spec{Sinks: []checker.SinkSpec{{Oracle: "identity", Guarantee: g}}}
}
