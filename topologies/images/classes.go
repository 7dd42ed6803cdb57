package images

import (
	"context"
	"fmt"
	"strings"

	"github.com/moby/moby/client"

	"surety/topologies/docker/engine"
)

// classesDockerfile puts an archive of the classes that a broker loads on top of an
// image and leaves all else of it as it is: its user, its volumes, its entrypoint.
const classesDockerfile = `FROM %[1]s AS classes
USER root
COPY kafka.archive.sh /tmp/surety/archive.sh
RUN ["sh", "/tmp/surety/archive.sh", "/tmp/surety/classes.jsa"]

FROM %[1]s
COPY --from=classes /tmp/surety/classes.jsa /opt/kafka/classes.jsa
`

// recipeLabel names the recipe of an image that was built here; classesRecipe is that
// of the images with an archive of classes.
const (
	recipeLabel   = "surety.recipe"
	classesRecipe = "classes"
	classesName   = "surety/classes" // its tag is the id of the image below
)

// WithClasses gives the image of a broker with an archive of its classes (JEP 350),
// from which the JVM maps them at every start instead of parsing the jars. Images
// built from the recipe have theirs; of any other one that lies at the same place,
// a second image is made once by starting a broker, and found again by the id of
// the first. The time of that start is what it costs.
func WithClasses(ctx context.Context, e *engine.Engine, image string, o Options) (string, error) {
	i, err := e.API.ImageInspect(ctx, image)
	if err != nil {
		return "", fmt.Errorf("look for image %s: %w", image, err)
	}
	if i.Config != nil && i.Config.Labels[recipeLabel] == Kafka.Name {
		return image, nil
	}
	id := strings.TrimPrefix(i.ID, "sha256:")
	tag := classesName + ":" + id[:min(12, len(id))]
	if has, err := e.Has(ctx, tag); err != nil || has {
		return tag, err
	}
	if o.Out != nil {
		_, _ = fmt.Fprintf(o.Out, "archiving the classes of %s, once\n", image) // progress only
	}
	script, err := files.ReadFile("kafka.archive.sh")
	if err != nil {
		return "", err
	}
	return tag, e.Build(ctx, engine.Build{
		Tag: tag, Labels: map[string]string{recipeLabel: classesRecipe}, Log: o.Log,
		Alone: true, // the broker listens on ports of its own loopback
		Files: []engine.File{file("Dockerfile", fmt.Appendf(nil, classesDockerfile, image)), file("kafka.archive.sh", script)},
	})
}

// RemoveClasses removes the images that WithClasses made, and gives their names; the
// next run makes those that it needs again. Images that a container uses stay.
func RemoveClasses(ctx context.Context, e *engine.Engine) ([]string, error) {
	list, err := e.API.ImageList(ctx, client.ImageListOptions{
		Filters: make(client.Filters).Add("label", recipeLabel+"="+classesRecipe),
	})
	if err != nil {
		return nil, fmt.Errorf("list the archives of classes: %w", err)
	}
	var removed []string
	for _, i := range list.Items {
		for _, tag := range i.RepoTags {
			if !strings.HasPrefix(tag, classesName+":") {
				continue // somebody built upon one of them
			}
			if _, err := e.API.ImageRemove(ctx, tag, client.ImageRemoveOptions{PruneChildren: true}); err == nil {
				removed = append(removed, tag)
			} else if ctx.Err() != nil {
				return removed, err
			}
		}
	}
	return removed, nil
}
