package images

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"time"

	"surety/topologies/docker/engine"
)

// Options of a build.
type Options struct {
	Again bool      // build also where the image is present
	Out   io.Writer // progress for people; nil = nowhere
	Log   io.Writer // the builder's full output; nil = nowhere
}

// Build makes the image of the recipe, and those below it that are missing, and
// returns its tag. An image that is present is left alone unless Again is set.
// What this machine lacks for it is a *topologies.EnvironmentError.
func Build(ctx context.Context, name, version string, o Options) (tag string, err error) {
	r, err := Find(name)
	if err != nil {
		return "", err
	}
	if err := r.check(version); err != nil {
		return "", err
	}
	if o.Out == nil {
		o.Out = io.Discard
	}
	e, err := engine.Open(ctx)
	if err != nil {
		return "", err
	}
	defer func() { _ = e.Close() }()
	return build(ctx, e, r, version, o)
}

func build(ctx context.Context, e *engine.Engine, r Recipe, version string, o Options) (string, error) {
	tag := r.Tag(version)
	if !o.Again {
		if has, err := e.Has(ctx, tag); err != nil {
			return "", err
		} else if has {
			_, err := fmt.Fprintf(o.Out, "%s is present\n", tag)
			return tag, err
		}
	}
	args := map[string]string{}
	if r.Base != "" {
		below, err := Find(r.Base)
		if err != nil {
			return "", err
		}
		from, err := build(ctx, e, below, "", Options{Out: o.Out, Log: o.Log})
		if err != nil {
			return "", err
		}
		args["BASE"] = from
		args["VERSION"] = version
		if version == "" {
			args["VERSION"] = r.Version
		}
	}
	began := time.Now()
	if _, err := fmt.Fprintf(o.Out, "building %s\n", tag); err != nil {
		return "", err
	}
	fs, err := r.context()
	if err != nil {
		return "", err
	}
	if r.Base == "" {
		from, err := debian(ctx, e, r.Version, o.Out)
		if err != nil {
			return "", err
		}
		args["FROM"] = from
		fs = append(fs, hostCertificates()...)
	}
	if err := e.Build(ctx, engine.Build{
		Tag: tag, Args: args, Labels: map[string]string{"surety.recipe": r.Name}, Files: fs, Log: o.Log,
	}); err != nil {
		return "", err
	}
	_, err = fmt.Fprintf(o.Out, "built %s in %s\n", tag, time.Since(began).Round(time.Second))
	return tag, err
}

// context gives the Dockerfile and the files that it copies.
func (r Recipe) context() ([]engine.File, error) {
	var fs []engine.File
	for _, name := range append([]string{r.Name + ".Dockerfile"}, r.Files...) {
		b, err := files.ReadFile(name)
		if err != nil {
			return nil, err
		}
		if len(fs) == 0 {
			name = "Dockerfile"
		}
		fs = append(fs, file(name, b))
	}
	return fs, nil
}

func file(name string, b []byte) engine.File {
	return engine.File{Name: name, Mode: 0o644, Size: int64(len(b)), Body: bytes.NewReader(b)}
}
