package scenarios

import (
	"maps"
	"reflect"
	"slices"
	"strings"

	"surety/checker"
	"surety/topologies"
	"surety/workload"
)

// Schema describes the files of scenarios and suites to editors, as JSON Schema
// (draft 2020-12): every field, and what may be named where the set is closed. What
// only fields together can get wrong is told by Parse and Complete.
func Schema(v Vocabulary) map[string]any {
	sc := schemas{known: known(v)}
	scenario := sc.object(reflect.TypeFor[file](), "")
	scenario["properties"].(map[string]any)["faults"] = map[string]any{"type": "array", "items": sc.faults(v)}
	scenario["required"] = []string{"scenario"}
	suite := sc.object(reflect.TypeFor[Suite](), "")
	suite["required"] = []string{"suite", "scenarios"}
	return map[string]any{
		"$schema":     "https://json-schema.org/draft/2020-12/schema",
		"title":       "Surety scenario or suite",
		"description": "A file for verify run: what to bring up, what to break, and what must hold.",
		"anyOf":       []any{scenario, suite},
	}
}

// known lists closed sets by the path of their field.
func known(v Vocabulary) map[string][]string {
	out := map[string][]string{
		"topology.provider": v.Providers, "topology.broker.kind": v.Brokers, "topology.database.kind": v.Databases,
		"topology.cluster":        {"shared", topologies.OwnCluster},
		"topology.broker.leaders": {"any", topologies.PreferredLeaders}, "topology.processors.reference": v.processorNames(),
		"topology.processors.versions.reference": v.processorNames(),
		"topology.processors.engine.kind":        v.engineNames(), "scenarios.engine.kind": v.engineNames(),
		"topology.processors.state": {string(topologies.StateKept), string(topologies.StateLost)},
		"topology.sinks.role":       texts(checker.Roles), "topology.sinks.oracle": v.Oracles, "workload.skew": v.Skews,
		"topology.sinks.identity.encoding": workload.Encodings,
		"workload.orders.retry":            workload.Retries,
		"scenarios.control":                {"only", "also"}, "scenarios.processor": v.processorNames(), "scenarios.twin": v.processorNames(),
	}
	for _, at := range []string{"guarantee", "topology.sinks.guarantee", "scenarios.guarantee"} {
		out[at+".delivery"] = texts(checker.Deliveries)
		out[at+".order"] = []string{string(checker.OrderNone), string(checker.OrderKey)}
		out[at+".atomicity"] = []string{"transaction"}
		out[at+".state"] = texts(checker.States)
		out[at+".routing"] = texts(checker.Routings)
		out[at+".preserve"] = []string{"headers"}
	}
	return out
}

// forms are what the types with a form of their own are written as.
var forms = map[reflect.Type]map[string]any{
	duration:                     text(`^[0-9]+(\.[0-9]+)?(ns|us|µs|ms|s|m|h)([0-9]+(\.[0-9]+)?(ns|us|µs|ms|s|m|h))*$`, "a time, as 500ms or 2s"),
	reflect.TypeFor[Rate]():      text(`^([0-9]+(\.[0-9]+)?\s*/\s*s|max)$`, "records a second, as 2000/s, or max"),
	reflect.TypeFor[Size]():      text(`^[0-9]+\s*(B|KiB|MiB)$`, "bytes, as 100B or 1KiB"),
	reflect.TypeFor[Memory]():    text(`^[0-9]{1,9}\s*(KiB|MiB|GiB)$`, "memory, as 512MiB"),
	reflect.TypeFor[Share]():     text(`^[0-9.]+\s*%$`, "a share, as 30%"),
	reflect.TypeFor[Predicate](): text("", "a predicate on seq or key, as seq % 3 != 0"),
	reflect.TypeFor[Payload]():   text("", "the form of the values: JSON with holes as {{id}}, {{key}}, {{seq}}, {{event}}, {{random 1 9}}"),
	reflect.TypeFor[Moment]():    text("", "a moment, as 30%, 2s or 20%..40%"),
	reflect.TypeFor[Expect]():    expected(),
	reflect.TypeFor[raw]():       {}, // described fault by fault
}

func text(pattern, about string) map[string]any {
	s := map[string]any{"type": "string", "description": about}
	if pattern != "" {
		s["pattern"] = pattern
	}
	return s
}

