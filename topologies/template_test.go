package topologies

import (
	"reflect"
	"slices"
	"strings"
	"testing"
)

var vars = Vars{
	Bootstrap: "broker-1:9092,broker-2:9092", Input: "in", Output: "out", Group: "g",
	Outputs:  map[string]string{"out": "out", "dead-letters": "d1"},
	Instance: 2, Name: "processor-2", Run: "r1", Dir: "/data",
}

func TestExpandTellsTheContract(t *testing.T) {
	told, err := Expand(ProcessorSpec{Name: "processor"}, vars)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"SURETY_BOOTSTRAP=broker-1:9092,broker-2:9092", "SURETY_INPUT=in", "SURETY_OUTPUT=out",
		"SURETY_TOPICS=dead-letters=d1,out=out",
		"SURETY_GROUP=g", "SURETY_INSTANCE=2", "SURETY_NAME=processor-2", "SURETY_RUN=r1", "SURETY_DIR=/data",
	}
	if !slices.Equal(told.Env, want) {
		t.Errorf("env\n%q, want\n%q", told.Env, want)
	}
	if told.Command != nil || told.Files != nil {
		t.Errorf("command %q and files %q of a spec without them", told.Command, told.Files)
	}
}

func TestExpandFillsTemplates(t *testing.T) {
	for _, tt := range []struct{ why, text, want string }{
		{"plain text stays as it is", "a b", "a b"},
		{"a single brace is plain text", "{x}", "{x}"},
		{"a field", "{{.Bootstrap}}", "broker-1:9092,broker-2:9092"},
		{"text around a field", "--id=app-{{.Instance}}!", "--id=app-2!"},
		{"the topic of a sink", "{{.Outputs.out}}", "out"},
		{"the topic of a sink with a dash in its name", `{{index .Outputs "dead-letters"}}`, "d1"},
		{"two fields", "{{.Input}}>{{.Output}}", "in>out"},
	} {
		told, err := Expand(ProcessorSpec{Name: "p", Env: map[string]string{"X": tt.text}, Command: []string{tt.text}, Files: map[string]string{"/f": tt.text}}, vars)
		if err != nil {
			t.Errorf("%s: %v", tt.why, err)
			continue
		}
		if got := told.Env[len(told.Env)-1]; got != "X="+tt.want {
			t.Errorf("%s: env %q, want X=%s", tt.why, got, tt.want)
		}
		if len(told.Command) != 1 || told.Command[0] != tt.want {
			t.Errorf("%s: command %q, want %q", tt.why, told.Command, tt.want)
		}
		if told.Files["/f"] != tt.want {
			t.Errorf("%s: files %q, want %q", tt.why, told.Files, tt.want)
		}
	}
}

func TestExpandOrdersEnv(t *testing.T) {
	spec := ProcessorSpec{Name: "p", Env: map[string]string{"B": "2", "A": "1", "C": "3"}}
	for range 20 {
		told, err := Expand(spec, vars)
		if err != nil {
			t.Fatal(err)
		}
		if got := told.Env[len(told.Env)-3:]; !slices.Equal(got, []string{"A=1", "B=2", "C=3"}) {
			t.Fatalf("own env %q is not sorted", got)
		}
	}
}

func TestExpandRefuses(t *testing.T) {
	for _, tt := range []struct {
		why  string
		spec ProcessorSpec
		want []string // all parts of the message
	}{
		{"an unknown field in env", ProcessorSpec{Name: "p", Env: map[string]string{"X": "{{.Brokers}}"}},
			[]string{"processor p", "env X", "Brokers", fields}},
		{"an unknown field in the command", ProcessorSpec{Name: "p", Command: []string{"run", "{{.Topic}}"}},
			[]string{"processor p", "command word 2", "Topic", fields}},
		{"an open template", ProcessorSpec{Name: "p", Env: map[string]string{"X": "{{.Input"}},
			[]string{"env X", "not a template"}},
		{"a name with an equals sign", ProcessorSpec{Name: "p", Env: map[string]string{"X=Y": "1"}},
			[]string{`"X=Y"`, "name of an environment variable"}},
		{"an unknown field in a file", ProcessorSpec{Name: "p", Files: map[string]string{"/etc/x": "{{.Topic}}"}},
			[]string{"processor p", "file /etc/x", "Topic", fields}},
		{"a file that is a directory", ProcessorSpec{Name: "p", Files: map[string]string{"/etc/": ""}},
			[]string{`"/etc/"`, "path of a file", "{{.Dir}}/app.yaml"}},
		{"a file outside of the instance's own directory", ProcessorSpec{Name: "p", Files: map[string]string{"../x": ""}},
			[]string{`"../x"`, "path of a file"}},
		{"a file with a detour", ProcessorSpec{Name: "p", Files: map[string]string{"a/../../x": ""}},
			[]string{`"a/../../x"`, "path of a file"}},
		{"an empty name", ProcessorSpec{Name: "p", Env: map[string]string{"": "1"}},
			[]string{`""`, "name of an environment variable"}},
	} {
		_, err := Expand(tt.spec, vars)
		if err == nil {
			t.Errorf("%s: no error", tt.why)
			continue
		}
		for _, part := range tt.want {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("%s: %q does not say %q", tt.why, err, part)
			}
		}
	}
}

func TestKnownFieldsAreAllOfVars(t *testing.T) {
	var names []string
	for f := range reflect.TypeFor[Vars]().Fields() {
		names = append(names, f.Name)
	}
	if got := strings.Join(names, ", "); got != fields {
		t.Errorf("fields %q, want those of Vars: %q", fields, got)
	}
}
