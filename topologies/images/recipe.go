// Package images builds the images that topologies run, from Debian packages and
// Maven artefacts only, for machines that reach no container registry. The names
// and layouts follow the official images where there is one.
package images

import (
	"cmp"
	"embed"
	"errors"
	"fmt"
	"strings"

	"surety/topologies/names"
)

//go:embed *.Dockerfile *.sh *.pom.xml *.java flink
var files embed.FS

// Recipe is how one image is made.
type Recipe struct {
	Name     string   // base, jre, kafka, ...
	About    string   // one line for people
	Version  string   // what is built unless a version is asked for
	Fixed    bool     // no other version can be built
	Base     string   // name of the recipe below; empty = from nothing
	Files    []string // that the Dockerfile copies
	Official string   // repository of the image that it stands in for; empty = none
}

// Recipes of the images that stand in for official ones.
var (
	Kafka    = Recipe{Name: "kafka", About: "Apache Kafka from Maven artefacts", Version: "4.2.0", Base: "jre", Files: []string{"kafka.pom.xml", "kafka.archive.sh"}, Official: "apache/kafka"}
	RabbitMQ = Recipe{Name: "rabbitmq", About: "RabbitMQ from Debian packages", Version: "3.10.8", Fixed: true, Base: "base", Files: []string{"rabbitmq.entrypoint.sh"}, Official: "rabbitmq"}
	Postgres = Recipe{Name: "postgres", About: "PostgreSQL from Debian packages", Version: "15", Fixed: true, Base: "base", Files: []string{"postgres.entrypoint.sh"}, Official: "postgres"}
)

// Recipes are all recipes, each after the one that it is based on.
var Recipes = []Recipe{
	{Name: "base", About: "Debian with the certificates of this machine", Version: "bookworm", Fixed: true},
	{Name: "jre", About: "Java runtime from Debian packages", Version: "17", Fixed: true, Base: "base"},
	Kafka,
	RabbitMQ,
	Postgres,
	{Name: "streams", About: "Kafka Streams from Maven artefacts, with the jobs that are put under test", Version: "4.2.0", Base: "jre", Files: []string{"streams.pom.xml", "Streams.java"}},
	{Name: "flink", About: "Apache Flink from Maven artefacts, with the jobs that are put under test", Version: "2.1.0", Base: "jre", Files: []string{
		"flink/lib.pom.xml", "flink/job.pom.xml", "flink/Job.java", "flink/Told.java", "flink/Input.java", "flink/Output.java", "flink/Counts.java", "flink/Closing.java",
	}},
	{Name: "kafka-official-layout", About: "Kafka laid out like the official image (for tests)", Version: "4.2.0", Base: "kafka"},
}

// Find gives the recipe of that name; the error for an unknown one lists the known.
func Find(name string) (Recipe, error) {
	for _, r := range Recipes {
		if r.Name == name {
			return r, nil
		}
	}
	return Recipe{}, errors.New(names.Unknown("image recipe", name, Names()))
}

// Tag is the image's full name; an empty version means the recipe's own.
func (r Recipe) Tag(version string) string {
	return "surety/" + r.Name + ":" + cmp.Or(version, r.Version)
}

// OfficialTag is the name of the image that the recipe stands in for, as it is
// pulled; "" where there is none. An empty version means the recipe's own.
func (r Recipe) OfficialTag(version string) string {
	if r.Official == "" {
		return ""
	}
	return r.Official + ":" + cmp.Or(version, r.Version)
}

// Command is what builds the image on the command line.
func (r Recipe) Command(version string) string {
	if version == "" || version == r.Version {
		return "verify images build " + r.Name
	}
	return "verify images build " + r.Name + "=" + version
}

// Parse reads NAME or NAME=VERSION. The version is empty where none was asked for.
func Parse(arg string) (Recipe, string, error) {
	name, version, asked := strings.Cut(arg, "=")
	r, err := Find(name)
	if err != nil {
		return Recipe{}, "", err
	}
	if asked && version == "" {
		return Recipe{}, "", fmt.Errorf("%s wants a version behind the =, as %s=%s", arg, r.Name, r.Version)
	}
	return r, version, r.check(version)
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

// OfficialNames are the names of the recipes that stand in for an official image.
func OfficialNames() []string {
	var all []string
	for _, r := range Recipes {
		if r.Official != "" {
			all = append(all, r.Name)
		}
	}
	return all
}
