package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"surety/topologies/docker/engine"
	"surety/topologies/images"
	"surety/topologies/names"
)

func newImages(c console) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "images",
		Short: "Build images from recipes, pull the official ones, list what is there",
		Args:  exactly(0, "one of its commands: build, list, pull"),
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newImagesBuild(c), newImagesList(c), newImagesPull(c))
	return cmd
}

func newImagesBuild(c console) *cobra.Command {
	var again bool
	cmd := &cobra.Command{
		Use:     "build NAME[=VERSION] ...",
		Short:   "Build images from recipes, and those below them that are missing",
		Example: "  verify images build kafka\n  verify images build kafka=3.9.1 rabbitmq postgres",
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usage("verify images build wants the names of recipes: %s", strings.Join(images.Names(), ", "))
			}
			return eachImage(cmd.Context(), args, func(ctx context.Context, e *engine.Engine, r images.Recipe, version string) error {
				_, err := r.Build(ctx, e, version, images.Options{Out: c.stdout, Log: c.stderr, Again: again})
				return err
			})
		},
	}
	cmd.Flags().BoolVar(&again, "again", false, "build even where the image is present")
	return cmd
}

func newImagesList(c console) *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List the recipes and what of them is present",
		Args:  exactly(0, "no argument"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			e, err := engine.Open(cmd.Context())
			if err != nil {
				return err
			}
			defer func() { _ = e.Close() }()
			all, err := images.List(cmd.Context(), e)
			if err != nil {
				return err
			}
			return images.Write(c.stdout, all)
		},
	}
}

func newImagesPull(c console) *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:   "pull [NAME[=VERSION] ...]",
		Short: "Pull the official images, all of them where none is named",
		Long: `verify images pull fetches official images, from Docker Hub or from the places that
the file of images names. Where no registry answers, it says what builds one instead.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			known := images.OfficialNames()
			for _, a := range args {
				if name, _, _ := strings.Cut(a, "="); !slices.Contains(known, name) {
					return usage("%s", names.Unknown("official image", name, known))
				}
			}
			if len(args) == 0 {
				args = known
			}
			places, err := placesOf(c, file)
			if err != nil {
				return err
			}
			return eachImage(cmd.Context(), args, func(ctx context.Context, e *engine.Engine, r images.Recipe, version string) error {
				ref, err := r.Pull(ctx, e, version, places[r.Name])
				if err != nil {
					return err
				}
				_, err = fmt.Fprintf(c.stdout, "pulled %s in %s\n", ref, images.Took(ref))
				return err
			})
		},
	}
	imagesFileFlag(cmd, &file)
	return cmd
}

// eachImage reads all arguments before it does the first.
func eachImage(ctx context.Context, args []string, do func(context.Context, *engine.Engine, images.Recipe, string) error) error {
	for _, a := range args {
		if _, _, err := images.Parse(a); err != nil {
			return usage("%s", err)
		}
	}
	e, err := engine.Open(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = e.Close() }()
	for _, a := range args {
		r, version, err := images.Parse(a)
		if err != nil {
			return usage("%s", err)
		}
		if err := do(ctx, e, r, version); err != nil {
			return err
		}
	}
	return nil
}

// imagesFileVariable names the file of images where the flag does not.
const imagesFileVariable = "SURETY_IMAGES_FILE"

func imagesFileFlag(cmd *cobra.Command, file *string) {
	cmd.Flags().StringVar(file, "images-file", "",
		"file with the places of images ("+imagesFileVariable+", else "+images.File+" in this directory)")
}

// placesOf reads the file of images that the flag, the environment or the
// directory names.
func placesOf(c console, file string) (map[string]string, error) {
	places, err := images.Places(cmp.Or(file, c.getenv(imagesFileVariable)))
	if err != nil {
		return nil, usage("%s", err)
	}
	return places, nil
}
