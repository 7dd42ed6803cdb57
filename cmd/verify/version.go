package main

import (
	"fmt"
	"maps"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

func newVersion(c console) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version of this binary and of the clients in it",
		Args:  exactly(0, "no argument"),
		RunE: func(*cobra.Command, []string) error {
			fmt.Fprintf(c.stdout, "verify %s · %s %s/%s\n", version(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
			all := versions()
			for _, name := range slices.Sorted(maps.Keys(all)) {
				if strings.Contains(name, "/") {
					fmt.Fprintf(c.stdout, "  %s %s\n", name, all[name])
				}
			}
			return nil
		},
	}
}

// version is the module's version, or the revision it was built from.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= 12 {
			return s.Value[:12]
		}
	}
	return "(devel)"
}

// versions names this binary, its compiler and the clients in it, for the header of
// a history.
func versions() map[string]string {
	out := map[string]string{"verify": version(), "go": runtime.Version(), "os": runtime.GOOS + "/" + runtime.GOARCH}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return out
	}
	for _, d := range info.Deps {
		switch d.Path {
		case "github.com/twmb/franz-go", "github.com/twmb/franz-go/pkg/kfake", "github.com/Shopify/toxiproxy/v2",
			"github.com/testcontainers/testcontainers-go":
			out[d.Path] = d.Version
		}
	}
	return out
}
