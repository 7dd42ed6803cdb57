package main

import (
	"encoding/xml"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"
)

// action is what GitHub reads of a composite action.
type action struct {
	Inputs map[string]struct {
		Description string `yaml:"description"`
		Default     string `yaml:"default"`
	} `yaml:"inputs"`
	Outputs map[string]struct {
		Value string `yaml:"value"`
	} `yaml:"outputs"`
	Runs struct {
		Using string       `yaml:"using"`
		Steps []actionStep `yaml:"steps"`
	} `yaml:"runs"`
}

type actionStep struct {
	ID    string            `yaml:"id"`
	Shell string            `yaml:"shell"`
	Dir   string            `yaml:"working-directory"`
	Env   map[string]string `yaml:"env"`
	Run   string            `yaml:"run"`
}

var expression = regexp.MustCompile(`\$\{\{ *([a-z._-]+) *\}\}`)

// stepsRun does with the steps of the action what a runner does, in a checkout: it
// fills in expressions, and runs each in bash until one fails.
func stepsRun(t *testing.T, checkout string, inputs map[string]string) (code int, out, summary string, outputs map[string]string) {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(root, "action.yml"))
	if err != nil {
		t.Fatal(err)
	}
	var a action
	if err := yaml.Unmarshal(text, &a); err != nil || a.Runs.Using != "composite" {
		t.Fatalf("error %v, using %q", err, a.Runs.Using)
	}
	temp := t.TempDir()
	files := map[string]string{"GITHUB_OUTPUT": filepath.Join(temp, "output"), "GITHUB_STEP_SUMMARY": filepath.Join(temp, "summary")}
	fill := func(s string) string {
		return expression.ReplaceAllStringFunc(s, func(e string) string {
			name := expression.FindStringSubmatch(e)[1]
			if name == "github.action_path" {
				return root
			}
			input, ok := strings.CutPrefix(name, "inputs.")
			declared, known := a.Inputs[input]
			if !ok || !known {
				t.Errorf("the action uses %s, which nothing gives", e)
			}
			if v, given := inputs[input]; given {
				return v
			}
			return declared.Default
		})
	}
	for _, step := range a.Runs.Steps {
		if step.Shell != "bash" || step.Run == "" {
			t.Fatalf("a step is no script for bash: %+v", step)
		}
		cmd := exec.CommandContext(t.Context(), "bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step.Run) //nolint:gosec // the action's own script
		cmd.Dir = checkout
		if step.Dir != "" {
			cmd.Dir = fill(step.Dir)
		}
		cmd.Env = append(os.Environ(), "CI=true", "GITHUB_ACTIONS=true", "RUNNER_TEMP="+temp)
		for name, file := range files {
			cmd.Env = append(cmd.Env, name+"="+file)
		}
		for name, value := range step.Env {
			cmd.Env = append(cmd.Env, name+"="+fill(value))
		}
		said, err := cmd.CombinedOutput()
		out += string(said)
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			code = exit.ExitCode()
			break
		}
		if err != nil {
			t.Fatalf("%v\n%s", err, said)
		}
	}
	outputs = map[string]string{}
	said, _ := os.ReadFile(files["GITHUB_OUTPUT"])
	for line := range strings.Lines(string(said)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		outputs[name] = value
	}
	for name, o := range a.Outputs {
		want := expression.FindStringSubmatch(o.Value)
		if want == nil || want[1] != "steps.verify.outputs."+name || outputs[name] == "" {
			t.Errorf("the output %s is %q, from %q", name, outputs[name], o.Value)
		}
	}
	told, _ := os.ReadFile(files["GITHUB_STEP_SUMMARY"])
	return code, out, string(told), outputs
}

func TestTheActionsStepsTellTheirOutcome(t *testing.T) {
	const lag = "faults:\n  - lag: {from: processor/*, to: broker/*, delay: 20ms, at: 40%, for: 100ms}\n"
	for _, tt := range []struct {
		why, program, more string
		code               int
		verdict            string
		annotation         string // with the line of the scenario; empty = there is none
		failures, errors   string
	}{
		{
			why: "what is kept blocks nothing", program: somebody(t, "forwards"), more: "guarantee: {delivery: at-least-once}\n",
			code: exitUpheld, verdict: "upheld", failures: "0", errors: "0",
		},
		{
			why: "what is lost is an error", program: somebody(t, "forgets"), more: "guarantee: {delivery: at-least-once}\n",
			code: exitViolated, verdict: "violated", annotation: "::error file=mine.yaml,line=1,", failures: "1", errors: "0",
		},
		{
			why: "what is open is a warning, and no pass", program: somebody(t, "forwards"),
			more: "guarantee: {delivery: at-least-once}\n" + lag + "floors: {records-in-fault: 499}\n",
			code: exitInconclusive, verdict: "inconclusive", annotation: "::warning file=mine.yaml,line=1,", failures: "0", errors: "1",
		},
	} {
		checkout := t.TempDir()
		text, err := os.ReadFile(scenario(t, "mine", tt.program, tt.more))
		if err == nil {
			err = os.WriteFile(filepath.Join(checkout, "mine.yaml"), text, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		code, out, summary, outputs := stepsRun(t, checkout, map[string]string{"scenarios": "mine.yaml", "junit": "junit.xml"})
		if code != tt.code || outputs["verdict"] != tt.verdict || outputs["junit"] != "junit.xml" {
			t.Errorf("%s: exit code %d, outputs %v\n%s", tt.why, code, outputs, out)
		}
		if strings.Contains(out, "\n::") != (tt.annotation != "") || !strings.Contains(out, tt.annotation) {
			t.Errorf("%s: the annotations are not %q:\n%s", tt.why, tt.annotation, out)
		}
		if !strings.HasPrefix(summary, "## ") || !strings.Contains(summary, tt.verdict) {
			t.Errorf("%s: the summary is\n%s", tt.why, summary)
		}
		var junit struct {
			XMLName  xml.Name `xml:"testsuites"`
			Failures string   `xml:"failures,attr"`
			Errors   string   `xml:"errors,attr"`
		}
		doc, err := os.ReadFile(filepath.Join(checkout, "junit.xml"))
		if err == nil {
			err = xml.Unmarshal(doc, &junit)
		}
		if err != nil || junit.Failures != tt.failures || junit.Errors != tt.errors {
			t.Errorf("%s: %v, %+v\n%s", tt.why, err, junit, doc)
		}
	}
}