func expected() map[string]any {
	return map[string]any{"description": "upheld, inconclusive, or {violated: CLASS}", "anyOf": []any{
		map[string]any{"enum": []string{string(checker.Upheld), string(checker.Inconclusive)}},
		map[string]any{
			"type": "object", "additionalProperties": false, "required": []string{string(checker.Violated)},
			"properties": map[string]any{string(checker.Violated): map[string]any{"enum": slices.Concat(texts(checker.Judged), texts(checker.LogClasses))}},
		},
	}}
}

type schemas struct{ known map[string][]string }

// of describes one type at a path.
func (sc schemas) of(t reflect.Type, path string) map[string]any {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if form, ok := forms[t]; ok {
		return form
	}
	switch t.Kind() {
	case reflect.Struct:
		return sc.object(t, path)
	case reflect.Slice:
		return map[string]any{"type": "array", "items": sc.of(t.Elem(), path)}
	case reflect.Map:
		if t.Elem().Kind() == reflect.Struct {
			return map[string]any{"type": "object", "additionalProperties": sc.of(t.Elem(), path)}
		}
		return map[string]any{"type": "object", "additionalProperties": map[string]any{"type": []string{"string", "number", "boolean"}}}
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.Int, reflect.Int32, reflect.Int64, reflect.Uint64:
		return map[string]any{"type": "integer"}
	case reflect.Float64:
		return map[string]any{"type": "number"}
	case reflect.String:
		if names := sc.known[path]; names != nil {
			return map[string]any{"enum": names}
		}
		return map[string]any{"type": []string{"string", "number", "boolean"}} // a plain scalar of YAML is a text where one is wanted
	}
	return map[string]any{} // anything; the parser knows more
}

func (sc schemas) object(t reflect.Type, path string) map[string]any {
	properties := map[string]any{}
	for name, of := range fields(t) {
		properties[name] = sc.of(of, strings.TrimPrefix(path+"."+name, "."))
	}
	return map[string]any{"type": "object", "additionalProperties": false, "properties": properties}
}

// faults describes the entries of a schedule: NAME: {fields, at: MOMENT, for: TIME},
// or a part that the seed draws.
func (sc schemas) faults(v Vocabulary) map[string]any {
	draw := sc.object(reflect.TypeFor[drawForm](), "faults.draw")
	draw["required"] = []string{"from"}
	draw["properties"].(map[string]any)["from"] = map[string]any{"type": "array", "minItems": 1, "items": sc.entries(v, func(fields map[string]any) {
		properties := fields["properties"].(map[string]any)
		properties["weight"] = map[string]any{"type": "integer", "minimum": 1, "maximum": 1000}
		properties["alone"] = map[string]any{"type": "boolean"}
	})}
	drawn := map[string]any{
		"type": "object", "additionalProperties": false, "required": []string{"draw"}, "properties": map[string]any{"draw": draw},
	}
	placing := map[string]any{
		"at": forms[reflect.TypeFor[Moment]()], "after": text("", "a share of the load that is acknowledged, as 20%"),
		"in": text(rebalanceForm.String(), "a rebalance of the processors' group, as rebalance 3"), "while": map[string]any{"enum": States},
	}
	placed := sc.entries(v, func(fields map[string]any) {
		maps.Copy(fields["properties"].(map[string]any), placing)
		var one []any
		for _, field := range slices.Sorted(maps.Keys(placing)) {
			one = append(one, map[string]any{"required": []string{field}})
		}
		fields["oneOf"] = one
	})
	return map[string]any{"anyOf": []any{placed, drawn}}
}

// entries describes every fault, with more fields than its own.
func (sc schemas) entries(v Vocabulary, more func(fields map[string]any)) map[string]any {
	var entries []any
	for _, name := range v.Faults {
		fields := sc.object(reflect.TypeOf(v.NewFault(name)).Elem(), "faults."+name)
		lasts := text("", "a time, as 500ms or 2s, or 500ms..2s")
		properties := fields["properties"].(map[string]any)
		properties["for"], properties["restart"] = lasts, lasts
		more(fields)
		entries = append(entries, map[string]any{
			"type": "object", "additionalProperties": false, "required": []string{name}, "properties": map[string]any{name: fields},
		})
	}
	return map[string]any{"anyOf": entries}
}
