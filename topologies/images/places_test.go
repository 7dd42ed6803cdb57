package images

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestPlacesOfImagesAreReadFromAFile(t *testing.T) {
	for _, tt := range []struct {
		why, text string
		want      map[string]string
	}{
		{"a registry for all, by the names of Docker Hub", "registry: mirror.example/hub\n", map[string]string{
			"kafka": "mirror.example/hub/apache/kafka", "rabbitmq": "mirror.example/hub/library/rabbitmq", "postgres": "mirror.example/hub/library/postgres",
		}},
		{"a slash at its end", "registry: mirror.example:5000/\n", map[string]string{
			"kafka": "mirror.example:5000/apache/kafka", "rabbitmq": "mirror.example:5000/library/rabbitmq", "postgres": "mirror.example:5000/library/postgres",
		}},
		{"one image", "# ours\nimages:\n  kafka: mirror.example/kafka:4.2.0\n", map[string]string{"kafka": "mirror.example/kafka:4.2.0"}},
		{"one image over the registry", "images: {kafka: mine}\nregistry: r\n", map[string]string{
			"kafka": "mine", "rabbitmq": "r/library/rabbitmq", "postgres": "r/library/postgres",
		}},
		{"no image", "images: {}\n", map[string]string{}},
	} {
		got, _, err := parsePlaces([]byte(tt.text))
		if err != nil || !maps.Equal(got, tt.want) {
			t.Errorf("%s: %v, error %v", tt.why, got, err)
		}
	}
}

func TestAMistakeInTheFileIsNamedWithItsLine(t *testing.T) {
	for _, tt := range []struct{ why, text, want string }{
		{"an unknown field", "registry: r\nimage: {}\n", `f.yaml:2: unknown field "image" (did you mean "images"?)`},
		{"an unknown image", "images:\n  kafka: a\n  kafak: b\n", `f.yaml:3: unknown image "kafak" (did you mean "kafka"?); known: kafka, rabbitmq, postgres`},
		{"an image that has no official one", "images:\n  jre: a\n", `f.yaml:2: unknown image "jre"`},
		{"an image twice", "images:\n  kafka: a\n  kafka: b\n", "f.yaml:3: "},
		{"a field twice", "registry: a\nregistry: b\n", "f.yaml:2: "},
		{"a reference that is none", "images:\n  kafka: https://mirror.example/kafka\n", `f.yaml:2: kafka wants the name of an image`},
		{"a list as a reference", "images:\n  kafka: [a]\n", `f.yaml:2: kafka wants the name of an image`},
		{"no reference", "images:\n  kafka:\n", `f.yaml:2: kafka wants the name of an image`},
		{"a registry that is an address", "registry: https://mirror.example\n", `f.yaml:1: registry wants a host`},
		{"images that are a list", "images:\n  - kafka\n", `f.yaml:2: images wants lines`},
		{"images that are nothing", "registry: r\nimages:\n", `f.yaml:2: images wants lines`},
		{"a list", "- kafka\n", `f.yaml:1: the file wants registry:`},
		{"not YAML", "registry: r\nimages: {\n", "f.yaml:"},
		{"nothing", "", "f.yaml: the file wants registry:"},
		{"comments", "# nothing\n", "f.yaml: the file wants registry:"},
		{"two documents", "registry: a\n---\nregistry: b\n", "f.yaml:"},
	} {
		path := filepath.Join(t.TempDir(), "f.yaml")
		if err := os.WriteFile(path, []byte(tt.text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := Places(path)
		if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: error %v, want %q", tt.why, err, tt.want)
		}
	}
}

func TestOnlyTheFileOfTheDirectoryMayBeMissing(t *testing.T) {
	t.Chdir(t.TempDir())
	if got, err := Places(""); err != nil || len(got) != 0 {
		t.Errorf("no file: %v, error %v", got, err)
	}
	if _, err := Places("named.yaml"); err == nil || err.Error() != "named.yaml: cannot be read: no such file or directory" {
		t.Errorf("a named file that is not there: error %v", err)
	}
	if err := os.WriteFile(File, []byte("images: {kafka: mine}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := Places(""); err != nil || got["kafka"] != "mine" {
		t.Errorf("the file of the directory: %v, error %v", got, err)
	}
}
