package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

func newVersion(c console) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version of this binary and of the clients in it",
		Args:  exactly(0, "no argument"),
		RunE: func(*cobra.Command, []string) error {
			fmt.Fprintf(c.stdout, "verify %s · %s %s/%s\n", version(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
			for _, dep := range []string{
				"github.com/twmb/franz-go", "github.com/twmb/franz-go/pkg/kfake", "github.com/Shopify/toxiproxy/v2",
				"github.com/testcontainers/testcontainers-go",
			} {
				if v := moduleVersion(dep); v != "" {
					fmt.Fprintf(c.stdout, "  %s %s\n", dep, v)
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

func moduleVersion(path string) string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, d := range info.Deps {
		if d.Path == path {
			return d.Version
		}
	}
	return ""
}
