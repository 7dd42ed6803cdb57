// Package engine connects to the container engine of this machine. It holds what
// providers and image recipes share: the connection, the sentences for when there
// is none, and building images from memory.
package engine

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/moby/moby/client"
	"github.com/testcontainers/testcontainers-go"
	tclog "github.com/testcontainers/testcontainers-go/log"

	"surety/topologies"
)

// Engine is a connection to the container engine. It is safe for concurrent use.
type Engine struct {
	*testcontainers.DockerProvider // creates containers and networks

	API     client.APIClient
	Version string // of the engine
	Arch    string // of its containers, in Go's words: amd64, arm64
}

// answerWithin bounds how long an engine may take to answer at all. Podman needs
// seconds for that on a loaded machine.
const answerWithin = 30 * time.Second

// Open connects to the engine that the Docker command line would use too. Every
// error is a *topologies.EnvironmentError. Close the engine after use.
func Open(ctx context.Context) (*Engine, error) {
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	if err := configure(); err != nil {
		return nil, unreachable(err)
	}
	if err := ping(ctx); err != nil {
		return nil, unreachable(err)
	}
	// This way in knows the engine's default network; another one would make a
	// network of its own and join every container to it.
	generic, err := testcontainers.ProviderDefault.GetProvider(testcontainers.WithLogger(tclog.NewNoopLogger()))
	if err != nil {
		return nil, unreachable(err)
	}
	p, ok := generic.(*testcontainers.DockerProvider)
	if !ok {
		return nil, unreachable(fmt.Errorf("testcontainers gave a %T", generic))
	}
	v, err := p.Client().ServerVersion(ctx, client.ServerVersionOptions{})
	if err != nil {
		_ = p.Close()
		return nil, unreachable(err)
	}
	return &Engine{DockerProvider: p, API: p.Client(), Version: v.Version, Arch: v.Arch}, nil
}

// configure settles what testcontainers reads once from the environment: no
// reaper image (it would have to be pulled), and ports of containers at the
// address that we publish them on, whatever the machine looks like.
var configure = sync.OnceValue(func() error {
	tclog.SetDefault(tclog.NewNoopLogger()) // it reports on stderr otherwise
	return errors.Join(
		os.Setenv("TESTCONTAINERS_RYUK_DISABLED", "true"),
		os.Setenv("TESTCONTAINERS_HOST_OVERRIDE", "127.0.0.1"),
	)
})

// ping asks the engine that DOCKER_HOST or the default socket names. Where the
// default does not answer, testcontainers looks further (contexts, rootless
// sockets); an engine that the user named, one that refuses us, or one that takes
// the connection and says nothing ends the search, which knows no deadline.
func ping(ctx context.Context) error {
	c, err := client.New(client.FromEnv)
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	_, err = c.Ping(ctx, client.PingOptions{})
	if err != nil && (denied(err) || ctx.Err() != nil || os.Getenv(client.EnvOverrideHost) != "") {
		return err
	}
	return nil
}

func denied(err error) bool {
	return errors.Is(err, fs.ErrPermission) || strings.Contains(err.Error(), "permission denied")
}

func unreachable(err error) error {
	e := &topologies.EnvironmentError{
		What: "no container engine answers on this machine",
		Try:  "install Docker and start it, check with 'docker info', or set DOCKER_HOST to where it runs; without Docker: verify run quick",
		Err:  err,
	}
	switch {
	case denied(err):
		e.What = "this user may not talk to the Docker engine"
		e.Try = "run as a member of the group docker, or set DOCKER_HOST to an engine of your own"
	case os.Getenv(client.EnvOverrideHost) != "":
		e.What = "no container engine answers at DOCKER_HOST=" + os.Getenv(client.EnvOverrideHost)
		e.Try = "start it, or unset DOCKER_HOST to use the engine of this machine"
	}
	return e
}
