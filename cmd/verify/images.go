package main

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"surety/topologies/images"
	"surety/topologies/names"
)

func newImages(c console) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "images",
		Short: "Build container images from recipes, for places without a registry",
		Args:  exactly(0, "one of its commands: build, list"),
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	var version string
	var again bool
	build := &cobra.Command{
		Use:   "build NAME ...",
		Short: "Build images, and those below them that are missing",
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usage("verify images build wants the names of recipes: %s", strings.Join(images.Names(), ", "))
			}
			for _, name := range args {
				if !slices.Contains(images.Names(), name) {
					return usage("%s", names.Unknown("image recipe", name, images.Names()))
				}
			}
			for _, name := range args {
				if _, err := images.Build(cmd.Context(), name, version, images.Options{Out: c.stdout, Log: c.stderr, Again: again}); err != nil {
					return err
				}
			}
			return nil
		},
	}
	build.Flags().StringVar(&version, "version", "", "version of the software in the image")
	build.Flags().BoolVar(&again, "again", false, "build even where the image is present")
	list := &cobra.Command{
		Use:   "list",
		Short: "List the recipes and what of them is built",
		Args:  exactly(0, "no argument"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			all, err := images.List(cmd.Context())
			if err != nil {
				return err
			}
			return images.Write(c.stdout, all)
		},
	}
	cmd.AddCommand(build, list)
	return cmd
}
