// Package images builds the images that topologies run, from Debian packages and
// Maven artefacts only, for machines that reach no container registry. The names
// and layouts follow the official images where there is one.
package images

import (
	"embed"
	"fmt"
	"strings"
)

//go:embed *.Dockerfile kafka.pom.xml kafka.archive.sh
var files embed.FS

// Recipe is how one image is made.
type Recipe struct {
	Name    string   // base, jre, kafka
	About   string   // one line for people
	Version string   // what is built unless a version is asked for
	Fixed   bool     // no other version can be built
	Base    string   // name of the recipe below; empty = from nothing
	Files   []string // that the Dockerfile copies
}

// Recipes are all recipes, each after the one that it is based on.
var Recipes = []Recipe{
	{Name: "base", About: "Debian with the certificates of this machine", Version: "bookworm", Fixed: true},
	{Name: "jre", About: "Java runtime from Debian packages", Version: "17", Fixed: true, Base: "base"},
	{Name: "kafka", About: "Apache Kafka from Maven artefacts", Version: "4.2.0", Base: "jre", Files: []string{"kafka.pom.xml", "kafka.archive.sh"}},
}

// Find gives the recipe of that name; the error for an unknown one lists the known.
func Find(name string) (Recipe, error) {
	for _, r := range Recipes {
		if r.Name == name {
			return r, nil
		}
	}
	return Recipe{}, fmt.Errorf("there is no recipe for image %q; the recipes are %s", name, strings.Join(Names(), ", "))
}

// Tag is the image's full name; an empty version means the recipe's own.
func (r Recipe) Tag(version string) string {
	if version == "" {
		version = r.Version
	}
	return "surety/" + r.Name + ":" + version
}

// check refuses versions that cannot stand in a tag, or that the recipe has not.
func (r Recipe) check(version string) error {
	if version == "" || version == r.Version {
		return nil
	}
	if r.Fixed {
		return fmt.Errorf("the recipe for %s makes version %s only, not %q", r.Name, r.Version, version)
	}
	for _, c := range version {
		if !strings.ContainsRune("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-_", c) {
			return fmt.Errorf("%q cannot be a version of %s", version, r.Name)
		}
	}
	return nil
}

// Names are the names of all recipes.
func Names() []string {
	var all []string
	for _, r := range Recipes {
		all = append(all, r.Name)
	}
	return all
}
