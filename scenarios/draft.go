package scenarios

import (
	"bytes"
	"cmp"
	_ "embed" // the text of a draft
	"errors"
	"fmt"
	"strconv"
	"strings"
	"text/template"
)

// Draft is what somebody has to say for a first scenario of their own: one of
// Command, Image and Reference, and the guarantee.
type Draft struct {
	Name      string
	Command   []string // of this machine
	Image     string
	Reference string
	Delivery  string
	Order     string // key, or empty
	Provider  string // the one that can run it where it is empty
}

//go:embed draft.yaml.tmpl
var draftText string

var draftForm = template.Must(template.New("draft").Funcs(template.FuncMap{"quote": strconv.Quote, "list": quotedList}).Parse(draftText))

func quotedList(words []string) string {
	var out []string
	for _, w := range words {
		out = append(out, strconv.Quote(w))
	}
	return "[" + strings.Join(out, ", ") + "]"
}

// Write gives the text of a commented scenario that can be run as it is. It is read
// back before: what cannot be run is an error.
func (d Draft) Write(v Vocabulary) ([]byte, error) {
	given := 0
	for _, is := range []bool{len(d.Command) > 0, d.Image != "", d.Reference != ""} {
		if is {
			given++
		}
	}
	if given != 1 {
		return nil, errors.New("a processor is one of a command, an image and a reference processor")
	}
	fallback := "embedded"
	if d.Image != "" {
		fallback = "docker"
	}
	d.Provider = cmp.Or(d.Provider, fallback)
	if d.Reference != "" {
		p, known := v.processor(d.Reference)
		if known && d.Delivery == "" {
			d.Delivery = string(p.Declares)
		}
	}
	var b bytes.Buffer
	if err := draftForm.Execute(&b, d); err != nil {
		return nil, err
	}
	s, err := Parse(d.Name+".yaml", b.Bytes(), v)
	if err == nil {
		err = s.Complete(v)
	}
	if err != nil {
		var fe *FileError
		if errors.As(err, &fe) {
			return nil, fmt.Errorf("%s", fe.Text)
		}
		return nil, err
	}
	return b.Bytes(), nil
}
