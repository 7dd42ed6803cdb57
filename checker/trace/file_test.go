package trace

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var update = flag.Bool("update", false, "write golden files")

// small has a finding of several classes.
const small = `{"kind":"attempt","key":"k1","seq":1,"outcome":"ok","time":1000}
{"kind":"attempt","key":"k1","seq":2,"outcome":"ok","time":1100,"tx":"t","tx_outcome":"committed"}
{"kind":"observation","key":"k1","seq":1,"partition":0,"offset":12,"time":2000}
{"kind":"observation","key":"k1","seq":1,"partition":0,"offset":12,"time":2050}
{"kind":"attempt","key":"k1","seq":3,"outcome":"unknown","time":1200}
{"kind":"attempt","key":"k\u00fc","seq":9223372036854775807,"outcome":"failed"}
{"kind":"observation","key":"kü","seq":9223372036854775807,"partition":1,"offset":3}
{"kind":"observation","key":"k1","seq":3,"partition":0,"offset":13,"time":2100}
{"kind":"observation","key":"k1","seq":1,"partition":0,"offset":14,"time":2200}
{"kind":"observation","topic":"dead","corrupt":true}
{"kind":"end","drained":true}
`

func TestTheDocumentIsStable(t *testing.T) {
	d, err := judgeText(t, small, declared["once"])
	if err != nil {
		t.Fatal(err)
	}
	got, err := json.MarshalIndent(d, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	golden := filepath.Join("testdata", "document.golden.json")
	if *update {
		if err := os.WriteFile(golden, append(got, '\n'), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if string(got)+"\n" != string(want) {
		t.Errorf("the document is now\n%s", got)
	}
}

func text(t *testing.T, d Document) string {
	t.Helper()
	b, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func packed(t *testing.T, s string) string {
	t.Helper()
	enc, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	b := enc.EncodeAll([]byte(s), nil)
	if err := enc.Close(); err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestTheWayATraceIsStoredChangesNothing(t *testing.T) {
	plain, err := judgeText(t, small, declared["once"])
	if err != nil {
		t.Fatal(err)
	}
	want := text(t, plain)
	zst := packed(t, small)
	for _, tt := range []struct{ reason, name, text string }{
		{"no last newline", "t.jsonl", strings.TrimSuffix(small, "\n")},
		{"line ends of Windows", "t.jsonl", strings.ReplaceAll(small, "\n", "\r\n")},
		{"empty lines", "t.jsonl", "\n \r\n" + strings.ReplaceAll(small, "\n", "\n\n\t\n")},
		{"a byte order mark", "t.jsonl", "\xef\xbb\xbf" + small},
		{"spaces between all", "t.jsonl", strings.NewReplacer(`,"`, ` ,	"`, `":`, `" : `, "{", " { ", "}", " } ").Replace(small)},
		{"compressed, by name", "t.jsonl.zst", zst},
		{"compressed, by content", "t.jsonl", zst},
		{"compressed in two frames", "t.zst", packed(t, small[:300]) + packed(t, small[300:])},
	} {
		t.Run(tt.reason, func(t *testing.T) {
			for _, how := range []string{"file", "stdin"} {
				if how == "stdin" && strings.HasPrefix(tt.reason, "compressed, by name") {
					continue
				}
				path, stdin := written(t, tt.name, tt.text), ""
				if how == "stdin" {
					path, stdin = "-", tt.text
				}
				f, err := Open(t.Context(), path, strings.NewReader(stdin))
				if err != nil {
					t.Fatal(err)
				}
				v, err := Judge(t.Context(), f, identity(declared["once"]))
				if err != nil {
					t.Fatal(err)
				}
				if err := f.Close(); err != nil {
					t.Error(err)
				}
				if got := text(t, Describe(v)); got != want {
					t.Errorf("%s: %s, want\n%s", how, got, want)
				}
			}
		})
	}
}

func TestWhatIsNoTraceIsSaid(t *testing.T) {
	dir := t.TempDir()
	zst := packed(t, small)
	for _, tt := range []struct{ reason, path, want string }{
		{"nothing is there", filepath.Join(dir, "no.jsonl"), "cannot be read: no such file or directory"},
		{"a directory", dir, "cannot be read: it is a directory"},
		{"the name of a compressed file on a plain one", written(t, "t.zst", small), "cannot be unpacked after line 0: expected Zstandard data"},
		{"a compressed file that was cut off", written(t, "t.zst", zst[:len(zst)-5]), "expected Zstandard data"},
	} {
		if _, err := judgePath(t, tt.path, declared["once"]); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v", tt.reason, err)
		}
	}
}

func TestATraceThatIsCutOffAnywhereIsJudgedOrRefused(t *testing.T) {
	for n := range len(small) {
		_, err := judgeText(t, small[:n], declared["once"])
		var syntax *SyntaxError
		if err != nil && !errors.As(err, &syntax) {
			t.Errorf("after %d bytes: %v", n, err)
		}
		whole := n == 0 || small[n-1] == '\n' || small[n] == '\n'
		if whole != (err == nil) {
			t.Errorf("after %d bytes, with whole lines %v: %v", n, whole, err)
		}
	}
	zst := packed(t, small)
	for n := 4; n < len(zst); n++ {
		if _, err := judgeText(t, zst[:n], declared["once"]); err == nil {
			t.Errorf("compressed, after %d of %d bytes: it was judged", n, len(zst))
		}
	}
}

func TestKeysOfAMebibyteAreKeys(t *testing.T) {
	long := strings.Repeat("k", 1<<20)
	for _, key := range []string{strconv.Quote(long), `"` + strings.Repeat(`\u00e9`, 1<<20) + `"`} {
		lines := []string{
			`{"kind":"attempt","key":` + key + `,"seq":1,"outcome":"ok"}`, try(long[1:], 1, "ok"), see(long[1:], 1),
			`{"kind":"observation","key":` + key + `,"seq":1}`, `{"kind":"observation","key":` + key + `,"seq":1}`,
		}
		d, err := judgeText(t, strings.Join(lines, "\n"), declared["once"])
		if err != nil {
			t.Fatal(err)
		}
		if want := (Counts{Duplicated: 1, Attempts: 2, Observations: 3}); d.Counts != want {
			t.Errorf("counts %+v", d.Counts)
		}
	}
}

func TestANamedPipeIsATrace(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Skipf("named pipes cannot be made here: %v", err)
	}
	wrote := make(chan error, 1)
	go func() { wrote <- os.WriteFile(path, []byte(small), 0o600) }()
	d, err := judgePath(t, path, declared["once"])
	if err := errors.Join(err, <-wrote); err != nil {
		t.Fatal(err)
	}
	if d.Counts.Duplicated != 1 {
		t.Errorf("counts %+v", d.Counts)
	}
}

func TestACancelledContextEndsTheReading(t *testing.T) {
	in, out := io.Pipe()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if _, err := Open(ctx, "-", in); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("waiting for stdin: %v", err)
	}
	if err := out.Close(); err != nil {
		t.Error(err)
	}
	f, err := Open(t.Context(), written(t, "t.jsonl", small), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Judge(ctx, f, identity(declared["once"])); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("reading a file: %v", err)
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
}
