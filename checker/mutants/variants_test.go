package mutants

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// chosen is the environment variable that tells a test binary which mutant it is; 0 or
// nothing is none.
const chosen = "SURETY_MUTANT"

// variants puts all mutants into one build of the packages that have them, since to
// build the tests takes far longer than to run those that notice. A function with
// mistakes stands there once without any and once with each, behind one of its name
// that calls what the environment chooses; of a table, the environment chooses the
// value. It gives the files that take the place of others.
//
// https://dl.acm.org/doi/10.1145/174634.174638 calls such a build a mutant schema.
func variants(root, dir string, list []mutant) (overlay string, err error) {
	replace := map[string]string{}
	byFile := map[string][]int{}
	for i, m := range list {
		byFile[m.file] = append(byFile[m.file], i)
	}
	packages := map[string]string{} // by directory
	for _, file := range slices.Sorted(maps.Keys(byFile)) {
		f, err := newVariant(filepath.Join(root, "checker", file))
		if err != nil {
			return "", err
		}
		for _, i := range byFile[file] {
			if err := f.add(i+1, list[i]); err != nil {
				return "", err
			}
		}
		out := filepath.Join(dir, strings.ReplaceAll(file, "/", "-"))
		if err := f.write(out); err != nil {
			return "", err
		}
		replace[f.path] = out
		packages[filepath.Dir(f.path)] = f.file.Name.Name
	}
	for in, name := range packages {
		out := filepath.Join(dir, name+"-choice.go")
		text := fmt.Sprintf(`package %s

import (
	"os"
	"strconv"
)

var mutant__ = func() int { n, _ := strconv.Atoi(os.Getenv(%q)); return n }()

func choose__[T any](n int, other, otherwise T) T {
	if mutant__ == n {
		return other
	}
	return otherwise
}
`, name, chosen)
		if err := os.WriteFile(out, []byte(text), 0o600); err != nil {
			return "", err
		}
		replace[filepath.Join(in, "mutant__.go")] = out
	}
	text, err := json.Marshal(map[string]map[string]string{"Replace": replace})
	if err != nil {
		return "", err
	}
	overlay = filepath.Join(dir, "overlay.json")
	return overlay, os.WriteFile(overlay, text, 0o600)
}

// variant is a file with its mistakes.
type variant struct {
	path  string
	set   *token.FileSet
	file  *ast.File
	texts []string         // of its declarations, as they stand
	more  map[int][]choice // by declaration
}

// choice is a declaration with a mistake.
type choice struct {
	n    int // of the mutant
	decl ast.Decl
	set  *token.FileSet
}

func newVariant(path string) (*variant, error) {
	v := &variant{path: path, set: token.NewFileSet(), more: map[int][]choice{}}
	var err error
	if v.file, err = parser.ParseFile(v.set, path, nil, parser.SkipObjectResolution); err != nil {
		return nil, err
	}
	for _, d := range v.file.Decls {
		v.texts = append(v.texts, text(v.set, d))
	}
	return v, nil
}

func text(set *token.FileSet, node any) string {
	var b bytes.Buffer
	if err := format.Node(&b, set, node); err != nil {
		return err.Error()
	}
	return b.String()
}

// add finds the declaration that a mutant changes.
func (v *variant) add(n int, m mutant) error {
	source, err := m.apply()
	if err != nil {
		return err
	}
	set := token.NewFileSet()
	f, err := parser.ParseFile(set, v.path, source, parser.SkipObjectResolution)
	if err != nil {
		return fmt.Errorf("%s: %w", m, err)
	}
	if len(f.Decls) != len(v.texts) {
		return fmt.Errorf("%s: it changes the number of declarations", m)
	}
	changed := -1
	for i, d := range f.Decls {
		if text(set, d) == v.texts[i] {
			continue
		}
		if changed >= 0 {
			return fmt.Errorf("%s: it changes several declarations", m)
		}
		changed = i
	}
	if changed < 0 {
		return fmt.Errorf("%s: it changes no declaration", m)
	}
	v.more[changed] = append(v.more[changed], choice{n, f.Decls[changed], set})
	return nil
}

