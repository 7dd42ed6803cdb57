package images

import (
	"bytes"
	"cmp"
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
// returns its tag. An empty version means the recipe's own. An image that is
// present is left alone unless Again is set. What this machine lacks for it is a
// *topologies.EnvironmentError.
func (r Recipe) Build(ctx context.Context, e *engine.Engine, version string, o Options) (string, error) {
	if err := r.check(version); err != nil {
		return "", err
	}
	if o.Out == nil {
		o.Out = io.Discard
	}
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
		from, err := r.buildBase(ctx, e, version, o)
		if err != nil {
			return "", err
		}
		args["BASE"] = from
		args["VERSION"] = cmp.Or(version, r.Version)
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
		Tag: tag, Args: args, Labels: map[string]string{recipeLabel: r.Name}, Files: fs, Log: o.Log,
	}); err != nil {
		return "", err
	}
	took := time.Since(began)
	remember(tag, took)
	_, err = fmt.Fprintf(o.Out, "built %s in %s\n", tag, took.Round(time.Second))
	return tag, err
}

// buildBase makes the image below where it is missing: in the version of this one,
// unless there is only one of it.
func (r Recipe) buildBase(ctx context.Context, e *engine.Engine, version string, o Options) (string, error) {
	below, err := Find(r.Base)
	if err != nil {
		return "", err
	}
	if below.Fixed {
		version = ""
	}
	return below.Build(ctx, e, version, Options{Out: o.Out, Log: o.Log})
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
