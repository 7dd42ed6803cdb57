package images

import (
	"bytes"
	"io"
	"io/fs"
	"slices"
	"strings"
	"testing"
)

func TestEveryRecipeIsComplete(t *testing.T) {
	used := map[string]bool{}
	for i, r := range Recipes {
		if r.Name == "" || r.About == "" || r.Version == "" {
			t.Errorf("recipe %d lacks a name, a line about it or a version: %+v", i, r)
		}
		if slices.Contains(Names()[:i], r.Name) {
			t.Errorf("recipe %s is there twice", r.Name)
		}
		if r.Base != "" && !slices.Contains(Names()[:i], r.Base) {
			t.Errorf("recipe %s stands before its base %q", r.Name, r.Base)
		}
		fs, err := r.context()
		if err != nil {
			t.Errorf("recipe %s: %v", r.Name, err)
			continue
		}
		if fs[0].Name != "Dockerfile" {
			t.Errorf("recipe %s: the first file is %s", r.Name, fs[0].Name)
		}
		dockerfile, err := io.ReadAll(fs[0].Body)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range fs[1:] {
			if !bytes.Contains(dockerfile, []byte("COPY "+f.Name+" ")) {
				t.Errorf("recipe %s carries %s, which its Dockerfile does not copy", r.Name, f.Name)
			}
		}
		if r.Base != "" && !bytes.Contains(dockerfile, []byte("FROM ${BASE}")) {
			t.Errorf("recipe %s does not take its base as an argument", r.Name)
		}
		used[r.Name+".Dockerfile"] = true
		for _, f := range r.Files {
			used[f] = true
		}
	}
	err := fs.WalkDir(files, ".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && !used[path] {
			t.Errorf("%s belongs to no recipe", path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestDefaultsInDockerfilesAreTheRecipesOwn(t *testing.T) {
	for _, r := range Recipes {
		if r.Base == "" {
			continue
		}
		b, err := files.ReadFile(r.Name + ".Dockerfile")
		if err != nil {
			t.Fatal(err)
		}
		below, err := Find(r.Base)
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range []string{"ARG VERSION=" + r.Version, "ARG BASE=" + below.Tag("")} {
			if !strings.Contains(string(b), line+"\n") {
				t.Errorf("%s.Dockerfile does not say %q", r.Name, line)
			}
		}
	}
}

func TestUnknownRecipesAndVersionsAreRefused(t *testing.T) {
	if _, err := Find("pulsar"); err == nil || !strings.Contains(err.Error(), "base, jre, kafka") {
		t.Errorf("error %v does not list the recipes", err)
	}
	for _, tt := range []struct {
		why, arg, name, version, err string
	}{
		{"a name alone", "jre", "jre", "", ""},
		{"the recipe's own version", "jre=17", "jre", "17", ""},
		{"another of a fixed one", "jre=21", "", "", `makes version 17 only, not "21"`},
		{"another that is free", "kafka=3.9.1", "kafka", "3.9.1", ""},
		{"one that is no tag", "kafka=4.2.0 && rm", "", "", "cannot be a version"},
		{"a second version", "kafka=4.2.0=3", "", "", "cannot be a version"},
		{"no version behind the sign", "kafka=", "", "", "as kafka=4.2.0"},
		{"an unknown name", "kafak=3.9.1", "", "", `did you mean "kafka"?`},
		{"nothing", "", "", "", "known: base, jre"},
	} {
		r, version, err := Parse(tt.arg)
		switch {
		case tt.err != "" && (err == nil || !strings.Contains(err.Error(), tt.err)):
			t.Errorf("%s: error %v, want %q", tt.why, err, tt.err)
		case tt.err == "" && (err != nil || r.Name != tt.name || version != tt.version):
			t.Errorf("%s: %s %s, error %v", tt.why, r.Name, version, err)
		}
	}
}

func TestTags(t *testing.T) {
	for _, tt := range []struct {
		r                                Recipe
		version, built, official, builds string
	}{
		{Kafka, "", "surety/kafka:4.2.0", "apache/kafka:4.2.0", "verify images build kafka"},
		{Kafka, "3.9.1", "surety/kafka:3.9.1", "apache/kafka:3.9.1", "verify images build kafka=3.9.1"},
		{Recipes[0], "", "surety/base:bookworm", "", "verify images build base"},
	} {
		if b, o, c := tt.r.Tag(tt.version), tt.r.OfficialTag(tt.version), tt.r.Command(tt.version); b != tt.built || o != tt.official || c != tt.builds {
			t.Errorf("%s %s: %s, %s, %s", tt.r.Name, tt.version, b, o, c)
		}
	}
}