func (v *variant) write(path string) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "package %s\n\n", v.file.Name.Name)
	for i, d := range v.file.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			v.function(&b, d, v.more[i])
		case *ast.GenDecl:
			if err := v.values(&b, i, d); err != nil {
				return err
			}
		}
		b.WriteString("\n\n")
	}
	return os.WriteFile(path, b.Bytes(), 0o600)
}

// function writes one that calls what is chosen, and what there is to choose from.
func (v *variant) function(b *bytes.Buffer, d *ast.FuncDecl, more []choice) {
	if len(more) == 0 {
		b.WriteString(text(v.set, d))
		return
	}
	name := d.Name.Name
	as := func(set *token.FileSet, f *ast.FuncDecl, n int) {
		f.Name = ast.NewIdent(name + "__" + strconv.Itoa(n))
		b.WriteString(text(set, f) + "\n\n")
	}
	for _, c := range more {
		as(c.set, c.decl.(*ast.FuncDecl), c.n)
	}
	d.Doc = nil
	as(v.set, d, 0)

	var args []string
	for _, p := range d.Type.Params.List {
		if len(p.Names) == 0 {
			p.Names = []*ast.Ident{ast.NewIdent("_")}
		}
		for i, id := range p.Names {
			if id.Name == "_" {
				p.Names[i] = ast.NewIdent(fmt.Sprint("p__", len(args)))
			}
			arg := p.Names[i].Name
			if _, rest := p.Type.(*ast.Ellipsis); rest {
				arg += "..."
			}
			args = append(args, arg)
		}
	}
	call := name
	if d.Recv != nil {
		of := d.Recv.List[0]
		if len(of.Names) == 0 || of.Names[0].Name == "_" {
			of.Names = []*ast.Ident{ast.NewIdent("r__")}
		}
		call = of.Names[0].Name + "." + name
	}
	types := ""
	if d.Type.TypeParams != nil {
		var names []string
		for _, p := range d.Type.TypeParams.List {
			for _, id := range p.Names {
				names = append(names, id.Name)
			}
		}
		types = "[" + strings.Join(names, ", ") + "]"
	}
	d.Name, d.Body = ast.NewIdent(name), nil
	b.WriteString(text(v.set, d) + " {\n\tswitch mutant__ {\n")
	do := func(n int) string {
		c := fmt.Sprintf("%s__%d%s(%s)", call, n, types, strings.Join(args, ", "))
		if d.Type.Results != nil {
			return "return " + c
		}
		return c
	}
	for _, c := range more {
		fmt.Fprintf(b, "\tcase %d:\n\t\t%s\n", c.n, do(c.n))
	}
	fmt.Fprintf(b, "\tdefault:\n\t\t%s\n\t}\n", do(0))
	if d.Type.Results != nil {
		b.WriteString("\tpanic(\"unreachable\")\n")
	}
	b.WriteString("}")
}

// values writes variables whose values are chosen.
func (v *variant) values(b *bytes.Buffer, i int, d *ast.GenDecl) error {
	if len(v.more[i]) == 0 {
		b.WriteString(text(v.set, d))
		return nil
	}
	if d.Tok != token.VAR {
		return fmt.Errorf("mutant %d changes what is no function and no variable", v.more[i][0].n)
	}
	for k, s := range d.Specs {
		spec := s.(*ast.ValueSpec)
		before, value := text(v.set, spec), ""
		for _, c := range v.more[i] {
			other := c.decl.(*ast.GenDecl).Specs[k].(*ast.ValueSpec)
			switch {
			case text(c.set, other) == before:
				continue
			case len(spec.Values) != 1 || len(other.Values) != 1:
				return fmt.Errorf("mutant %d changes a variable without one value", c.n)
			case value == "":
				value = text(v.set, spec.Values[0])
			}
			value = fmt.Sprintf("choose__(%d, %s, %s)", c.n, text(c.set, other.Values[0]), value)
		}
		if value == "" {
			fmt.Fprintf(b, "var %s\n", before)
			continue
		}
		kind := ""
		if spec.Type != nil {
			kind = " " + text(v.set, spec.Type)
		}
		fmt.Fprintf(b, "var %s%s = %s\n", spec.Names[0].Name, kind, value)
	}
	return nil
}
