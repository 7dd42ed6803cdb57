package scenarios

import (
	"errors"
	"fmt"

	"go.yaml.in/yaml/v4"

	"surety/workload"
)

// Payload is the form that the values of a load have, in JSON with holes; see
// workload.ParseTemplate.
type Payload string

// UnmarshalYAML reads a template and blames its lines by those of the file.
func (t *Payload) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind != yaml.ScalarNode {
		return at(n, "a template is a text, as '{\"id\": \"{{id}}\"}' or several lines behind template: |")
	}
	if _, err := workload.ParseTemplate(n.Value); err != nil {
		line, text := n.Line, err.Error()
		if wrong, ok := errors.AsType[*workload.TemplateError](err); ok {
			text = "template: " + wrong.Text
			if n.Style&yaml.LiteralStyle != 0 {
				line += wrong.Line // it begins below its field
			}
		}
		return &FileError{Line: line, Text: text}
	}
	*t = Payload(n.Value)
	return nil
}

// String is the form of a template in files.
func (t Payload) String() string { return string(t) }

// completePayload checks that the values can be judged by what they say.
func (s *Scenario) completePayload(Vocabulary) error {
	w := &s.Workload
	if w.Poison < 0 || w.Poison > w.Records {
		return s.wrong("workload.poison", "poison: %d makes every so manieth record one that cannot be decoded: 2 up to the %d records that are offered", w.Poison, w.Records)
	}
	if w.Poison == 1 {
		return s.wrong("workload.poison", "poison: 1 leaves no record that can be decoded; 2 up to %d are possible", w.Records)
	}
	if w.Template == "" {
		return nil
	}
	if s.lines.wrote("workload.value") {
		return s.wrong("workload.value", "value: is the size of the workload's own values; with a template put {{letters 100}} into it")
	}
	w.Value = 0
	t, err := workload.ParseTemplate(string(w.Template))
	if err != nil {
		return s.wrong("workload.template", "%s", err)
	}
	for i, k := range s.Topology.Sinks {
		if k.Size > 0 && !t.SaysEvent() {
			return s.wrong(fmt.Sprintf("topology.sinks.%d", i), "the sink %s is judged by event times, which the template does not say: put {{event}} or {{time}} into it", k.Name)
		}
	}
	return nil
}
