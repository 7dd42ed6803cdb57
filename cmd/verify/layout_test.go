package main

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// The packages of this module, what each may import of the others, and what it
// must never pull in, directly or through others. A new edge is a change of the
// design: make it here, on purpose.
var layout = map[string]struct {
	imports []string
	never   []string
}{
	"checker/history":   {nil, clients},
	"checker":           {[]string{"checker/history", "checker/predicate"}, clients},
	"checker/mutants":   {nil, clients},
	"checker/predicate": {nil, clients},
	"checker/selfcheck": {[]string{"checker", "checker/history"}, clients},
	"checker/trace":     {[]string{"checker", "checker/history", "topologies/names"}, clients},

	"topologies":               {[]string{"checker/history", "topologies/names"}, clients},
	"topologies/names":         {nil, clients},
	"topologies/protocol":      {[]string{"topologies", "topologies/names"}, clients},
	"topologies/wire":          {[]string{"topologies"}, clients},
	"topologies/wire/kafka":    {[]string{"topologies", "topologies/protocol", "topologies/wire"}, append([]string{"github.com/Shopify/toxiproxy"}, talkers...)},
	"topologies/wire/postgres": {[]string{"topologies", "topologies/protocol", "topologies/wire"}, append([]string{"github.com/Shopify/toxiproxy", "github.com/twmb/franz-go"}, talkers...)},
	"topologies/gateway":       {[]string{"topologies", "topologies/names", "topologies/wire", "topologies/wire/kafka", "topologies/wire/postgres"}, talkers},
	"topologies/engines":       {[]string{"topologies", "topologies/names"}, clients},
	"topologies/flink":         {[]string{"checker/history", "topologies", "topologies/engines"}, clients},
	"topologies/embedded":      {[]string{"checker/history", "topologies", "topologies/gateway", "topologies/names"}, docker},
	"topologies/docker/engine": {[]string{"topologies"}, nil},
	"topologies/docker":        {[]string{"checker/history", "topologies", "topologies/gateway", "topologies/images", "topologies/names", "topologies/docker/engine", "topologies/docker/reaper"}, nil},
	"topologies/docker/reaper": {nil, []string{"github.com/twmb/franz-go", "github.com/Shopify/toxiproxy", "github.com/testcontainers"}},
	"topologies/doctor":        {[]string{"topologies", "topologies/docker", "topologies/docker/engine", "topologies/images"}, nil},
	"topologies/images":        {[]string{"topologies", "topologies/names", "topologies/docker/engine"}, nil},
	"topologies/processors":    {[]string{"checker/predicate", "topologies/names", "workload"}, append([]string{"github.com/Shopify/toxiproxy"}, docker...)},

	"faults":              {[]string{"checker/history", "topologies", "topologies/names", "topologies/protocol"}, clients},
	"workload":            {[]string{"checker/history"}, clients},
	"workload/kafka":      {[]string{"checker/history", "topologies", "workload"}, docker},
	"topologies/services": {[]string{"topologies/names", "workload"}, append([]string{"github.com/Shopify/toxiproxy"}, docker...)},

	"workload/orders":   {[]string{"checker/history", "workload"}, clients},
	"workload/postgres": {[]string{"checker/history", "workload"}, docker},
	"workload/effects":  {[]string{"checker/history", "topologies", "workload"}, clients},
	"workload/bench":    {[]string{"checker/history", "topologies", "workload", "workload/kafka"}, docker},

	"scenarios": {[]string{"checker", "checker/history", "checker/predicate", "faults", "topologies", "topologies/engines", "topologies/names", "workload"}, clients},
	"scenarios/catalogue": {
		[]string{
			"checker", "faults", "scenarios", "topologies", "topologies/docker", "topologies/embedded",
			"topologies/engines", "topologies/names", "topologies/processors", "topologies/services", "workload",
		},
		nil,
	},
	"scenarios/runner": {
		[]string{"checker", "checker/history", "faults", "scenarios", "topologies", "topologies/engines", "topologies/flink", "workload", "workload/effects", "workload/kafka", "workload/orders", "workload/postgres"}, docker,
	},

	"scenarios/shrink": {[]string{"faults", "scenarios"}, clients},

	"report": {[]string{"checker", "checker/history", "checker/selfcheck"}, clients},
	"cmd/verify": {
		[]string{
			"checker", "checker/history", "checker/selfcheck", "checker/trace", "faults", "report", "scenarios", "scenarios/catalogue", "scenarios/runner", "scenarios/shrink", "topologies",
			"topologies/docker/engine", "topologies/docker/reaper", "topologies/doctor", "topologies/embedded", "topologies/engines", "topologies/gateway",
			"topologies/images", "topologies/names", "topologies/processors", "topologies/services", "workload", "workload/bench",
		},
		nil,
	},
}

var (
	docker = []string{"github.com/testcontainers", "github.com/docker", "github.com/moby"}
	// A codec reads messages and talks to nobody.
	talkers = append([]string{"github.com/twmb/franz-go/pkg/kgo", "github.com/twmb/franz-go/pkg/kadm", "github.com/twmb/franz-go/pkg/kfake", "github.com/jackc"}, docker...)
	clients = append([]string{"github.com/twmb/franz-go", "github.com/Shopify/toxiproxy", "github.com/jackc"}, docker...)
)

func testcontainers(path string) bool { return strings.HasPrefix(path, "github.com/testcontainers/") }

type listed struct {
	ImportPath string
	Imports    []string
	Deps       []string
}

func TestPackagesImportOnlyWhatTheDesignAllows(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Imports,Deps", "surety/...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	dec := json.NewDecoder(strings.NewReader(string(out)))
	seen := map[string]bool{}
	for {
		var p listed
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		name := strings.TrimPrefix(p.ImportPath, "surety/")
		seen[name] = true
		rule, ok := layout[name]
		if !ok {
			t.Errorf("the package %s is not in the layout: say here what it may import", name)
			continue
		}
		for _, i := range p.Imports {
			if i == "testing" {
				t.Errorf("%s imports testing, and is no test", name)
			}
			if ours, is := strings.CutPrefix(i, "surety/"); is && !slices.Contains(rule.imports, ours) {
				t.Errorf("%s imports %s, which the layout does not allow", name, ours)
			}
		}
		for _, d := range p.Deps {
			// testcontainers-go imports testing for helpers that nothing here calls.
			if d == "testing" && !slices.ContainsFunc(p.Deps, testcontainers) {
				t.Errorf("%s pulls in testing: it would be in the shipped binary", name)
			}
			for _, n := range rule.never {
				if strings.HasPrefix(d, n) {
					t.Errorf("%s pulls in %s", name, d)
				}
			}
		}
	}
	for name := range layout {
		if !seen[name] {
			t.Errorf("the layout names %s, which does not exist", name)
		}
	}
}
