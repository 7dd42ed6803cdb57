package images

import (
	"context"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/moby/moby/client"

	"surety/topologies/docker/engine"
)

// Image is a recipe and what of it the engine has.
type Image struct {
	Recipe  Recipe
	Present []Built // newest first; empty = not built yet
}

// Built is one image that is present: a built version of the recipe, or the
// official image.
type Built struct {
	Tag   string
	Bytes int64 // with all layers below
}

// List gives all recipes with what the engine has of each.
func List(ctx context.Context, e *engine.Engine) ([]Image, error) {
	res, err := e.API.ImageList(ctx, client.ImageListOptions{})
	if err != nil {
		return nil, fmt.Errorf("list images: %w", err)
	}
	all := make([]Image, len(Recipes))
	for i, r := range Recipes {
		all[i].Recipe = r
		for _, s := range res.Items {
			for _, tag := range s.RepoTags {
				if of(r, tag) {
					all[i].Present = append(all[i].Present, Built{Tag: tag, Bytes: s.Size})
				}
			}
		}
	}
	return all, nil
}

// of tells whether the tag is one of the recipe's, or of its official image. Some
// engines write the registry in front.
func of(r Recipe, tag string) bool {
	for _, registry := range []string{"", "localhost/", "docker.io/", "docker.io/library/"} {
		if rest, ok := strings.CutPrefix(tag, registry); ok {
			if strings.HasPrefix(rest, "surety/"+r.Name+":") || r.Official != "" && strings.HasPrefix(rest, r.Official+":") {
				return true
			}
		}
	}
	return false
}

// Write prints the list as a table for people.
func Write(w io.Writer, all []Image) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(t, "RECIPE\tIMAGE\tSIZE\tWHAT") // Flush reports the error
	for _, i := range all {
		if len(i.Present) == 0 {
			_, _ = fmt.Fprintf(t, "%s\t%s\tnot built\t%s\n", i.Recipe.Name, i.Recipe.Tag(""), i.Recipe.About)
		}
		for _, b := range i.Present {
			_, _ = fmt.Fprintf(t, "%s\t%s\t%d MB\t%s\n", i.Recipe.Name, b.Tag, b.Bytes/1_000_000, i.Recipe.About)
		}
	}
	return t.Flush()
}
