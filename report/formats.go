package report

import "io"

// Format writes a model.
type Format interface {
	Name() string
	Write(w io.Writer, m *Model) error
}

// Formats is the catalogue of formats, in the order of help texts.
var Formats = []Format{Terminal{}, JSON{}, JUnit{}, Markdown{}, HTML{}, CSV{}}

// FormatNames lists the names of Formats.
func FormatNames() (names []string) {
	for _, f := range Formats {
		names = append(names, f.Name())
	}
	return names
}

// WantsRecords tells whether a format draws on the stored records of runs, see
// Load, besides their verdicts.
func WantsRecords(f Format) bool {
	w, ok := f.(interface{ wantsRecords() bool })
	return ok && w.wantsRecords()
}
