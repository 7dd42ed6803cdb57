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
	if _, err := Build(t.Context(), "pulsar", "", Options{}); err == nil || !strings.Contains(err.Error(), "base, jre, kafka") {
		t.Errorf("error %v does not list the recipes", err)
	}
	for _, tt := range []struct {
		why, name, version string
		ok                 bool
	}{
		{"the recipe's own", "jre", "17", true},
		{"none", "jre", "", true},
		{"another of a fixed one", "jre", "21", false},
		{"another that is free", "kafka", "3.9.1", true},
		{"one that is no tag", "kafka", "4.2.0 && rm", false},
	} {
		r, err := Find(tt.name)
		if err != nil {
			t.Fatal(err)
		}
		if err := r.check(tt.version); (err == nil) != tt.ok {
			t.Errorf("%s: error %v", tt.why, err)
		}
	}
}

func TestTags(t *testing.T) {
	r, err := Find("kafka")
	if err != nil {
		t.Fatal(err)
	}
	if r.Tag("") != "surety/kafka:4.2.0" || r.Tag("3.9.1") != "surety/kafka:3.9.1" {
		t.Errorf("tags %s, %s", r.Tag(""), r.Tag("3.9.1"))
	}
}
