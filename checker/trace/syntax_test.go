package trace

import (
	"errors"
	"strings"
	"testing"
)

func TestMalformedLinesSayWhereAndWhatWasExpected(t *testing.T) {
	const (
		sound  = `{"kind":"attempt","key":"a","seq":1,"outcome":"ok"}`
		fields = "kind, key, seq, outcome, time, topic, partition, offset, corrupt, tx, tx_outcome, drained, event_time, value, window, altered"
	)
	for _, tt := range []struct{ reason, line, want string }{
		{"no object", `[1]`, `2:1: expected {, the start of a JSON object; here is '['`},
		{"a word", `hello`, `2:1: expected {, the start of a JSON object; here is 'h'`},
		{"a compressed file without its name", "\x1f\x8b", `2:1: expected {, the start of a JSON object; here is '\x1f'`},
		{"bytes of no text", "\xff\xfe", `2:1: expected {, the start of a JSON object; here is the byte 0xff`},
		{"an empty object", `{}`, `2:1: the field "kind" is missing: expected one of attempt, observation, end`},
		{"the line ends early", `{"kind":"attempt","key":"a"`, `2:28: expected , or }; the line ends here`},
		{"a string has no end", `{"kind":"att`, `2:13: expected " at the end of a string; the line ends here`},
		{"a string with an escape has no end", `{"key":"\n`, `2:11: expected " at the end of a string; the line ends here`},
		{"two objects", sound + sound, `2:52: expected one object on a line; here is '{'`},
		{"something after the object", sound + ` ,`, `2:53: expected one object on a line; here is ','`},
		{"a comma too many", `{"kind":"end",}`, `2:15: expected the name of a field in quotes; here is '}'`},
		{"no comma", `{"kind":"end" "time":1}`, `2:15: expected , or }; here is '"'`},
		{"no colon", `{"kind" "end"}`, `2:9: expected :; here is '"'`},
		{"no quotes", `{kind:"end"}`, `2:2: expected the name of a field in quotes; here is 'k'`},
		{"an unknown kind", `{"kind":"atempt"}`, `2:9: unknown kind "atempt" (did you mean "attempt"?); known: attempt, observation, end`},
		{"an unknown field", `{"kind":"end","draind":true}`, `2:15: unknown field "draind" (did you mean "drained"?); known: ` + fields},
		{"a field in capitals", `{"Kind":"end"}`, `2:2: unknown field "Kind" (did you mean "kind"?); known: ` + fields},
		{"a repeated field", `{"kind":"end","time":1,"time":1}`, `2:24: the field "time" stands here a second time`},
		{"a repeated field in escapes", `{"kind":"end","time":1,"tim\u0065":1}`, `2:24: the field "time" stands here a second time`},
		{"a field of another kind", `{"kind":"observation","key":"a","seq":1,"outcome":"ok"}`, `2:51: the field "outcome" does not belong to a line of kind observation; known: kind, key, seq, time, topic, partition, offset, corrupt, value, window, altered`},
		{"a key on the end", `{"key":"a","kind":"end"}`, `2:8: the field "key" does not belong to a line of kind end; known: kind, time, drained`},
		{"no key", `{"kind":"attempt","seq":1,"outcome":"ok"}`, `2:1: the field "key" is missing: expected key, seq, outcome in a line of kind attempt`},
		{"no seq", `{"kind":"observation","key":"a"}`, `2:1: the field "seq" is missing: expected key, seq in a line of kind observation`},
		{"a negative value", `{"kind":"attempt","key":"a","seq":1,"outcome":"ok","value":-1}`, `2:60: expected a value of at least 0: sums are judged of terms that are not negative`},
		{"no seq in an attempt with a value", `{"kind":"attempt","key":"a","outcome":"ok","value":1}`, `2:1: the field "seq" is missing: expected key, seq, outcome in a line of kind attempt`},
		{"no outcome", `{"kind":"attempt","seq":1,"key":"a"}`, `2:1: the field "outcome" is missing: expected key, seq, outcome in a line of kind attempt`},
		{"an unknown outcome", `{"outcome":"OK"}`, `2:12: unknown outcome "OK"; known: unknown, ok, failed`},
		{"an outcome that is no text", `{"outcome":true}`, `2:12: expected unknown, ok, failed as outcome; here is 't'`},
		{"a key that is a number", `{"key":7}`, `2:8: expected a string as key; here is '7'`},
		{"a key that is null", `{"key":null}`, `2:8: expected a string as key; it is null: leave out what is not known`},
		{"a seq in quotes", `{"seq":"1"}`, `2:8: expected a whole number as seq; here is '"'`},
		{"a seq that is an object", `{"seq":{}}`, `2:8: expected a whole number as seq; here is '{'`},
		{"a seq with a fraction", `{"seq":1.0}`, `2:8: expected a whole number as seq: without fraction and exponent, so that no digit is lost`},
		{"a seq with an exponent", `{"seq":1e3}`, `2:8: expected a whole number as seq: without fraction and exponent, so that no digit is lost`},
		{"a seq with a zero before it", `{"seq":01}`, `2:8: expected a whole number as seq: no zero stands before other digits`},
		{"a seq with a plus", `{"seq":+1}`, `2:8: expected a whole number as seq; here is '+'`},
		{"a minus alone", `{"seq":-}`, `2:9: expected a whole number as seq; here is '}'`},
		{"one above the highest seq", `{"seq":9223372036854775808}`, `2:8: expected a whole number as seq from -9223372036854775808 to 9223372036854775807`},
		{"one below the lowest seq", `{"seq":-9223372036854775809}`, `2:8: expected a whole number as seq from -9223372036854775808 to 9223372036854775807`},
		{"a seq of many digits", `{"seq":` + strings.Repeat("9", 400) + `}`, `2:8: expected a whole number as seq from -9223372036854775808 to 9223372036854775807`},
		{"letters after a number", `{"seq":1x}`, `2:9: expected , or }; here is 'x'`},
		{"a negative partition", `{"partition":-1}`, `2:14: expected a partition from 0 to 2147483647; leave it out where it is not known`},
		{"a partition that is too high", `{"partition":2147483648}`, `2:14: expected a partition from 0 to 2147483647; leave it out where it is not known`},
		{"a negative offset", `{"offset":-1}`, `2:11: expected an offset of at least 0; leave it out where it is not known`},
		{"corrupt in quotes", `{"corrupt":"true"}`, `2:12: expected true or false as corrupt; here is '"'`},
		{"drained as a number", `{"drained":1}`, `2:12: expected true or false as drained; here is '1'`},
		{"an unknown escape", `{"key":"\x41"}`, `2:9: expected one of \" \\ \/ \b \f \n \r \t \u after a backslash`},
		{"an escape that is cut off", `{"key":"\u00`, `2:9: expected four hexadecimal digits after \u`},
		{"half of a pair", `{"key":"a\ud800b"}`, `2:10: expected a character; here is half of a surrogate pair`},
		{"the halves of a pair swapped", `{"key":"\udc00\ud800"}`, `2:9: expected a character; here is half of a surrogate pair`},
		{"a control character", "{\"key\":\"a\tb\"}", `2:10: expected \u0009 in the place of a control character in a string`},
		{"bytes that are no UTF-8", "{\"key\":\"ab\xc3(\"}", `2:11: expected UTF-8; here is the byte 0xc3 (write other bytes as text, base64 for one)`},
		{"bytes that are no UTF-8 after an escape", "{\"key\":\"\\n\xff\"}", `2:11: expected UTF-8; here is the byte 0xff (write other bytes as text, base64 for one)`},
		{"the outcome of no transaction", `{"kind":"attempt","key":"a","seq":1,"outcome":"ok","tx_outcome":"committed"}`, `2:65: expected "tx" beside "tx_outcome": the outcome of which transaction?`},
		{"a transaction without a name", `{"tx":""}`, `2:7: expected the name or the number of a transaction as tx; it is empty: leave it out where there is none`},
		{"a transaction with a fraction", `{"tx":1.5}`, `2:7: expected the name or the number of a transaction as tx: without fraction and exponent, so that no digit is lost`},
		{"an unknown end of a transaction", `{"tx_outcome":"ok"}`, `2:15: unknown tx_outcome "ok"; known: unknown, committed, aborted`},
		{
			"a transaction that ends in two ways",
			try("a", 1, "ok", tx("t", "committed")) + "\n" + try("a", 2, "ok", tx("t", "aborted")),
			`3:74: expected committed as tx_outcome, as line 2 says of this transaction`,
		},
		{"two ends", "{\"kind\":\"end\"}\n{\"kind\":\"end\"}", `3:9: expected one end; the first is on line 2`},
	} {
		t.Run(tt.reason, func(t *testing.T) {
			path := written(t, "trace.jsonl", sound+"\n"+tt.line+"\n"+sound+"\n")
			_, err := judgePath(t, path, declared["once"])
			var syntax *SyntaxError
			if !errors.As(err, &syntax) {
				t.Fatalf("no syntax error: %v", err)
			}
			if got := err.Error(); got != path+":"+tt.want {
				t.Errorf("it says\n%s, want\n%s", strings.TrimPrefix(got, path+":"), tt.want)
			}
		})
	}
}

func TestALineWithoutAnEndIsRefused(t *testing.T) {
	path := written(t, "trace.jsonl", `{"key":"`+strings.Repeat("a", maxLine+1<<20))
	_, err := judgePath(t, path, declared["once"])
	if err == nil || !strings.Contains(err.Error(), "expected the end of the line within 16777216 bytes") {
		t.Errorf("it says %v", err)
	}
}
