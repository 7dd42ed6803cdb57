package topologies

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
	"text/template"
)

// Told is what one instance of a processor is told.
type Told struct {
	Env     []string // NAME=value
	Command []string
	Files   map[string]string // content by path, as in the spec
}

// Expand tells an instance of a processor where it stands. The environment is
// the SURETY_* contract followed by the spec's own Env; command and files are the
// spec's. Env values, command words and the contents of files are Go templates
// over Vars: {{.Bootstrap}}. An unknown field is an error that names where it
// stands and lists the known fields.
func Expand(spec ProcessorSpec, v Vars) (Told, error) {
	t := Told{Env: []string{
		"SURETY_BOOTSTRAP=" + v.Bootstrap,
		"SURETY_INPUT=" + v.Input,
		"SURETY_OUTPUT=" + v.Output,
		"SURETY_TOPICS=" + topics(v.Outputs),
		"SURETY_GROUP=" + v.Group,
		"SURETY_INSTANCE=" + strconv.Itoa(v.Instance),
		"SURETY_NAME=" + v.Name,
		"SURETY_RUN=" + v.Run,
		"SURETY_DIR=" + v.Dir,
	}}
	if spec.Port > 0 {
		t.Env = append(t.Env, "SURETY_PORT="+strconv.Itoa(spec.Port))
	}
	if v.Database != "" {
		t.Env = append(t.Env, "SURETY_DATABASE="+v.Database)
	}
	for _, name := range slices.Sorted(maps.Keys(spec.Env)) {
		if name == "" || strings.ContainsAny(name, "=\x00") {
			return Told{}, fmt.Errorf("processor %s: %q cannot be the name of an environment variable", spec.Name, name)
		}
		value, err := expand(spec.Env[name], v)
		if err != nil {
			return Told{}, fmt.Errorf("processor %s, env %s: %w", spec.Name, name, err)
		}
		t.Env = append(t.Env, name+"="+value)
	}
	for i, word := range spec.Command {
		value, err := expand(word, v)
		if err != nil {
			return Told{}, fmt.Errorf("processor %s, command word %d: %w", spec.Name, i+1, err)
		}
		t.Command = append(t.Command, value)
	}
	for name, text := range spec.Files {
		if err := checkFile(name); err != nil {
			return Told{}, fmt.Errorf("processor %s: %w", spec.Name, err)
		}
		value, err := expand(text, v)
		if err != nil {
			return Told{}, fmt.Errorf("processor %s, file %s: %w", spec.Name, name, err)
		}
		if t.Files == nil {
			t.Files = map[string]string{}
		}
		t.Files[name] = value
	}
	return t, nil
}

// topics lists the outputs as sink=topic, sorted, with commas between them.
func topics(outputs map[string]string) string {
	var list []string
	for _, sink := range slices.Sorted(maps.Keys(outputs)) {
		list = append(list, sink+"="+outputs[sink])
	}
	return strings.Join(list, ",")
}

// checkFile tells whether the path names a file: an absolute one of an image, or one
// below the instance's own directory.
func checkFile(name string) error {
	if name == "" || strings.HasSuffix(name, "/") || strings.ContainsRune(name, 0) || path.Clean(name) != name || name == ".." || strings.HasPrefix(name, "../") {
		return fmt.Errorf("%q cannot be the path of a file: write it as /etc/app.yaml, or as app.yaml for {{.Dir}}/app.yaml", name)
	}
	return nil
}

// fields are the names that a template may use, as they stand in Vars.
const fields = "Bootstrap, Input, Output, Outputs, Group, Database, Instance, Name, Run, Dir"

func expand(text string, v Vars) (string, error) {
	if !strings.Contains(text, "{{") {
		return text, nil
	}
	t, err := template.New("value").Option("missingkey=error").Parse(text)
	if err != nil {
		return "", fmt.Errorf("%q is not a template: %w", text, err)
	}
	var out strings.Builder
	if err := t.Execute(&out, v); err != nil {
		return "", fmt.Errorf("%q cannot be filled in; the known fields are %s: %w", text, fields, err)
	}
	return out.String(), nil
}
