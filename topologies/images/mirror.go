package images

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
)

// aMirror finds the archive of a Debian release (not its security updates) in
// apt's two formats of sources.
var aMirror = regexp.MustCompile(`(?m)^(?:URIs:\s*|deb\s+(?:\[[^]]*\]\s+)?)(https?://\S+/debian)/?(?:\s|$)`)

// mirror gives the Debian archive that this machine's apt uses, which it reaches;
// "" where its sources name none: debootstrap knows one of its own.
func mirror() string {
	names := []string{"/etc/apt/sources.list"}
	for _, pattern := range []string{"/etc/apt/sources.list.d/*.sources", "/etc/apt/sources.list.d/*.list"} {
		found, _ := filepath.Glob(pattern) // the pattern is valid
		slices.Sort(found)
		names = append(names, found...)
	}
	for _, name := range names {
		if b, err := os.ReadFile(name); err == nil {
			if m := mirrorIn(b); m != "" {
				return m
			}
		}
	}
	return ""
}

// mirrorIn gives the first Debian archive that apt's sources name, or "".
func mirrorIn(sources []byte) string {
	if m := aMirror.FindSubmatch(sources); m != nil {
		return string(m[1])
	}
	return ""
}
