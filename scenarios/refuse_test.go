package scenarios

import (
	"errors"
	"strings"
	"testing"

	"surety/topologies/engines"
)

const p = "topology: {processors: [{reference: at-least-once, instances: 2}]}\n"

// Whatever is wrong is one sentence that begins with the file, the line and what
// can be written there.
func TestWrongScenariosAreRefusedInOneSentence(t *testing.T) {
	const sinks = "topology:\n  sinks:\n"
	for _, tt := range []struct{ reason, text, want string }{
		// The file.
		{"an empty file", "", `mine.yaml: the file is empty; begin with scenario: NAME or suite: NAME`},
		{"blanks only", " \n\n", `mine.yaml: the file is empty; begin with scenario: NAME or suite: NAME`},
		{"comments only", "# nothing yet\n", `mine.yaml: the file holds nothing but comments; begin with scenario: NAME or suite: NAME`},
		{"a list", "- scenario: x\n", `mine.yaml:1: the file wants one mapping that begins with scenario: NAME or suite: NAME`},
		{"a word", "scenario\n", `mine.yaml:1: the file wants one mapping that begins with scenario: NAME or suite: NAME`},
		{"two documents", "scenario: x\n---\nscenario: y\n", `mine.yaml: the file holds several documents; write each scenario to a file of its own, and a suite that lists them`},
		{"a tab", "scenario: x\ntopology:\n\tbroker: {}\n", `mine.yaml:3: this is not YAML: found character that cannot start any token; indent with spaces, not with tabs`},
		{"a bracket that is not closed", "scenario: x\nfaults: [\n", `mine.yaml:3: this is not YAML: did not find expected node content`},
		{"a quote that is not closed", "scenario: \"x\n", `mine.yaml:2: this is not YAML: found unexpected end of stream`},
		{"an alias of nothing", "scenario: *x\n", `mine.yaml:1: this is not YAML: unknown anchor 'x' referenced`},
		{"bytes that are no text", "scenario: \xff\n", `mine.yaml: this is not YAML: invalid leading UTF-8 octet (value: 255)`},

		// Fields.
		{"an unknown field at the top", "scenario: x\nworkloud: {}\n", `mine.yaml:2: unknown field "workloud" (did you mean "workload"?); known: about, expect, faults, floors, guarantee, scenario, thresholds, timing, topology, workload`},
		{"an unknown field of the topology", "scenario: x\ntopology:\n  brokers: {}\n", `mine.yaml:3: unknown field "brokers" (did you mean "broker"?); known: broker, cluster, database, partitions, processors, provider, sinks, topics`},
		{"an unknown field of the broker", "scenario: x\ntopology: {broker: {node: 3}}\n", `mine.yaml:2: unknown field "node" (did you mean "nodes"?); known: config, kind, leaders, limits, nodes, version`},
		{"an unknown field of a processor", "scenario: x\ntopology:\n  processors:\n    - {reference: at-least-once}\n    - {referense: at-least-once}\n", `mine.yaml:5: unknown field "referense" (did you mean "reference"?); known: command, dir, engine, env, files, from, image, instances, limits, name, port, ready, reference, spare, state, stop-signal, to, versions`},
		{"an unknown field of a sink", "scenario: x\ntopology: {sinks: [{names: out}]}\n", `mine.yaml:2: unknown field "names" (did you mean "name"?); known: equals, guarantee, idempotent, identity, keep, lateness, name, oracle, outputs, reader, role, rows, size, table, ttl`},
		{"an unknown field of the workload", "scenario: x\nworkload: {record: 5}\n", `mine.yaml:2: unknown field "record" (did you mean "records"?); known: client, hot, keys, orders, out-of-order, poison, rate, records, skew, template, value, writers`},
		{"an unknown field of a fault", "scenario: x\nfaults:\n  - kill: {tagret: broker/1, at: 1s}\n", `mine.yaml:3: unknown field "tagret" (did you mean "target"?); known: disk, target, after, at, in, while, for, restart`},
		{"an unknown field of the guarantee", "scenario: x\nguarantee: {delivry: exactly-once}\n", `mine.yaml:2: unknown field "delivry" (did you mean "delivery"?); known: accepted, atomicity, delivery, order, preserve, recovery, routing, state`},
		{"an unknown field of the floors", "scenario: x\nfloors: {records-in-faults: 5}\n", `mine.yaml:2: unknown field "records-in-faults" (did you mean "records-in-fault"?); known: records, records-in-fault`},
		{"an unknown field of the timing", "scenario: x\ntiming: {quite: 5s}\n", `mine.yaml:2: unknown field "quite" (did you mean "quiet"?); known: deadline, quiet, session, transaction, warm`},
		{"a field twice", "scenario: x\nabout: a\nabout: b\n", `mine.yaml:3: about stands twice, first on line 2`},
		{"a field of a fault twice", "scenario: x\nfaults:\n  - kill:\n      target: broker/1\n      at: 1s\n      at: 2s\n", `mine.yaml:6: at stands twice, first on line 5`},
		{"a variable twice", "scenario: x\ntopology: {processors: [{env: {A: 1, A: 2}}]}\n", `mine.yaml:2: A stands twice, first on line 2`},
		{"a merge key", "scenario: x\n<<: {about: y}\n", `mine.yaml:2: unknown field "<<"; known: about, expect, faults, floors, guarantee, scenario, thresholds, timing, topology, workload`},
		{"a list as a field's name", "? [scenario]\n: x\n", `mine.yaml:1: here a plain name is wanted as the name of a field`},
		{"a crash loop too quick for emulated brokers", "scenario: x\n" + p + "timing: {session: 2s}\nfaults:\n  - crash-loop: {target: processor/1, times: 3, up: 1s, at: 1s}\n", `mine.yaml:5: crash-loop: on emulated brokers a processor wants up: of at least twice its session timeout, 4s, to join its group; this is 1s: say so, or run with --provider docker`},

		// The database and its tables.
		{"an unknown database", "scenario: x\ntopology:\n  database: {kind: oracle}\n", `mine.yaml:3: unknown database "oracle"; known: postgres`},
		{"an unknown field of the database", "scenario: x\ntopology:\n  database: {knid: postgres}\n", `mine.yaml:3: unknown field "knid" (did you mean "kind"?); known: config, kind, limits, version`},
		{"a database that is not there", "scenario: x\ntopology:\n  processors:\n    - {command: [app, \"{{ .Database }}\"]}\n", `mine.yaml:2: processor processor is told {{.Database}}, and there is no database: say topology: {database: {kind: postgres}}`},
		{"a processor named database", "scenario: x\ntopology:\n  processors:\n    - {name: database, reference: at-least-once}\n", `mine.yaml:4: the processor name "database" is taken; give each its own name:`},
		{"a table of no database", "scenario: x\ntopology:\n  sinks:\n    - {name: orders, rows: {value: payload}}\n", `mine.yaml:4: the sink orders is a table, and there is no database: say topology: {database: {kind: postgres}}`},
		{"rows that tell nothing", "scenario: x\ntopology:\n  database: {}\n  sinks:\n    - {name: orders, rows: {table: o}}\n", `mine.yaml:5: rows of the sink orders tell what they are either by value:, the column with the value that went in, or by key: and seq:`},
		{"rows that tell it twice", "scenario: x\ntopology:\n  database: {}\n  sinks:\n    - {name: orders, rows: {value: v, key: k, seq: s}}\n", `mine.yaml:5: rows of the sink orders tell what they are either by value:, the column with the value that went in, or by key: and seq:`},
		{"a table that is none", "scenario: x\ntopology:\n  database: {}\n  sinks:\n    - {name: orders, rows: {table: o; drop, value: v}}\n", `mine.yaml:5: the table of the sink orders is named by letters, digits and underscores, with a schema before a dot or without; this is "o; drop"`},
		{"a column that is none", "scenario: x\ntopology:\n  database: {}\n  sinks:\n    - {name: orders, rows: {value: a.b}}\n", `mine.yaml:5: a column is named by letters, digits and underscores; this is "a.b"`},
		{"the order of rows that nothing tells", "scenario: x\ntopology:\n  database: {}\n  sinks:\n    - {name: orders, rows: {value: v}}\nguarantee: {delivery: at-least-once, order: key}\n", `mine.yaml:5: order: key of the sink orders cannot be judged: nothing tells in which order its rows came; name a column with ordered-by:, or say order: none`},
		{"headers of rows", "scenario: x\ntopology:\n  database: {}\n  sinks:\n    - {name: orders, rows: {value: v}}\nguarantee: {delivery: at-least-once, preserve: headers}\n", `mine.yaml:5: the sink orders is a table, whose rows have no headers: declare preserve: of another sink`},
		{"a database that is broken and not there", "scenario: x\n" + p + "faults:\n  - kill: {target: database, at: 1s}\n", `mine.yaml:4: fault 1, kill: target "database": the topology has no database/1; it has broker/1, broker/2, broker/3, processor/1, processor/2`},

		// The driver's client and the topics.
		{"an unknown setting of the client", "scenario: x\nworkload: {client: {ack: 1}}\n", `mine.yaml:2: unknown field "ack" (did you mean "acks"?); known: acks, delivery-timeout, idempotence, ignore-errors, max-in-flight, transactional`},
		{"an unknown number of acknowledgements", "scenario: x\nworkload:\n  client:\n    acks: 2\n", `mine.yaml:4: unknown number of acknowledgements "2"; known: all, 1, 0`},
		{"an idempotent client that asks the leader alone", "scenario: x\nworkload:\n  client: {acks: 1, idempotence: true}\n", `mine.yaml:3: client: an idempotent client wants acks: all`},
		{"requests in flight of an idempotent client", "scenario: x\nworkload: {client: {max-in-flight: 1}}\n", `mine.yaml:2: client: an idempotent client has five requests in flight, which keeps the order; max-in-flight is for idempotence: false`},
		{"no request in flight", "scenario: x\nworkload: {client: {idempotence: false, max-in-flight: 0}}\n", `mine.yaml:2: max-in-flight: is 1 or more`},
		{"errors that cannot be", "scenario: x\nworkload: {client: {ignore-errors: true}}\n", `mine.yaml:2: a client without delivery-timeout: gives no record up, so there is no error to ignore`},
		{"a delivery timeout that no client takes", "scenario: x\nworkload: {client: {delivery-timeout: 10ms}}\n", `mine.yaml:2: client: delivery-timeout is 10ms: it lies between 1s and 1h`},
		{"transactions of nothing", "scenario: x\nworkload:\n  client:\n    transactional: {timeout: 5s}\n", `mine.yaml:4: transactional: wants records:, the number of records in each transaction`},
		{"transactions of a client that is not idempotent", "scenario: x\nworkload:\n  client: {idempotence: false, transactional: {records: 10}}\n", `mine.yaml:3: client: a transactional client is idempotent`},
		{"transactions and errors that are ignored", "scenario: x\nworkload:\n  client: {delivery-timeout: 2s, ignore-errors: true, transactional: {records: 10}}\n", `mine.yaml:3: client: a transactional client aborts what was not written: transactional: has a timeout of its own`},
		{"a timeout that no transaction has", "scenario: x\nworkload:\n  client: {transactional: {records: 10, timeout: 1ms}}\n", `mine.yaml:3: client: the timeout of a transaction is 1ms: it lies between 1s and 15m`},
		{"a moment at which nothing is done", "scenario: x\nworkload:\n  client: {transactional: {records: 10, done: flush}}\n", `mine.yaml:3: unknown moment at which a record is done "flush"; known: commit, send`},
		{"an isolation that no reader has", "scenario: x\ntopology:\n  sinks:\n    - {name: out, reader: {isolation: serializable}}\n", `mine.yaml:4: unknown isolation "serializable"; known: read_committed, read_uncommitted`},
		{"a reset that no reader knows", "scenario: x\ntopology:\n  sinks:\n    - {name: out, reader: {auto-offset-reset: newest}}\n", `mine.yaml:4: unknown reset of offsets "newest"; known: earliest, latest`},
		{"a group that cannot be named so", "scenario: x\ntopology:\n  sinks:\n    - {name: out, reader: {group: a b}}\n", `mine.yaml:4: the name of a group is made of letters, digits, dots and dashes; this is "a b"`},
		{"a reader that begins after the load", "scenario: x\nguarantee: {delivery: at-least-once}\ntopology:\n  sinks:\n    - {name: out, reader: {starts: 1h}}\n", `mine.yaml:5: the sink out would be read from 1h0m0s after the start of the load, which is over after 2.5s`},
		{"a reader that begins at a share of nothing", "scenario: x\nworkload: {rate: max}\ntopology:\n  sinks:\n    - {name: out, reader: {starts: 20%}}\n", `mine.yaml:5: with rate: max the length of the load is not known: say starts: 2s, not a share of it`},
		{"more replicas than brokers", "scenario: x\ntopology: {topics: {replication: 4}}\n", `mine.yaml:2: 3 brokers can hold 1 to 3 replicas; this is 4`},
		{"a topic setting of the harness's own", "scenario: x\ntopology:\n  topics:\n    config: {message.timestamp.type: CreateTime}\n", `mine.yaml:4: message.timestamp.type is the harness's own, which orders records by it; this is "CreateTime"`},

		// Engines.
		{"an engine without a kind", "scenario: x\ntopology:\n  processors:\n    - engine: {job: count}\n", `mine.yaml:4: processor processor: engine: wants kind:`},
		{"an unknown engine", "scenario: x\ntopology:\n  processors:\n    - engine: {kind: stream}\n", `mine.yaml:4: unknown engine "stream" (did you mean "streams"?); known: ` + strings.Join(engines.Names(), ", ")},
		{"an unknown job", "scenario: x\ntopology:\n  processors:\n    - engine:\n        kind: streams\n        job: cuont\n", `mine.yaml:6: unknown job of streams "cuont" (did you mean "count"?); known: identity, count, count-unlogged`},
		{"a guarantee in other words than the engine's", "scenario: x\ntopology:\n  processors:\n    - engine: {kind: streams, guarantee: exactly-once}\n", `mine.yaml:4: unknown guarantee of streams "exactly-once" (did you mean "exactly_once_v2"?); known: exactly_once_v2, at_least_once`},
		{"a setting of the harness's own", "scenario: x\ntopology:\n  processors:\n    - engine:\n        kind: streams\n        settings: {application.id: mine}\n", `mine.yaml:6: processor processor: the setting application.id is the harness's own`},
		{"an engine and an image", "scenario: x\ntopology:\n  processors:\n    - {image: app, engine: {kind: streams}}\n", `mine.yaml:4: processor processor wants exactly one of reference, engine, image and command`},
		{"versions of an engine", "scenario: x\ntopology:\n  processors:\n    - {engine: {kind: streams}, versions: {next: {env: {A: b}}}}\n", `mine.yaml:4: processor processor: an engine has no versions: to upgrade its instances to`},

		// What a processor is given and bound by.
		{"a file of this machine", "scenario: x\ntopology:\n  processors:\n    - {command: [app], files: {/etc/app.yaml: a}}\n", `mine.yaml:4: processor processor: the file /etc/app.yaml would be written to this machine; name it without a slash at its beginning and find it below {{.Dir}}`},
		{"a file that leaves its directory", "scenario: x\ntopology:\n  processors:\n    - {image: app, files: {../a: b}}\n", `mine.yaml:4: processor processor: "../a" cannot be the path of a file: write it as /etc/app.yaml, or as app.yaml for {{.Dir}}/app.yaml`},
		{"a file with an unknown field", "scenario: x\ntopology:\n  processors:\n    - {image: app, files: {/a: \"{{.Brokers}}\"}}\n", `mine.yaml:4: processor processor, file /a: "{{.Brokers}}" cannot be filled in; the known fields are Bootstrap, Input, Output, Outputs, Group, Database, Instance, Name, Run, Dir: template: value:1:2: executing "value" at <.Brokers>: can't evaluate field Brokers in type topologies.Vars`},
		{"two signs of readiness", "scenario: x\ntopology:\n  processors:\n    - {image: app, ready: {log: a, port: 80}}\n", `mine.yaml:4: processor processor: ready: wants either log: or port:, not both`},
		{"a path without its port", "scenario: x\ntopology:\n  processors:\n    - {image: app, ready: {log: a, http: /a}}\n", `mine.yaml:4: processor processor: http: wants the port: that it is asked at`},
		{"a path without a slash", "scenario: x\ntopology:\n  processors:\n    - {image: app, ready: {port: 80, http: health}}\n", `mine.yaml:4: processor processor: http: is a path that begins with a slash, as /health; this is "health"`},
		{"a port beyond all", "scenario: x\ntopology:\n  processors:\n    - {image: app, ready: {port: 70000}}\n", `mine.yaml:4: processor processor: a port lies between 1 and 65535; this is 70000`},
		{"a time for nothing", "scenario: x\ntopology:\n  processors:\n    - {image: app, ready: {within: 5s}}\n", `mine.yaml:4: processor processor: ready: wants log:, a regular expression, or port:`},
		{"a broken expression", "scenario: x\ntopology:\n  processors:\n    - {image: app, ready: {log: \"(\"}}\n", "mine.yaml:4: processor processor: \"(\" is no regular expression: error parsing regexp: missing closing ): `(`"},
		{"an unknown signal", "scenario: x\ntopology:\n  processors:\n    - {image: app, stop-signal: SIGTREM}\n", `mine.yaml:4: unknown signal "SIGTREM" (did you mean "SIGTERM"?); known: SIGHUP, SIGINT, SIGKILL, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGWINCH`},
		{"an unknown state", "scenario: x\ntopology:\n  processors:\n    - {image: app, state: gone}\n", `mine.yaml:4: unknown state "gone"; known: kept, lost`},
		{"memory without a unit", "scenario: x\ntopology:\n  processors:\n    - {image: app, limits: {memory: 512}}\n", `mine.yaml:4: an amount of memory is written as 512MiB or 2GiB; this is "512"`},
		{"memory that nothing runs in", "scenario: x\ntopology:\n  processors:\n    - {image: app, limits: {memory: 1MiB}}\n", `mine.yaml:4: a node wants at least 6MiB of memory; this is "1MiB"`},
		{"no core at all", "scenario: x\ntopology:\n  processors:\n    - {image: app, limits: {cpus: 0}}\n", `mine.yaml:4: cpus: is a number of cores, as 0.5 or 2; this is 0`},
		{"cores that are no number", "scenario: x\ntopology:\n  processors:\n    - {image: app, limits: {cpus: many}}\n", `mine.yaml:4: here a number is wanted, as 0.5; this is "many"`},
		{"a broker's cores below nothing", "scenario: x\ntopology: {broker: {limits: {cpus: -1}}}\n", `mine.yaml:2: cpus: is a number of cores, as 0.5 or 2; this is -1`},

		// Kinds of values.
		{"a list where a mapping belongs", "scenario: x\nworkload: [5000]\n", `mine.yaml:2: here a mapping is wanted, with some of client, hot, keys, orders, out-of-order, poison, rate, records, skew, template, value, writers`},
		{"a word where a list belongs", "scenario: x\nfaults: kill\n", `mine.yaml:2: here a list is wanted: [a, b] or lines that begin with a dash`},
		{"a word where variables belong", "scenario: x\ntopology: {processors: [{env: A=1}]}\n", `mine.yaml:2: here a mapping is wanted, as {NAME: value}`},
		{"a list where a word belongs", "scenario: [x]\n", `mine.yaml:1: here a single value is wanted, not a list or a mapping`},
		{"a word where a number belongs", "scenario: x\nworkload: {records: many}\n", `mine.yaml:2: here a whole number is wanted, as 5000; this is "many"`},
		{"a fraction where a number belongs", "scenario: x\nworkload: {keys: 1.5}\n", `mine.yaml:2: here a whole number is wanted, as 5000; this is "1.5"`},
		{"a number beyond all bounds", "scenario: x\nworkload: {records: 99999999999999999999}\n", `mine.yaml:2: here a whole number is wanted, as 5000; this is "99999999999999999999"`},
		{"a time without a unit", "scenario: x\ntiming: {session: 5}\n", `mine.yaml:2: here a time is wanted, as 500ms or 3s; this is "5"`},
		{"a rate without a unit", "scenario: x\nworkload: {rate: 2000}\n", `mine.yaml:2: a rate is written as 2000/s, or max; this is "2000"`},
		{"a rate of nothing", "scenario: x\nworkload: {rate: 0/s}\n", `mine.yaml:2: a rate lies above 0/s and is at most 100000000/s; this is "0/s"`},
		{"a rate beyond all bounds", "scenario: x\nworkload: {rate: 999999999999/s}\n", `mine.yaml:2: a rate lies above 0/s and is at most 100000000/s; this is "999999999999/s"`},
		{"a size without a unit", "scenario: x\nworkload: {value: 100}\n", `mine.yaml:2: a size is written as 100B, 1KiB or 1MiB; this is "100"`},
		{"a size in powers of ten", "scenario: x\nworkload: {value: 1MB}\n", `mine.yaml:2: a size is written as 100B, 1KiB or 1MiB; this is "1MB"`},
		{"a size above the bound", "scenario: x\nworkload: {value: 17MiB}\n", `mine.yaml:2: a size is at most 16MiB; this is "17MiB"`},
		{"a size whose bytes overflow", "scenario: x\nworkload: {value: 9999999999999MiB}\n", `mine.yaml:2: a size is at most 16MiB; this is "9999999999999MiB"`},
		{"a share above all", "scenario: x\nworkload: {skew: hot, hot: 130%}\n", `mine.yaml:2: a share is written as 30%, between 0% and 100%; this is "130%"`},
		{"a time as a share", "scenario: x\nworkload: {skew: hot, hot: 2s}\n", `mine.yaml:2: a share is written as 30%, between 0% and 100%; this is "2s"`},
		{"no number as a share", "scenario: x\nworkload: {skew: hot, hot: NaN%}\n", `mine.yaml:2: a share is written as 30%, between 0% and 100%; this is "NaN%"`},

		// Faults.
		{"an unknown fault", "scenario: x\nfaults:\n  - kil: {target: broker/1, at: 30%}\n", `mine.yaml:3: unknown fault "kil" (did you mean "kill"?); known: kill, pause, cut, lag`},
		{"a fault with no body", "scenario: x\nfaults: [kill]\n", `mine.yaml:2: a fault is written as NAME: {target: ..., at: 30%, for: 2s}`},
		{"two faults in one", "scenario: x\nfaults: [{kill: {target: broker/1, at: 1s}, pause: {target: broker/1, at: 1s}}]\n", `mine.yaml:2: a fault is written as NAME: {target: ..., at: 30%, for: 2s}`},
		{"a fault whose fields are a word", "scenario: x\nfaults: [{kill: broker/1}]\n", `mine.yaml:2: the fault kill wants its fields as {target: ..., at: 30%, for: 2s}`},
		{"a fault at no time", "scenario: x\nfaults:\n  - kill: {target: broker/1}\n", `mine.yaml:3: kill wants at: when it happens, as 30% or 2s; or after: 30%, in: rebalance 3, while: followers-behind`},
		{"a fault at a word", "scenario: x\nfaults: [{kill: {target: broker/1, at: soon}}]\n", `mine.yaml:2: a moment is written as 30% of the load, 2s after its start, or 20%..40%; this is "soon"`},
		{"a fault before the start", "scenario: x\nfaults: [{kill: {target: broker/1, at: -2s}}]\n", `mine.yaml:2: a moment is written as 30% of the load, 2s after its start, or 20%..40%; this is "-2s"`},
		{"a fault after the end", "scenario: x\nfaults: [{kill: {target: broker/1, at: 101%}}]\n", `mine.yaml:2: a share lies between 0% and 100%; this is "101%"`},
		{"a range backwards", "scenario: x\nfaults: [{kill: {target: broker/1, at: 40%..20%}}]\n", `mine.yaml:2: a range wants two shares or two times, the smaller first; this is "40%..20%"`},
		{"a range of a share and a time", "scenario: x\nfaults: [{kill: {target: broker/1, at: 20%..3s}}]\n", `mine.yaml:2: a range wants two shares or two times, the smaller first; this is "20%..3s"`},
		{"a range with no end", "scenario: x\nfaults: [{kill: {target: broker/1, at: 20%..}}]\n", `mine.yaml:2: a moment is written as 30% of the load, 2s after its start, or 20%..40%; this is ""`},
		{"a fault for a word", "scenario: x\nfaults: [{kill: {target: broker/1, at: 1s, for: long}}]\n", `mine.yaml:2: for is a time between 0s and 1h, as 500ms, 3s or 500ms..3s; this is "long"`},
		{"a fault for a day", "scenario: x\nfaults: [{kill: {target: broker/1, at: 1s, restart: 24h}}]\n", `mine.yaml:2: restart is a time between 0s and 1h, as 500ms, 3s or 500ms..3s; this is "24h"`},
		{"two ends of one fault", "scenario: x\nfaults: [{kill: {target: broker/1, at: 1s, for: 1s, restart: 2s}}]\n", `mine.yaml:2: for and restart are the same time of kill; give one of them`},
		{"a fault with no target", "scenario: x\nfaults: [{kill: {at: 1s}}]\n", `mine.yaml:2: kill: target is missing; known: …`},
		{"a target of no known form", "scenario: x\nfaults: [{kill: {target: broker 1, at: 1s}}]\n", `mine.yaml:2: kill: unknown target "broker 1": "broker" alone means nobody; known: …`},
		{"two wrong targets are one sentence", "scenario: x\nfaults: [{lag: {from: a b, to: c d, delay: 1s, at: 1s}}]\n", `mine.yaml:2: lag: unknown target "a b": "a" alone means nobody; known: …`},
		{"a role that is spelt wrongly", "scenario: x\n" + p + "faults: [{kill: {target: leadr(input/0), at: 1s}}]\n", `mine.yaml:3: kill: unknown target "leadr(input/0)": "leadr" is neither a role nor a choice (did you mean "leader"?); known: …`},
		{"a target that begins later", "scenario: x\n" + p + "faults:\n  - kill: {target: owner(input/0), at: 2s}\n  - pause: {target: same-as(1), at: 1s}\n", `mine.yaml:5: fault 2, pause: it begins at 1s, before fault 1 (2s), whose target it takes`},
		{"the target of no earlier fault", "scenario: x\n" + p + "faults: [{kill: {target: same-as(1), at: 2s}}]\n", `mine.yaml:3: fault 1, kill: target "same-as(1)": it stands in place 1 of the list: same-as takes the place of an earlier fault`},
		{"a surge beyond the load", "scenario: x\n" + p + "faults: [{surge: {times: 5, at: 2s, for: 9s}}]\n", `mine.yaml:3: fault 1, surge: the load cannot surge so: the surge that ends at 11s outlasts the load, which is over after 2.5s`},
		{"two surges at once", "scenario: x\n" + p + "faults:\n  - surge: {times: 5, at: 1s}\n  - surge: {times: 2, at: 1500ms}\n", `mine.yaml:5: fault 2, surge: the load cannot surge so: the surge at 1.5s begins before the one before it is over, at 2s`},
		{"a surge of a load without a rate", "scenario: x\n" + p + "workload: {rate: max}\nfaults: [{surge: {times: 5, at: 1s}}]\n", `mine.yaml:4: fault 1, surge: the load cannot surge so: a load without a rate cannot surge to 5 times of it`},
		{"a roll to a version that is not there", "scenario: x\n" + p + "faults: [{roll: {target: processor/*, to: v2, at: 1s}}]\n", `mine.yaml:3: fault 1, roll: unknown version of processor "v2"; known: original; say what it is in versions: of the processor`},
		{"a version of two programs", "scenario: x\ntopology:\n  processors:\n    - reference: at-least-once\n      versions:\n        v2: {reference: hashed-workers, image: app}\n", `mine.yaml:6: version v2 of processor processor wants one of reference, image and command, or env alone`},
		{"a version of an unknown processor", "scenario: x\ntopology:\n  processors:\n    - reference: at-least-once\n      versions: {v2: {reference: hashed-worker}}\n", `mine.yaml:5: unknown reference processor "hashed-worker"; known: …`},
		{"a version with the name of the first one", "scenario: x\ntopology:\n  processors:\n    - reference: at-least-once\n      versions: {original: {env: {A: b}}}\n", `mine.yaml:5: processor processor: a version has a name of letters, digits, dots and dashes, and "original" is the one that it begins with; this is "original"`},
		{"too many spare instances", "scenario: x\ntopology: {processors: [{reference: at-least-once, instances: 2, spare: 19}]}\n", `mine.yaml:2: processor processor: up to 20 instances are possible, the spare ones included; these are 2 and 19`},
		{"the driver as a process", "scenario: x\n" + p + "faults: [{kill: {target: driver, at: 2s}}]\n", `mine.yaml:3: kill: target "driver": the driver is part of the harness; its links can be broken, not itself`},
		{"a target that the topology has not", "scenario: x\n" + p + "faults:\n  - kill: {target: processor/3, at: 1s}\n", `mine.yaml:4: fault 1, kill: target "processor/3": the topology has no processor/3; it has broker/1, broker/2, broker/3, processor/1, processor/2`},
		{"a choice among nothing", "scenario: x\n" + p + "faults: [{kill: {target: any(sink), at: 1s}}]\n", `mine.yaml:3: fault 1, kill: target "any(sink)": the topology has no sink; it has broker/1, broker/2, broker/3, processor/1, processor/2`},
		{"a fault when the load is over", "scenario: x\n" + p + "workload: {records: 1000, rate: 1000/s}\nfaults:\n  - kill: {target: broker/1, at: 3s}\n", `mine.yaml:5: kill would begin 3s after the start of the load, which is over after 1s`},
		{"a share of a load of no known length", "scenario: x\n" + p + "workload: {rate: max}\nfaults: [{kill: {target: broker/1, at: 30%}}]\n", `mine.yaml:4: with rate: max the length of the load is not known: say at: 2s or after: 30%, not a share of its time`},

		// Schedules.
		{"a fault at two times", "scenario: x\nfaults:\n  - kill: {target: broker/1, at: 1s,\n      after: 20%}\n", `mine.yaml:4: at and after both say when it happens; give one of them`},
		{"after a time", "scenario: x\nfaults: [{kill: {target: broker/1, after: 2s}}]\n", `mine.yaml:2: after: is a share of the load between 1% and 99%, as 20% or 20%..40%; this is "2s"`},
		{"after all", "scenario: x\nfaults: [{kill: {target: broker/1, after: 100%}}]\n", `mine.yaml:2: after: is a share of the load between 1% and 99%, as 20% or 20%..40%; this is "100%"`},
		{"in something unknown", "scenario: x\nfaults: [{kill: {target: broker/1, in: rebalances}}]\n", `mine.yaml:2: in: is a rebalance of the processors' group, as rebalance 3; this is "rebalances"`},
		{"in a rebalance of nobody", "scenario: x\nguarantee: {delivery: at-least-once}\nfaults:\n  - kill: {target: broker/1, in: rebalance 2}\n", `mine.yaml:4: kill waits for a rebalance, but there is no processor whose group could have one`},
		{"an unknown state", "scenario: x\nfaults: [{kill: {target: broker/1, while: follower-behind}}]\n", `mine.yaml:2: unknown state of the cluster "follower-behind" (did you mean "followers-behind"?); known: followers-behind`},
		{"followers of emulated brokers", "scenario: x\n" + p + "faults:\n  - kill: {target: processor/1, while: followers-behind}\n", `mine.yaml:4: kill: on emulated brokers there are no followers that could be behind: say at: or after:, or run with --provider docker`},
		{"a span backwards", "scenario: x\nfaults: [{kill: {target: broker/1, at: 1s, for: 2s..1s}}]\n", `mine.yaml:2: for is a time between 0s and 1h, as 500ms, 3s or 500ms..3s; this is "2s..1s"`},
		{"a draw of nothing", "scenario: x\n" + p + "faults:\n  - draw: {count: 3}\n", `mine.yaml:4: draw: it wants the faults to draw from: from: [kill: {target: any(processor), for: 500ms}]`},
		{"a draw of an unknown field", "scenario: x\nfaults:\n  - draw: {counts: 3}\n", `mine.yaml:3: unknown field "counts" (did you mean "count"?); known: count, during, every, from, overlap, quiet`},
		{"a draw of no number", "scenario: x\n" + p + "faults:\n  - draw: {from: [kill: {target: any(processor)}]}\n", `mine.yaml:4: draw: it wants either count:, how many faults there are, or every:, one in each such time`},
		{"a draw of a fault with its own time", "scenario: x\n" + p + "faults:\n  - draw: {count: 3, from: [kill: {target: any(processor), at: 1s}]}\n", `mine.yaml:4: unknown field "at"; known: disk, target, alone, weight, for, restart`},
		{"a weight of nothing", "scenario: x\n" + p + "faults:\n  - draw: {count: 3, from: [kill: {target: any(processor), weight: 0}]}\n", `mine.yaml:4: weight: is a number between 1 and 1000; this is "0"`},
		{"more faults than room", "scenario: x\n" + p + "workload: {records: 10000, rate: 1000/s}\nfaults:\n  - draw: {count: 5, quiet: 3s, during: 10%..90%, from: [kill: {target: any(processor), for: 1s}]}\n", `mine.yaml:5: draw: 5 faults of up to 1s, with 3s of quiet between them, take up to 17s and do not fit into the 8s of during:`},
		{"a fault longer than its time", "scenario: x\n" + p + "workload: {records: 10000, rate: 1000/s}\nfaults:\n  - draw: {every: 3s, from: [kill: {target: any(processor), for: 1s}]}\n", `mine.yaml:5: draw: a fault of 1s and 3s of quiet do not fit into every: 3s`},
		{"no window at all", "scenario: x\n" + p + "faults:\n  - draw: {count: 1, during: 50%, from: [kill: {target: any(processor)}]}\n", `mine.yaml:4: draw: during: wants two different moments, as 10%..90%`},
		{"kills too close for emulated brokers", "scenario: x\n" + p + "workload: {records: 20000, rate: 1000/s}\nfaults:\n  - draw: {count: 2, quiet: 1s, from: [kill: {target: any(processor)}]}\n", `mine.yaml:5: draw: on emulated brokers a processor wants 3s, twice its session timeout, to join its group between one kill and the next fault: say quiet: 3s and no overlap:, or run with --provider docker`},
		{"a schedule that cannot be", "scenario: x\n" + p + "workload: {records: 2000, rate: 1000/s}\nfaults:\n  - draw: {count: 2, overlap: 2, during: 0s..1s, from: [lag: {from: processor/*, to: broker/*, delay: 10ms, for: 900ms}]}\n", `mine.yaml:5: draw: no way was found to let 2 overlap without two on one target, or beside one that is to be alone: give it more targets, more time, or a smaller overlap`},

		// What belongs together.
		{"no name", "about: y\n", `mine.yaml: the scenario has no name: begin with scenario: NAME`},
		{"a name that is a path", "scenario: ../x\n", `mine.yaml:1: the name of a scenario is made of letters, digits, dots and dashes; this is "../x"`},
		{"an unknown provider", "scenario: x\ntopology:\n  provider: embeded\n", `mine.yaml:3: unknown provider "embeded" (did you mean "embedded"?); known: embedded, docker`},
		{"an unknown broker", "scenario: x\ntopology: {broker: {kind: kafak}}\n", `mine.yaml:2: unknown broker "kafak" (did you mean "kafka"?); known: kafka`},
		{"an unknown way to have a cluster", "scenario: x\ntopology: {cluster: mine}\n", `mine.yaml:2: unknown way to have a cluster "mine"; known: shared, own`},
		{"an unknown choice of leaders", "scenario: x\ntopology: {broker: {leaders: prefered}}\n", `mine.yaml:2: unknown choice of leaders "prefered" (did you mean "preferred"?); known: any, preferred`},
		{"no broker", "scenario: x\ntopology: {broker: {nodes: 0}}\n", `mine.yaml:2: 1 to 9 brokers are possible; this is 0`},
		{"too many partitions", "scenario: x\ntopology: {partitions: 100000}\n", `mine.yaml:2: 1 to 1000 partitions are possible; this is 100000`},
		{"an unknown processor", "scenario: x\ntopology:\n  processors:\n    - instances: 2\n      reference: exactly-onec\n", `mine.yaml:5: unknown reference processor "exactly-onec" (did you mean "exactly-once"?); known: at-least-once, exactly-once`},
		{"a processor of nothing", "scenario: x\ntopology:\n  processors:\n    - instances: 2\n", `mine.yaml:4: processor processor wants exactly one of reference, engine, image and command`},
		{"a processor of two things", "scenario: x\ntopology: {processors: [{reference: at-least-once, command: [x]}]}\n", `mine.yaml:2: processor processor wants exactly one of reference, engine, image and command`},
		{"two processors of one name", "scenario: x\ntopology:\n  processors:\n    - {reference: at-least-once}\n    - {reference: exactly-once}\n", `mine.yaml:5: the processor name "processor" is taken; give each its own name:`},
		{"a processor that calls itself broker", "scenario: x\ntopology: {processors: [{name: broker, reference: at-least-once}]}\n", `mine.yaml:2: the processor name "broker" is taken; give each its own name:`},
		{"a processor that no selector can name", "scenario: x\ntopology: {processors: [{name: My App, reference: at-least-once}]}\n", `mine.yaml:2: the name of a processor begins with a small letter and goes on with small letters, digits and dashes; this is "My App"`},
		{"too many instances", "scenario: x\ntopology: {processors: [{reference: at-least-once, instances: 99}]}\n", `mine.yaml:2: processor processor: 1 to 20 instances are possible; this is 99`},
		{"no instance", "scenario: x\ntopology: {processors: [{reference: at-least-once, instances: 0}]}\n", `mine.yaml:2: processor processor: 1 to 20 instances are possible; this is 0`},
		{"a template of nothing known", "scenario: x\ntopology: {processors: [{command: [app, \"{{.Broker}}\"]}]}\n", `mine.yaml:2: processor processor, command word 2: "{{.Broker}}" cannot be filled in; the known fields are Bootstrap, Input, Output, Outputs, Group, Database, Instance, Name, Run, Dir: template: value:1:2: executing "value" at <.Broker>: can't evaluate field Broker in type topologies.Vars`},
		{"a sink called input", "scenario: x\n" + p[:len(p)-2] + ", sinks: [{name: input}]}\n", `mine.yaml:2: a sink wants a name of its own, other than input; this is "input"`},
		{"two sinks of one name", "scenario: x\ntopology:\n  sinks:\n    - name: out\n    - name: out\n", `mine.yaml:5: a sink wants a name of its own, other than input; this is "out"`},
		{"an unknown role", "scenario: x\ntopology: {sinks: [{name: o, role: outputs}]}\n", `mine.yaml:2: unknown role of a sink "outputs" (did you mean "output"?); known: output, subscription, dead-letter, effects`},
		{"an unknown oracle", "scenario: x\ntopology: {sinks: [{name: o, oracle: counts}]}\n", `mine.yaml:2: unknown oracle "counts" (did you mean "count"?); known: identity, filter, window, count`},
		{"an oracle without its parameter", "scenario: x\n" + sinks + "    - {name: o, oracle: filter}\n", `mine.yaml:4: sink o: the oracle filter wants keep`},
		{"a parameter of another oracle", "scenario: x\n" + sinks + "    - {name: o, size: 5s}\n", `mine.yaml:4: sink o: the oracle identity takes no parameter, not size`},
		{"a predicate that is none", "scenario: x\n" + sinks + "    - {name: o, oracle: filter, keep: seq is odd}\n", `mine.yaml:4: a predicate is written as seq % 3 != 0 or key % 4 < 2, with one of == != < <= > >=; this is "seq is odd"`},
		{"a list of predicates", "scenario: x\n" + sinks + "    - {name: o, oracle: filter, keep: [a]}\n", `mine.yaml:4: a predicate is written as seq % 3 != 0`},
		{"a window between two milliseconds", "scenario: x\n" + sinks + "    - {name: o, oracle: window, size: 1us}\n", `mine.yaml:4: sink o: ttl, size and lateness are whole milliseconds, as event times are`},
		{"a place that is no pointer", "scenario: x\n" + sinks + "    - name: o\n      identity: {json: id}\n", `mine.yaml:5: sink o: a JSON pointer begins with a slash, as /meta/id; this is "id"`},
		{"an output of no sink", "scenario: x\ntopology: {processors: [{command: [app, \"{{.Outputs.dead}}\"]}]}\n", `mine.yaml:2: processor processor, command word 2: "{{.Outputs.dead}}" cannot be filled in; the known fields are Bootstrap, Input, Output, Outputs, Group, Database, Instance, Name, Run, Dir: template: value:1:10: executing "value" at <.Outputs.dead>: map has no entry for key "dead"`},
		{"something else to preserve", "scenario: x\nguarantee: {delivery: exactly-once, preserve: header}\n", `mine.yaml:2: unknown thing to preserve "header" (did you mean "headers"?); known: headers`},
		{"headers of a result", "scenario: x\n" + sinks + "    - {name: o, oracle: count}\nguarantee: {delivery: exactly-once, preserve: headers}\n", `mine.yaml:4: the sink o has results of many records, which have no headers to preserve; declare preserve: in the guarantee of another sink`},
		{"a sink that equals itself", "scenario: x\n" + sinks + "    - {name: o, equals: o}\n", `mine.yaml:4: the sink o equals "o", which is no other sink of this scenario`},
		{"dead letters of nothing", "scenario: x\n" + sinks + "    - {name: o, role: dead-letter}\n", `mine.yaml:3: all sinks are for dead letters; name the one where the others come out`},
		{"an unknown state of one sink", "scenario: x\n" + sinks + "    - name: o\n      guarantee: {delivery: at-least-once, state: monotone}\n" + "guarantee: {delivery: at-least-once}\n", `mine.yaml:5: unknown state "monotone" (did you mean "monotonic"?); known: final, monotonic`},
		{"an unknown routing", "scenario: x\n" + p + "guarantee: {routing: keys}\n", `mine.yaml:3: unknown routing "keys" (did you mean "key"?); known: key`},
		{"a recovery before the fault", "scenario: x\n" + p + "guarantee: {recovery: -1s}\n", `mine.yaml:3: recovery lies between 0s and 1h; this is -1s`},
		{"an unknown skew", "scenario: x\n" + p + "workload: {skew: zip}\n", `mine.yaml:3: unknown skew "zip" (did you mean "zipf"?); known: uniform, zipf, hot`},
		{"a hot share that nothing uses", "scenario: x\n" + p + "workload: {hot: 30%}\n", `mine.yaml:3: workload: hot is given, but skew is not hot`},
		{"nothing to offer", "scenario: x\n" + p + "workload: {records: 0}\n", `mine.yaml:3: records is 0; the workload wants at least one`},
		{"less than nothing to offer", "scenario: x\n" + p + "workload:\n  keys: -4\n", `mine.yaml:4: keys is -4; the workload wants at least one`},
		{"more writers than keys", "scenario: x\n" + p + "workload: {keys: 1, writers: 2}\n", `mine.yaml:3: 2 writers cannot share 1 keys: each key has one writer`},
		{"a load of years", "scenario: x\n" + p + "workload: {records: 9000000000000000000, rate: 0.001/s}\n", `mine.yaml:3: 9000000000000000000 records at 0.001/s take more than a day; offer fewer, or faster`},
		{"nothing is declared", "scenario: x\ntopology: {processors: [{command: [app]}]}\n", `mine.yaml: scenario x: nothing is declared that could be judged: say guarantee: {delivery: at-most-once}, or at-least-once, or exactly-once`},
		{"an unknown delivery", "scenario: x\n" + p + "guarantee: {delivery: at-lest-once}\n", `mine.yaml:3: unknown delivery "at-lest-once" (did you mean "at-least-once"?); known: at-most-once, at-least-once, exactly-once`},
		{"an unknown order", "scenario: x\n" + p + "guarantee: {order: keys}\n", `mine.yaml:3: unknown order "keys" (did you mean "key"?); known: none, key`},
		{"an unknown atomicity", "scenario: x\n" + p + "guarantee: {atomicity: transactions}\n", `mine.yaml:3: unknown atomicity "transactions" (did you mean "transaction"?); known: transaction`},
		{"a floor below the ground", "scenario: x\n" + p + "floors: {records-in-fault: -1}\n", `mine.yaml:3: a floor is a number of records, 0 or more`},
		{"a negative limit", "scenario: x\n" + p + "thresholds: {lag: -1}\n", `mine.yaml:3: a limit of lag is a number of records above 0`},
		{"a recovery of nothing", "scenario: x\n" + p + "thresholds: {recovery: 3s}\n", `mine.yaml:3: there is no fault to recover from`},
		{"more throughput than load", "scenario: x\n" + p + "workload: {rate: 10/s}\nthresholds: {throughput: 11/s}\n", `mine.yaml:4: 11/s cannot come through where 10/s are offered`},
		{"a floor above all", "scenario: x\n" + p + "workload: {records: 100}\nfloors: {records: 101}\n", `mine.yaml:4: the floor of 101 records is above the 100 that are offered`},
		{"a time below zero", "scenario: x\n" + p + "timing: {session: -5s}\n", `mine.yaml:3: session lies between 1ms and 1h; this is -5s`},
		{"a quiet time beyond all patience", "scenario: x\n" + p + "timing: {quiet: 9000h}\n", `mine.yaml:3: quiet lies between 1ms and 1h; this is 9000h0m0s`},
		{"a deadline that nothing can meet", "scenario: x\n" + p + "timing: {quiet: 5s, deadline: 6s}\n", `mine.yaml:3: the deadline of the drain (6s) is below twice the quiet time (5s)`},

		// Expectations.
		{"an unknown expectation", "scenario: x\nexpect: uphold\n", `mine.yaml:2: unknown expectation "uphold" (did you mean "upheld"?); known: upheld, inconclusive, {violated: CLASS}`},
		{"a violation of nothing", "scenario: x\nexpect: violated\n", `mine.yaml:2: expect: violated wants the class that must show: expect: {violated: duplicated}`},
		{"a violation of an unknown class", "scenario: x\nexpect: {violated: lots}\n", `mine.yaml:2: unknown class "lots" (did you mean "lost"?); known: lost, vanished, …`},
		{"a class that no guarantee is about", "scenario: x\nexpect: {violated: recovered}\n", `mine.yaml:2: unknown class "recovered" (did you mean "reordered"?); known: lost, vanished, …`},
		{"two expectations", "scenario: x\nexpect: {violated: lost, upheld: yes}\n", `mine.yaml:2: expect is upheld, inconclusive or {violated: CLASS}`},
		{"a list of expectations", "scenario: x\nexpect: [upheld]\n", `mine.yaml:2: expect is upheld, inconclusive or {violated: CLASS}`},
	} {
		t.Run(tt.reason, func(t *testing.T) {
			_, err := resolved(tt.text, "7c1e04")
			if err == nil {
				t.Fatal("it is accepted")
			}
			begin, open := strings.CutSuffix(tt.want, "…") // the rest is said elsewhere
			if got := err.Error(); got != tt.want && (!open || !strings.HasPrefix(got, begin)) {
				t.Errorf("\n got %s\nwant %s", got, tt.want)
			}
			var fe *FileError
			if !errors.As(err, &fe) {
				t.Errorf("%T is not a FileError", err)
			}
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("%q is more than one line", err)
			}
		})
	}
}

