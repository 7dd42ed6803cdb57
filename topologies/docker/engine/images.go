package engine

import (
	"context"
	"fmt"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/client"
)

// Has tells whether the engine has the image locally.
func (e *Engine) Has(ctx context.Context, image string) (bool, error) {
	_, err := e.API.ImageInspect(ctx, image)
	if errdefs.IsNotFound(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look for image %s: %w", image, err)
	}
	return true, nil
}

// Pull fetches the image from its registry and waits until it is complete.
func (e *Engine) Pull(ctx context.Context, image string) error {
	res, err := e.API.ImagePull(ctx, image, client.ImagePullOptions{})
	if err != nil {
		return fmt.Errorf("pull image %s: %w", image, err)
	}
	if err := res.Wait(ctx); err != nil {
		return fmt.Errorf("pull image %s: %w", image, err)
	}
	return nil
}
