// Package trace judges what any other tool saw of a stream, told as JSON Lines:
//
//	{"kind":"attempt","key":"k1","seq":1,"outcome":"ok","time":1000}
//	{"kind":"observation","key":"k1","seq":1,"partition":0,"offset":12,"time":2000}
//	{"kind":"end","drained":true}
//
// A line is one flat object of UTF-8; its fields may stand in any order.
//
//	field       of                    meaning
//	kind        all                   attempt, observation or end
//	key         attempt, observation  any string, the empty one included
//	seq         attempt, observation  signed 64-bit integer: identifies the record in its key and rises in send order;
//	                                  several attempts of one record share it
//	outcome     attempt               ok, failed (certainly not written) or unknown
//	time        all, optional         nanoseconds on one clock; evidence only, no verdict depends on it
//	tx          attempt, optional     name or number of its transaction: 7 and "7" are the same one
//	tx_outcome  attempt, optional     committed, aborted or unknown, on any attempt of the transaction;
//	                                  on none of them = unknown
//	topic       attempt, observation, optional
//	partition   attempt, observation, optional: 0 to 2^31-1
//	offset      attempt, observation, optional: 0 to 2^63-1; an observation without it is never a reread
//	corrupt     observation, optional true: its checksum or identity does not match; then key and seq may be left out
//	altered     observation, optional true: its headers or its correlation id are not those that went in
//	event_time  attempt, optional     milliseconds since the epoch, for windows
//	value       attempt, optional     what it adds to a sum: a whole number of at least 0
//	value       observation, optional the result that it carries: a count or a sum; of a join the seq of the table's
//	                                  record; then seq may be left out
//	window      observation, optional milliseconds since the epoch: where the window of this result begins
//	drained     end, optional         false: more was to come when the tool stopped looking, so absence proves nothing
//
// Sink order is the order of the lines. Attempts and observations stand in any
// order, an observation also before its attempt. The end may stand anywhere, once;
// without one the trace counts as complete and drained. Empty lines mean nothing.
//
// Reading is strict, since a misread line could turn a verdict: unknown and
// repeated fields, null, fractions and exponents are errors, and so are invalid
// UTF-8 and halves of surrogate pairs, which would make two keys one.
package trace
