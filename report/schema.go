package report

import (
	"reflect"

	"github.com/invopop/jsonschema"

	"surety/checker"
)

// Schema describes the JSON document of this version (JSONFormat) as JSON Schema,
// drawn from the types that write it. Fields may be added to a version; a field that
// goes or means something else makes a new one.
func Schema() *jsonschema.Schema {
	r := jsonschema.Reflector{Anonymous: true, AllowAdditionalProperties: true, Mapper: outcomes}
	s := r.Reflect(document{})
	s.Title = "Surety report"
	s.Description = "What verify run, check and report print with --json. Times end in their unit; _ns is nanoseconds."
	return s
}

// outcomes names the values of types that have few.
func outcomes(t reflect.Type) *jsonschema.Schema {
	switch t {
	case reflect.TypeFor[checker.Answer]():
		return closed(checker.Upheld, checker.Violated, checker.Inconclusive)
	case reflect.TypeFor[checker.Delivery]():
		return closed(checker.Deliveries...)
	}
	return nil
}

func closed[T any](values ...T) *jsonschema.Schema {
	s := &jsonschema.Schema{Type: "string"}
	for _, v := range values {
		s.Enum = append(s.Enum, v)
	}
	return s
}
