package topologies

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"text/template"
)

// Expand tells an instance of a processor where it stands. The environment is
// the SURETY_* contract followed by the spec's own Env, as NAME=value lines;
// command is the spec's Command. Env values and command words are Go templates
// over Vars: {{.Bootstrap}}. An unknown field is an error that names where it
// stands and lists the known fields.
func Expand(spec ProcessorSpec, v Vars) (env []string, command []string, err error) {
	env = []string{
		"SURETY_BOOTSTRAP=" + v.Bootstrap,
		"SURETY_INPUT=" + v.Input,
		"SURETY_OUTPUT=" + v.Output,
		"SURETY_GROUP=" + v.Group,
		"SURETY_INSTANCE=" + strconv.Itoa(v.Instance),
		"SURETY_NAME=" + v.Name,
		"SURETY_RUN=" + v.Run,
		"SURETY_DIR=" + v.Dir,
	}
	for _, name := range slices.Sorted(maps.Keys(spec.Env)) {
		if name == "" || strings.ContainsAny(name, "=\x00") {
			return nil, nil, fmt.Errorf("processor %s: %q cannot be the name of an environment variable", spec.Name, name)
		}
		value, err := expand(spec.Env[name], v)
		if err != nil {
			return nil, nil, fmt.Errorf("processor %s, env %s: %w", spec.Name, name, err)
		}
		env = append(env, name+"="+value)
	}
	for i, word := range spec.Command {
		value, err := expand(word, v)
		if err != nil {
			return nil, nil, fmt.Errorf("processor %s, command word %d: %w", spec.Name, i+1, err)
		}
		command = append(command, value)
	}
	return env, command, nil
}

// fields are the names that a template may use, as they stand in Vars.
const fields = "Bootstrap, Input, Output, Group, Instance, Name, Run, Dir"

func expand(text string, v Vars) (string, error) {
	if !strings.Contains(text, "{{") {
		return text, nil
	}
	t, err := template.New("value").Parse(text)
	if err != nil {
		return "", fmt.Errorf("%q is not a template: %w", text, err)
	}
	var out strings.Builder
	if err := t.Execute(&out, v); err != nil {
		return "", fmt.Errorf("%q cannot be filled in; the known fields are %s: %w", text, fields, err)
	}
	return out.String(), nil
}
