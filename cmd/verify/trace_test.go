package main

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"
)

const seenTrace = `{"kind":"attempt","key":"order-17","seq":1,"outcome":"ok","time":1000}
{"kind":"attempt","key":"order-17","seq":2,"outcome":"ok","time":1100}
{"kind":"observation","key":"order-17","seq":1,"partition":0,"offset":12,"time":2000}
{"kind":"attempt","key":"order-17","seq":3,"outcome":"unknown","time":1200}
{"kind":"observation","key":"order-17","seq":3,"partition":0,"offset":13,"time":2100}
{"kind":"observation","key":"order-17","seq":1,"partition":0,"offset":14,"time":2200}
`

const counted = `{"kind":"attempt","key":"a","seq":1,"outcome":"ok","time":1}
{"kind":"attempt","key":"b","seq":1,"outcome":"ok","time":2}
{"kind":"attempt","key":"b","seq":2,"outcome":"ok","time":3}
{"kind":"observation","key":"a","value":1,"time":5}
{"kind":"observation","key":"b","value":1,"time":6}
{"kind":"observation","key":"b","value":2,"time":7}
{"kind":"observation","key":"b","value":3,"time":8}
`

const filtered = `{"kind":"attempt","key":"a","seq":1,"outcome":"ok"}
{"kind":"attempt","key":"a","seq":2,"outcome":"ok"}
{"kind":"observation","key":"a","seq":1}
`

const windows = `{"kind":"attempt","key":"a","seq":1,"outcome":"ok","event_time":25,"partition":0}
{"kind":"attempt","key":"a","seq":2,"outcome":"ok","event_time":5,"partition":0}
{"kind":"observation","key":"a","value":1,"window":20}
`

func TestATraceGivesTheExitCodeOfItsVerdict(t *testing.T) {
	bad := "{\"kind\":\"end\"}\n{\"kind\":\"attempt\",\"key\":\"a\",\"seq\":1.5}\n"
	replayed := strings.Replace(seenTrace, `"seq":2,"outcome":"ok"`, `"seq":2,"outcome":"failed"`, 1)
	for _, tt := range []struct {
		reason, text string
		flags        []string
		code         int
		says         []string
	}{
		{"exactly-once and no order unless told", seenTrace, nil, exitViolated, []string{
			"✘ violated   exactly-once   ", "3 attempts: 2 ok, 0 failed, 1 unknown · 3 observations",
			"trace: lost breaks exactly-once: 1\n", "trace: duplicated breaks exactly-once: 1\n",
			`lost: key "order-17" seq 2, middle, attempted at 1100: ok`, "at offset 14 (time 2200)",
		}},
		{"a loss breaks at-least-once", seenTrace, []string{"--guarantee", "at-least-once"}, exitViolated, []string{"lost breaks at-least-once: 1", "duplicated (legal)"}},
		{"a duplicate alone does not", replayed, []string{"--guarantee", "at-least-once", "--order", "key"}, exitUpheld, []string{"✔ upheld   at-least-once + order"}},
		{"a count of what went in", counted, []string{"--oracle", "count"}, exitViolated, []string{
			"trace: wrong-state breaks exactly-once: 1\n", `wrong_state: key "b", seen (time 8), the value is 3, 2 is right`,
		}},
		{"at least that", counted, []string{"--oracle", "count", "--guarantee", "at-least-once"}, exitUpheld, []string{"✔ upheld   at-least-once"}},
		{"a filter of odd ones", filtered, []string{"--oracle", "filter", "--with", "keep=seq % 2 == 1"}, exitUpheld, []string{"✔ upheld   exactly-once"}},
		{"and of even ones", filtered, []string{"--oracle", "filter", "--with", "keep=seq % 2 == 0"}, exitViolated, []string{"misrouted breaks exactly-once: 1", "lost breaks exactly-once: 1"}},
		{"a window that had closed", windows, []string{"--oracle", "window", "--with", "size=10ms", "--partitions", "1"}, exitUpheld, []string{"✔ upheld"}},
		{"nothing at all", "", nil, exitInconclusive, []string{"? inconclusive", "nothing came out"}},
		{"a malformed line", bad, nil, exitUsage, []string{":2:35: expected a whole number as seq"}},
	} {
		t.Run(tt.reason, func(t *testing.T) {
			file := written(t, "seen.jsonl", tt.text)
			got := verify(t, append([]string{"check", "--trace", file}, tt.flags...)...)
			if got.code != tt.code {
				t.Errorf("exit code %d, want %d", got.code, tt.code)
			}
			if tt.code == exitUsage {
				sentence(t, got.stderr, append(tt.says, file)...)
				return
			}
			if got.stderr != "" {
				t.Errorf("on stderr: %s", got.stderr)
			}
			says(t, got.stdout, tt.says...)
		})
	}
}

func TestATraceOnStdinIsOneDocument(t *testing.T) {
	var out, errs bytes.Buffer
	code := run(t.Context(), []string{"check", "--trace", "-", "--json"},
		console{stdin: strings.NewReader(seenTrace), stdout: &out, stderr: &errs, getenv: os.Getenv})
	if code != exitViolated || errs.Len() > 0 {
		t.Errorf("exit code %d: %s", code, &errs)
	}
	var d struct {
		Verdict  string
		Reasons  []struct{ Text string }
		Counts   map[string]int64
		Evidence []struct{ Class string }
	}
	if err := json.Unmarshal(out.Bytes(), &d); err != nil {
		t.Fatal(err)
	}
	if d.Verdict != "violated" || len(d.Reasons) != 2 || len(d.Evidence) != 2 {
		t.Errorf("%+v", d)
	}
	for _, name := range strings.Fields(`lost lost_whole lost_prefix lost_middle lost_suffix duplicated reordered phantom corrupted
		inconsistent failed_appeared recovered absent torn rereads attempts observations`) {
		n, there := d.Counts[name]
		want := map[string]int64{"lost": 1, "lost_middle": 1, "duplicated": 1, "recovered": 1, "attempts": 3, "observations": 3}[name]
		if !there || n != want {
			t.Errorf("%s: %d (there: %v), want %d", name, n, there, want)
		}
	}
}
