package images

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"go.yaml.in/yaml/v4"

	"surety/topologies/names"
)

// File is where the places of images are looked for, in the working directory.
const File = "surety-images.yaml"

// Places reads which images stand in for the official ones, by recipe name:
//
//	registry: mirror.example/hub      # all of them, under the names that Docker Hub gives them
//	images:
//	  kafka: mirror.example/kafka:4.2.0   # one of them; without a tag it gets the version
//
// An empty path means File, which need not be there. Errors name file and line.
func Places(path string) (map[string]string, error) {
	optional := path == ""
	if optional {
		path = File
	}
	b, err := os.ReadFile(path)
	if optional && errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		var pe *fs.PathError
		if errors.As(err, &pe) {
			err = pe.Err
		}
		return nil, fmt.Errorf("%s: cannot be read: %w", path, err)
	}
	places, line, err := parsePlaces(b)
	switch {
	case err != nil && line > 0:
		return nil, fmt.Errorf("%s:%d: %w", path, line, err)
	case err != nil:
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return places, nil
}

var errPlaces = errors.New("the file wants registry: HOST/PATH, or images: with lines NAME: REFERENCE")

// parsePlaces gives the line of an error too; 0 where it is not known.
func parsePlaces(b []byte) (places map[string]string, line int, err error) {
	var doc yaml.Node
	if err := yaml.Load(b, &doc); err != nil {
		line, text := placeOfError(err)
		return nil, line, errors.New(text)
	}
	if len(doc.Content) != 1 || doc.Content[0].Kind != yaml.MappingNode {
		return nil, doc.Line, errPlaces
	}
	var registry string
	var single *yaml.Node
	seen := map[string]bool{}
	for i, key := range doc.Content[0].Content {
		if i%2 == 1 {
			continue
		}
		value := doc.Content[0].Content[i+1]
		if seen[key.Value] {
			return nil, key.Line, fmt.Errorf("%s stands here a second time", key.Value)
		}
		seen[key.Value] = true
		switch key.Value {
		case "registry":
			registry = strings.TrimSuffix(value.Value, "/")
			if value.Kind != yaml.ScalarNode || !isReference(registry) {
				return nil, value.Line, fmt.Errorf("registry wants a host and perhaps a path, as mirror.example/hub; this is %q", names.Clip(value.Value))
			}
		case "images":
			if value.Kind != yaml.MappingNode {
				return nil, value.Line, errors.New("images wants lines NAME: REFERENCE, as kafka: mirror.example/kafka:4.2.0")
			}
			single = value
		default:
			return nil, key.Line, errors.New(names.Unknown("field", key.Value, []string{"registry", "images"}))
		}
	}
	places = map[string]string{}
	for _, r := range Recipes {
		if registry != "" && r.Official != "" {
			places[r.Name] = registry + "/" + r.onHub()
		}
	}
	line, err = addPlaces(places, single)
	return places, line, err
}

// addPlaces adds the images that have a line of their own.
func addPlaces(places map[string]string, single *yaml.Node) (line int, err error) {
	if single == nil {
		return 0, nil
	}
	seen := map[string]bool{}
	for i, key := range single.Content {
		if i%2 == 1 {
			continue
		}
		value := single.Content[i+1]
		r, err := Find(key.Value)
		switch {
		case err != nil || r.Official == "":
			return key.Line, errors.New(names.Unknown("image", key.Value, OfficialNames()))
		case seen[r.Name]:
			return key.Line, fmt.Errorf("the image %s stands here a second time", r.Name)
		case value.Kind != yaml.ScalarNode || !isReference(value.Value):
			return value.Line, fmt.Errorf("%s wants the name of an image, as mirror.example/%s:%s; this is %q", r.Name, r.Name, r.Version, names.Clip(value.Value))
		}
		seen[r.Name] = true
		places[r.Name] = value.Value
	}
	return 0, nil
}

// onHub is the name by which registries that mirror Docker Hub know the image.
func (r Recipe) onHub() string {
	if strings.Contains(r.Official, "/") {
		return r.Official
	}
	return "library/" + r.Official
}

// isReference refuses what cannot be an image's name; whether there is such an
// image only its registry knows.
func isReference(s string) bool {
	return s != "" && !strings.ContainsAny(s, " \t\n\"'{}[]=") && !strings.Contains(s, "://") && !strings.HasPrefix(s, "/")
}

// placeOfError gives line and text of what the decoder found.
func placeOfError(err error) (int, string) {
	var le *yaml.LoadError
	var les *yaml.LoadErrors
	if errors.As(err, &les) && len(les.Errors) > 0 {
		le = les.Errors[0]
	}
	if strings.Contains(err.Error(), "no documents") {
		return 0, errPlaces.Error()
	}
	if le == nil && !errors.As(err, &le) {
		return 0, strings.TrimPrefix(err.Error(), "yaml: ")
	}
	return le.Mark.Line, "this is not YAML: " + le.Message
}
