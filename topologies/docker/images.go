package docker

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/moby/moby/client"

	"surety/topologies/docker/engine"
	"surety/topologies/docker/reaper"
	"surety/topologies/images"
)

// withClasses gives the image that starts faster. It is a convenience: where it
// cannot be made, a note says so and the chosen one runs.
func (t *topology) withClasses(ctx context.Context, image string) string {
	fast, err := images.WithClasses(ctx, t.engine, image, images.Options{Out: t.env.Log})
	if err != nil {
		t.logf("note: no archive of the classes of %s (%s); its brokers start more slowly\n", image, err)
		return image
	}
	return fast
}

// verifyDockerfile is the image of every role of ours: one static binary.
const verifyDockerfile = "FROM scratch\nCOPY root/ /\nENTRYPOINT [\"/verify\"]\n"

// verifyImage gives the image with this version of verify, building it where the
// engine has not got it. It is named by the content of the binary at path.
func verifyImage(ctx context.Context, e *engine.Engine, path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("read the binary of verify: %w", err)
	}
	defer func() { _ = f.Close() }()
	h := sha256.New()
	size, err := io.Copy(h, f)
	if err != nil {
		return "", fmt.Errorf("read the binary of verify: %w", err)
	}
	_, _ = h.Write([]byte(verifyDockerfile)) // never fails
	tag := "surety-verify:" + hex.EncodeToString(h.Sum(nil))[:12]
	if has, err := e.Has(ctx, tag); err != nil || has {
		return tag, err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return "", fmt.Errorf("read the binary of verify: %w", err)
	}
	err = e.Build(ctx, engine.Build{
		Tag:    tag,
		Labels: map[string]string{reaper.LabelOurs: "1"},
		Files: []engine.File{
			{Name: "Dockerfile", Mode: 0o644, Size: int64(len(verifyDockerfile)), Body: strings.NewReader(verifyDockerfile)},
			{Name: "root/", Mode: 0o755},
			{Name: "root/verify", Mode: 0o755, Size: size, Body: f},
			{Name: "root/tmp/", Mode: 0o1777},
		},
	})
	if err != nil {
		return "", err
	}
	forgetOld(ctx, e, tag, time.Now().Add(-24*time.Hour))
	return tag, nil
}

// forgetOld removes our images of earlier binaries that no container uses. They
// are a cache: what cannot be removed now is tried again by a later run.
func forgetOld(ctx context.Context, e *engine.Engine, keep string, before time.Time) {
	res, err := e.API.ImageList(ctx, client.ImageListOptions{
		Filters: make(client.Filters).Add("reference", "surety-verify"),
	})
	if err != nil {
		return
	}
	for _, s := range res.Items {
		if time.Unix(s.Created, 0).Before(before) && !slices.Contains(s.RepoTags, keep) {
			_, _ = e.API.ImageRemove(ctx, s.ID, client.ImageRemoveOptions{PruneChildren: true})
		}
	}
}
