package images

import (
	"encoding/pem"
	"io"
	"testing"
)

func TestMirrorIsFoundInBothFormatsOfSources(t *testing.T) {
	for _, tt := range []struct{ why, sources, want string }{
		{"deb822", "Types: deb\nURIs: http://mirror.example/debian\nSuites: bookworm\n", "http://mirror.example/debian"},
		{"one line", "deb http://mirror.example/debian bookworm main\n", "http://mirror.example/debian"},
		{"one line with options", "deb [signed-by=/x arch=amd64] https://mirror.example/debian/ bookworm main\n", "https://mirror.example/debian"},
		{"security updates are no mirror", "deb http://security.example/debian-security bookworm-security main\n", ""},
		{"security before the archive", "URIs: http://mirror.example/debian-security\n\nURIs: http://mirror.example/debian\n", "http://mirror.example/debian"},
		{"another vendor", "deb https://packages.example.com/apt tool main\n", ""},
		{"a comment", "# deb http://mirror.example/debian bookworm main\n", ""},
		{"nothing", "", ""},
	} {
		if got := mirrorIn([]byte(tt.sources)); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.why, got, tt.want)
		}
	}
}

func TestABundleIsSplitIntoItsCertificates(t *testing.T) {
	one := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte("one")})
	key := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte("secret")})
	two := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte("two")})
	fs := split(append(append(append([]byte("# a comment\n"), one...), key...), two...))
	if len(fs) != 3 || fs[0].Name != "certs/" {
		t.Fatalf("%d files, want the directory and two certificates", len(fs))
	}
	for i, want := range [][]byte{one, two} {
		b, err := io.ReadAll(fs[i+1].Body)
		if err != nil || string(b) != string(want) {
			t.Errorf("%s holds %q (error %v)", fs[i+1].Name, b, err)
		}
	}
	if fs := split(nil); len(fs) != 1 {
		t.Errorf("no bundle gives %d files: the directory alone is expected", len(fs))
	}
}
