package engine

import (
	"archive/tar"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/moby/moby/client"
)

// File is one file of a build context.
type File struct {
	Name string // path inside the context; a trailing slash makes a directory
	Mode int64
	Size int64
	Body io.Reader // Size bytes; nil where there are none
}

// Build is an image to be made from files in memory.
type Build struct {
	Tag    string
	Args   map[string]string
	Labels map[string]string
	Files  []File // with a Dockerfile among them
	Alone  bool   // without any network; else it shares the network of the host
	Log    io.Writer
}

// Build makes the image with the engine's own builder, which every engine has.
// Unless it is alone, the build reaches what the host reaches. The log gets the builder's output line by line.
func (e *Engine) Build(ctx context.Context, b Build) error {
	args := map[string]*string{}
	for name, value := range b.Args {
		args[name] = &value
	}
	network := "host"
	if b.Alone {
		network = "none"
	}
	pr, pw := io.Pipe()
	go func() { pw.CloseWithError(writeTar(pw, b.Files)) }()
	defer func() { _ = pr.Close() }() // ends the writer where the engine stopped reading
	res, err := e.API.ImageBuild(ctx, pr, client.ImageBuildOptions{
		Tags:        []string{b.Tag},
		BuildArgs:   args,
		Labels:      b.Labels,
		NetworkMode: network,
		Remove:      true,
		ForceRemove: true,
	})
	if err != nil {
		return fmt.Errorf("build image %s: %w", b.Tag, err)
	}
	defer func() { _ = res.Body.Close() }()
	if err := follow(res.Body, b.Log); err != nil {
		return fmt.Errorf("build image %s: %w", b.Tag, err)
	}
	return nil
}

func writeTar(w io.Writer, files []File) error {
	t := tar.NewWriter(w)
	for _, f := range files {
		// A fixed time keeps the builder's cache valid from one build to the next.
		h := &tar.Header{Name: f.Name, Mode: f.Mode, Size: f.Size, ModTime: time.Unix(0, 0), Typeflag: tar.TypeReg}
		if strings.HasSuffix(f.Name, "/") {
			h.Typeflag = tar.TypeDir
		}
		if err := t.WriteHeader(h); err != nil {
			return err
		}
		if f.Body != nil {
			if _, err := io.Copy(t, f.Body); err != nil {
				return err
			}
		}
	}
	return t.Close()
}

// follow copies the text of the engine's JSON messages and returns the error
// among them: the engine answers 200 before it has built anything.
func follow(r io.Reader, log io.Writer) error {
	d := json.NewDecoder(r)
	for {
		var m struct {
			Stream string `json:"stream"`
			Error  string `json:"error"`
		}
		if err := d.Decode(&m); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		if m.Error != "" {
			return errors.New(strings.TrimSpace(m.Error))
		}
		if log != nil {
			if _, err := io.WriteString(log, m.Stream); err != nil {
				return err
			}
		}
	}
}
