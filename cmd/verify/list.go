package main

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"surety/faults"
	"surety/scenarios"
	"surety/scenarios/catalogue"
	"surety/topologies/engines"
	"surety/topologies/processors"
	"surety/topologies/services"
)

func newList(c console) *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List suites, scenarios, processors and faults",
		Args:  exactly(0, "no argument"),
		RunE: func(*cobra.Command, []string) error {
			v := catalogue.Vocabulary()
			w := tabwriter.NewWriter(c.stdout, 0, 0, 2, ' ', 0)
			line := func(cells ...string) { fmt.Fprintln(w, " "+strings.Join(cells, "\t")) }
			line("suites (verify run NAME)")
			for _, name := range scenarios.SuiteNames() {
				s, err := scenarios.BuiltinSuite(name, v)
				if err != nil {
					return err
				}
				line("  "+name, s.About)
			}
			line("")
			line("scenarios (verify run NAME [--processor NAME])")
			for _, name := range scenarios.Names() {
				s, err := scenarios.Builtin(name, v)
				if err != nil {
					return err
				}
				line("  "+name, s.About)
			}
			line("")
			line("processors, correct")
			for _, p := range processors.All {
				if !p.Broken {
					line("  "+p.Name, p.Declares+": "+p.About)
				}
			}
			line("")
			line("processors, planted mistakes")
			for _, p := range processors.All {
				if p.Broken {
					line("  "+p.Name, fmt.Sprintf("claims %s; %s under %s: %s", p.Declares, p.Breaks, p.Under, p.About))
				}
			}
			line("")
			line("engines (engine: {kind: NAME, job: JOB, guarantee: GUARANTEE})")
			for _, e := range engines.All {
				line("  "+e.Name(), fmt.Sprintf("%s; tried with %s", e.About(), strings.Join(e.Versions(), ", ")))
				for _, j := range e.Jobs() {
					line("    job "+j.Name, j.About)
				}
				for _, g := range e.Guarantees() {
					line("    guarantee "+g.Name, "declares "+g.Delivery)
				}
			}
			line("")
			line("services with a database")
			for _, s := range services.All {
				if !s.Broken {
					line("  "+s.Name, s.Declares+": "+s.About)
				}
			}
			line("")
			line("services, planted mistakes")
			for _, s := range services.All {
				if s.Broken {
					line("  "+s.Name, fmt.Sprintf("claims %s; %s%s: %s", s.Declares, s.Breaks, shownUnder(s.Under), s.About))
				}
			}
			line("")
			line("windows (intercept: {target: processor/1, window: NAME})")
			for _, win := range faults.Windows {
				line("  "+win.Name, win.About)
			}
			line("")
			line("faults", strings.Join(v.Faults, ", "))
			line("databases", strings.Join(v.Databases, ", "))
			line("providers", strings.Join(v.Providers, ", "))
			line("skews", strings.Join(v.Skews, ", "))
			return w.Flush()
		},
	}
}

// shownUnder says which fault shows a mistake, where it needs one.
func shownUnder(fault string) string {
	if fault == "" {
		return " without any fault"
	}
	return " under " + fault
}
