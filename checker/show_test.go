package checker

import (
	"encoding/json"
	"fmt"
	"strings"
)

func show(v any) string {
	text, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// dump is a story for people, one record a line.
func (s *story) dump() string {
	var b strings.Builder
	for _, rec := range s.recs {
		fmt.Fprintf(&b, "%T %+v\n", rec, rec)
	}
	return b.String()
}
