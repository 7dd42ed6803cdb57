package images

import (
	"cmp"
	"context"
	"strings"
	"time"

	"surety/topologies"
)

// pullWithin bounds the fetching of one image.
const pullWithin = 10 * time.Minute

// Store is what choosing an image asks of the engine.
type Store interface {
	Has(ctx context.Context, image string) (bool, error)
	Pull(ctx context.Context, image string) error
}

// Choose gives the image to run in the place of the recipe: the override, where
// there is one; else the official image or the one built here, whichever is
// present; else the official one from its registry. An empty version means the
// recipe's own; an override that names none gets it. An image that cannot be had
// is a *topologies.EnvironmentError that says what builds it.
func (r Recipe) Choose(ctx context.Context, s Store, version, override string) (string, error) {
	if override != "" {
		ref := Complete(override, cmp.Or(version, r.Version))
		return ref, Require(ctx, s, ref)
	}
	if image, err := r.Present(ctx, s, version, ""); err != nil || image != "" {
		return image, err
	}
	return r.Pull(ctx, s, version, "")
}

// Present gives the image that Choose would give without pulling; "" = none.
func (r Recipe) Present(ctx context.Context, s Store, version, override string) (string, error) {
	candidates := []string{r.OfficialTag(version), r.Tag(version)}
	if override != "" {
		candidates = []string{Complete(override, cmp.Or(version, r.Version))}
	}
	for _, image := range candidates {
		if image == "" { // nothing official that it could stand in for
			continue
		}
		if has, err := s.Has(ctx, image); err != nil || has {
			return image, err
		}
	}
	return "", nil
}

// Pull fetches the official image, or the override, and returns its name.
func (r Recipe) Pull(ctx context.Context, s Store, version, override string) (string, error) {
	image := r.OfficialTag(version)
	if override != "" {
		image = Complete(override, cmp.Or(version, r.Version))
	}
	if image == "" {
		return "", &topologies.EnvironmentError{
			What: "the image " + r.Tag(version) + " is not present, and no registry has one like it",
			Try:  "run '" + r.Command(version) + "' to build it here",
		}
	}
	if err := pull(ctx, s, image); err != nil {
		if ctx.Err() != nil {
			return "", err
		}
		return "", &topologies.EnvironmentError{
			What: "the image " + image + " cannot be pulled",
			Try:  "run '" + r.Command(version) + "' to build one here, or name the place to pull it from in " + File,
			Err:  err,
		}
	}
	return image, nil
}

// Require makes sure that the image is there, pulling it where it is not.
func Require(ctx context.Context, s Store, image string) error {
	if has, err := s.Has(ctx, image); err != nil || has {
		return err
	}
	if err := pull(ctx, s, image); err != nil {
		if ctx.Err() != nil {
			return err
		}
		return &topologies.EnvironmentError{
			What: "the image " + image + " is not present and cannot be pulled",
			Try:  "check its name with 'docker pull " + image + "', or build it",
			Err:  err,
		}
	}
	return nil
}

func pull(ctx context.Context, s Store, image string) error {
	ctx, cancel := context.WithTimeout(ctx, pullWithin)
	defer cancel()
	began := time.Now()
	if err := s.Pull(ctx, image); err != nil {
		return err
	}
	remember(image, time.Since(began))
	return nil
}

// Complete gives a reference that has neither tag nor digest the version as its tag.
func Complete(ref, version string) string {
	last := ref[strings.LastIndexByte(ref, '/')+1:]
	if strings.ContainsAny(last, ":@") {
		return ref
	}
	return ref + ":" + version
}
