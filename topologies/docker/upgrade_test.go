package docker

import (
	"archive/tar"
	"bytes"
	"errors"
	"io"
	"testing"

	"github.com/moby/moby/api/types/container"
)

// What a container has stored is given to another one under its full path, with its
// modes, owners and contents.
func TestADiskIsCopiedUnderItsFullPath(t *testing.T) {
	var from, to bytes.Buffer
	w := tar.NewWriter(&from)
	for _, h := range []tar.Header{
		{Name: "logs/", Typeflag: tar.TypeDir, Mode: 0o750, Uid: 1000},
		{Name: "logs/meta.properties", Typeflag: tar.TypeReg, Mode: 0o640, Uid: 1000, Size: 5},
		{Name: "logs/input-0/", Typeflag: tar.TypeDir, Mode: 0o755},
		{Name: "logs/input-0/0.log", Typeflag: tar.TypeReg, Mode: 0o644},
	} {
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte("abcde")[:h.Size]); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(w.Close(), rebase(&from, &to, "/var/lib/kafka/data")); err != nil {
		t.Fatal(err)
	}
	r := tar.NewReader(&to)
	for _, want := range []struct {
		name, text string
		mode       int64
		uid        int
	}{
		{"var/lib/kafka/data/logs/", "", 0o750, 1000},
		{"var/lib/kafka/data/logs/meta.properties", "abcde", 0o640, 1000},
		{"var/lib/kafka/data/logs/input-0/", "", 0o755, 0},
		{"var/lib/kafka/data/logs/input-0/0.log", "", 0o644, 0},
	} {
		h, err := r.Next()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil || h.Name != want.name || h.Mode != want.mode || h.Uid != want.uid || string(text) != want.text {
			t.Errorf("%s of mode %o, owner %d with %q, want %+v (%v)", h.Name, h.Mode, h.Uid, text, want, err)
		}
	}
	if _, err := r.Next(); !errors.Is(err, io.EOF) {
		t.Errorf("there is more: %v", err)
	}
}

func TestACutOffDiskIsAnError(t *testing.T) {
	var from bytes.Buffer
	w := tar.NewWriter(&from)
	if err := w.WriteHeader(&tar.Header{Name: "logs/a", Typeflag: tar.TypeReg, Size: 2000}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(make([]byte, 2000)); err != nil {
		t.Fatal(err)
	}
	if err := rebase(bytes.NewReader(from.Bytes()[:1000]), io.Discard, "/d"); err == nil {
		t.Error("half of a disk is taken for a whole one")
	}
}

func TestTheVersionOfAContainerIsWhatItWasToldWithItsImage(t *testing.T) {
	for _, c := range []struct {
		why  string
		env  []string
		want string
	}{
		{"the original is told nothing", []string{"A=b"}, ""},
		{"a version", []string{"A=b", "SURETY_VERSION=4.2.0"}, "4.2.0"},
		{"another variable", []string{"MY_SURETY_VERSION=1"}, ""},
	} {
		if got := versionOf(&container.InspectResponse{Config: &container.Config{Env: c.env}}); got != c.want {
			t.Errorf("%s: %q, want %q", c.why, got, c.want)
		}
	}
	if got := versionOf(&container.InspectResponse{}); got != "" {
		t.Errorf("a container without a configuration is %q", got)
	}
}
