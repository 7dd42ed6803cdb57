package scenarios_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var inCode = regexp.MustCompile("^`([a-z/]+)(?:\\.([A-Z][A-Za-z]*))?`$")

// Every word of the glossary stands once, and what it names in the code exists.
func TestTheGlossaryIsThatOfTheCode(t *testing.T) {
	text, err := os.ReadFile("GLOSSARY.md")
	if err != nil {
		t.Fatal(err)
	}
	packages := map[string]map[string]bool{}
	var words []string
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), " | ")
		if !strings.HasPrefix(line, "| ") || len(cells) != 3 || strings.HasPrefix(line, "| word ") {
			continue
		}
		word, where := strings.TrimSpace(cells[0]), strings.TrimSpace(cells[2])
		if slices.Contains(words, word) {
			t.Errorf("%s stands twice", word)
		}
		words = append(words, word)
		m := inCode.FindStringSubmatch(where)
		if m == nil {
			t.Errorf("%s: %s is no name of the code", word, where)
			continue
		}
		dir, known := m[1], packages[m[1]]
		if known == nil {
			known = declared(t, dir)
			packages[dir] = known
		}
		if m[2] != "" && !known[m[2]] {
			t.Errorf("%s: there is no %s in %s", word, m[2], dir)
		}
	}
	if len(words) < 40 {
		t.Errorf("only %d words were found", len(words))
	}
}

// declared names what a package has at its top level. A package is told by its path
// from the root or by its name.
func declared(t *testing.T, of string) map[string]bool {
	t.Helper()
	var files []string
	for _, pattern := range []string{"../" + of, "../*/" + of} {
		if files, _ = filepath.Glob(pattern + "/*.go"); len(files) > 0 {
			break
		}
	}
	if len(files) == 0 {
		t.Fatalf("%s is no package", of)
	}
	out := map[string]bool{}
	for _, file := range files {
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			gen, ok := d.(*ast.GenDecl)
			if !ok {
				continue
			}
			for _, spec := range gen.Specs {
				switch s := spec.(type) {
				case *ast.TypeSpec:
					out[s.Name.Name] = true
				case *ast.ValueSpec:
					for _, n := range s.Names {
						out[n.Name] = true
					}
				}
			}
		}
	}
	return out
}
