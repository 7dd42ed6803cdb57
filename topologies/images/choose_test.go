package images

import (
	"context"
	"errors"
	"strings"
	"testing"

	"surety/topologies"
)

// shelf is a store with some images present and some that can be pulled.
type shelf struct {
	present, remote []string
	pulled          []string
}

func (s *shelf) Has(_ context.Context, image string) (bool, error) {
	for _, p := range s.present {
		if p == image {
			return true, nil
		}
	}
	return false, nil
}

func (s *shelf) Pull(_ context.Context, image string) error {
	for _, r := range s.remote {
		if r == image {
			s.pulled = append(s.pulled, image)
			return nil
		}
	}
	return errors.New("no such host")
}

func TestTheImageThatRunsIsChosen(t *testing.T) {
	const official, built = "apache/kafka:4.2.0", "surety/kafka:4.2.0"
	for _, tt := range []struct {
		why               string
		shelf             shelf
		version, override string
		want              string
		pulls             int
	}{
		{"the override goes before all", shelf{present: []string{official, "mine:1"}}, "", "mine:1", "mine:1", 0},
		{"an override may have to be pulled", shelf{remote: []string{"mine:1"}}, "", "mine:1", "mine:1", 1},
		{"the official image goes before a built one", shelf{present: []string{built, official}}, "", "", official, 0},
		{"a built one saves the pull", shelf{present: []string{built}, remote: []string{official}}, "", "", built, 0},
		{"nothing present: the official one is pulled", shelf{remote: []string{official}}, "", "", official, 1},
		{"an override without a tag gets the version", shelf{present: []string{"mirror.example:5000/kafka:4.2.0"}}, "", "mirror.example:5000/kafka", "mirror.example:5000/kafka:4.2.0", 0},
		{"and the version that was asked for", shelf{remote: []string{"mine:3.9.1"}}, "3.9.1", "mine", "mine:3.9.1", 1},
		{"a digest is left alone", shelf{present: []string{"mine@sha256:0"}}, "3.9.1", "mine@sha256:0", "mine@sha256:0", 0},
		{"another version is another image", shelf{present: []string{official, "surety/kafka:3.9.1"}}, "3.9.1", "", "surety/kafka:3.9.1", 0},
	} {
		got, err := Kafka.Choose(t.Context(), &tt.shelf, tt.version, tt.override)
		if err != nil || got != tt.want || len(tt.shelf.pulled) != tt.pulls {
			t.Errorf("%s: %s (%d pulls, error %v), want %s (%d pulls)", tt.why, got, len(tt.shelf.pulled), err, tt.want, tt.pulls)
		}
	}
}

func TestAMissingImageSaysWhatToDo(t *testing.T) {
	for _, tt := range []struct {
		why, version, override string
		want                   []string
	}{
		{"the default", "", "", []string{"apache/kafka:4.2.0", "verify images build kafka"}},
		{"another version", "4.1.0", "", []string{"apache/kafka:4.1.0", "verify images build kafka=4.1.0"}},
		{"an override of the user's", "", "mine:1", []string{"mine:1", "docker pull mine:1"}},
	} {
		_, err := Kafka.Choose(t.Context(), &shelf{}, tt.version, tt.override)
		if _, ok := errors.AsType[*topologies.EnvironmentError](err); !ok {
			t.Errorf("%s: %v is no environment error", tt.why, err)
			continue
		}
		for _, part := range tt.want {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("%s: %q does not say %q", tt.why, err, part)
			}
		}
	}
}

func TestACancelledPullIsNoMissingImage(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := Kafka.Choose(ctx, &shelf{}, "", "")
	if _, ok := errors.AsType[*topologies.EnvironmentError](err); err == nil || ok {
		t.Errorf("error %v blames the environment for the user's interrupt", err)
	}
}

// An image that stands in for no official one is built here or named by the user.
func TestAnImageOfOurOwnIsNeverPulledByItself(t *testing.T) {
	r, err := Find("streams")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		why, override string
		shelf         shelf
		want          string
	}{
		{"it was built", "", shelf{present: []string{r.Tag("")}}, r.Tag("")},
		{"the user's goes before it", "mine:1", shelf{present: []string{r.Tag("")}, remote: []string{"mine:1"}}, "mine:1"},
	} {
		if got, err := r.Choose(t.Context(), &tt.shelf, "", tt.override); err != nil || got != tt.want {
			t.Errorf("%s: %s, %v; want %s", tt.why, got, err, tt.want)
		}
	}
	_, err = r.Choose(t.Context(), &shelf{}, "4.1.0", "")
	if env, is := errors.AsType[*topologies.EnvironmentError](err); !is || !strings.Contains(env.Try, "verify images build streams=4.1.0") {
		t.Errorf("where there is none, the error is %v", err)
	}
}