func TestWrongSuitesAreRefusedInOneSentence(t *testing.T) {
	for _, tt := range []struct{ reason, text, want string }{
		{"no name", "suite:\nscenarios: [{scenario: crash}]\n", `mine.yaml:1: a suite wants a name of letters, digits, dots and dashes; this is ""`},
		{"no scenario", "suite: s\n", `mine.yaml: the suite has no scenarios: list them as scenarios: [{scenario: NAME}]`},
		{"an entry of nothing", "suite: s\nscenarios:\n  - {control: also}\n", `mine.yaml:3: an entry of a suite wants the scenario that it runs: {scenario: NAME}`},
		{"an unknown field", "suite: s\nparalel: 3\n", `mine.yaml:2: unknown field "paralel" (did you mean "parallel"?); known: about, parallel, provider, scenarios, suite`},
		{"an unknown field of an entry", "suite: s\nscenarios: [{scenaro: crash}]\n", `mine.yaml:2: unknown field "scenaro" (did you mean "scenario"?); known: control, engine, env, expect, guarantee, name, processor, scenario, twin`},
		{"nothing at a time", "suite: s\nparallel: 0\nscenarios: [{scenario: crash}]\n", `mine.yaml:2: 1 to 100 scenarios can run at once; this is 0`},
		{"less than nothing at a time", "suite: s\nparallel: -1\nscenarios: [{scenario: crash}]\n", `mine.yaml:2: 1 to 100 scenarios can run at once; this is -1`},
		{"an unknown control", "suite: s\nscenarios:\n  - {scenario: crash}\n  - {scenario: cut, control: onyl}\n", `mine.yaml:4: unknown control "onyl" (did you mean "only"?); known: only, also`},
		{"an unknown processor", "suite: s\nscenarios:\n  - {scenario: crash, processor: at-least}\n", `mine.yaml:3: unknown reference processor "at-least"; known: at-least-once, exactly-once`},
		{"an unknown twin", "suite: s\nscenarios:\n  - {scenario: crash, twin: exactly-onse}\n", `mine.yaml:3: unknown reference processor "exactly-onse" (did you mean "exactly-once"?); known: at-least-once, exactly-once`},
		{"an unknown scenario", "suite: s\nscenarios:\n  - {scenario: crash}\n  - {scenario: cras, name: other}\n", `mine.yaml:4: unknown scenario "cras" (did you mean "crash"?); known: crash, cut`},
		{"one scenario twice", "suite: s\nscenarios:\n  - {scenario: crash}\n  - {scenario: crash, env: {A: 1}}\n", `mine.yaml:4: the suite has another scenario of the name crash; give one of them another name:`},
	} {
		t.Run(tt.reason, func(t *testing.T) {
			s, err := ParseSuite("mine.yaml", []byte(tt.text), words())
			if err == nil {
				_, err = s.Scenarios(found)
			}
			if err == nil {
				t.Fatal("it is accepted")
			}
			if got := err.Error(); got != tt.want {
				t.Errorf("\n got %s\nwant %s", got, tt.want)
			}
		})
	}
}
