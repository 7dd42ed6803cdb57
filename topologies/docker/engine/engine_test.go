package engine

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"

	"surety/topologies"
)

func TestWithoutAnEngineTheErrorSaysWhatToDo(t *testing.T) {
	t.Setenv("DOCKER_HOST", "unix://"+filepath.Join(t.TempDir(), "none.sock"))
	_, err := Open(t.Context())
	e, ok := errors.AsType[*topologies.EnvironmentError](err)
	if !ok {
		t.Fatalf("error %v is no environment error", err)
	}
	if !strings.Contains(e.What, "none.sock") || e.Try == "" || strings.Contains(e.Error(), "\n") {
		t.Errorf("message %q: want one line that names the socket and what to do", e)
	}
}

func TestARefusalIsToldFromAnAbsence(t *testing.T) {
	t.Setenv("DOCKER_HOST", "")
	for _, tt := range []struct {
		why  string
		err  error
		want string
	}{
		{"an error of the system", fmt.Errorf("dial: %w", fs.ErrPermission), "may not"},
		{"the text of the client", errors.New("permission denied while trying to connect to the docker API"), "may not"},
		{"anything else", errors.New("connect: connection refused"), "no container engine"},
	} {
		if got := unreachable(tt.err); !strings.Contains(got.Error(), tt.want) || !errors.Is(got, tt.err) {
			t.Errorf("%s: %q, want %q and the cause", tt.why, got, tt.want)
		}
	}
}

func TestABuildErrorIsFoundInTheStream(t *testing.T) {
	for _, tt := range []struct{ why, stream, log, err string }{
		{"a good build", `{"stream":"Step 1\n"}` + "\n" + `{"aux":{"ID":"x"}}` + "\n" + `{"stream":"done\n"}`, "Step 1\ndone\n", ""},
		{"a failed step", `{"stream":"Step 1\n"}{"errorDetail":{"code":1},"error":"returned a non-zero code: 1\n"}`, "Step 1\n", "returned a non-zero code: 1"},
		{"a stream cut off", `{"stream":"Step`, "", "unexpected EOF"},
	} {
		var log bytes.Buffer
		err := follow(strings.NewReader(tt.stream), &log)
		text := ""
		if err != nil {
			text = err.Error()
		}
		if text != tt.err || log.String() != tt.log {
			t.Errorf("%s: error %q, log %q; want %q, %q", tt.why, text, log.String(), tt.err, tt.log)
		}
	}
}

func TestTheBuildContextIsTheSameEveryTime(t *testing.T) {
	render := func() []byte {
		var b bytes.Buffer
		err := writeTar(&b, []File{
			{Name: "Dockerfile", Mode: 0o644, Size: 3, Body: strings.NewReader("abc")},
			{Name: "tmp/", Mode: 0o1777},
		})
		if err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	one := render()
	if !bytes.Equal(one, render()) {
		t.Error("two renderings differ: the builder's cache would never hit")
	}
	r := tar.NewReader(bytes.NewReader(one))
	h, err := r.Next()
	if err != nil || h.Name != "Dockerfile" || h.Mode != 0o644 {
		t.Fatalf("first entry %+v, error %v", h, err)
	}
	if b, err := io.ReadAll(r); err != nil || string(b) != "abc" {
		t.Errorf("content %q, error %v", b, err)
	}
	h, err = r.Next()
	if err != nil || h.Typeflag != tar.TypeDir || h.Mode != 0o1777 {
		t.Errorf("second entry %+v, error %v", h, err)
	}
}

func TestAFileOfTheWrongSizeIsAnError(t *testing.T) {
	err := writeTar(io.Discard, []File{{Name: "x", Mode: 0o644, Size: 5, Body: strings.NewReader("abc")}, {Name: "y/"}})
	if err == nil {
		t.Error("a short file went unnoticed")
	}
}
