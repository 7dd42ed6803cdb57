package images

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/moby/moby/client"

	"surety/topologies"
	"surety/topologies/docker/engine"
)

// baseWithin bounds the wait for a registry that may not exist.
const baseWithin = 3 * time.Minute

// debian gives the image that the base is made from: the official one where a
// registry answers, else one made with debootstrap.
func debian(ctx context.Context, e *engine.Engine, suite string, out io.Writer) (string, error) {
	official := "debian:" + suite + "-slim"
	if has, err := e.Has(ctx, official); err != nil || has {
		return official, err
	}
	pullCtx, cancel := context.WithTimeout(ctx, baseWithin)
	defer cancel()
	pullErr := e.Pull(pullCtx, official)
	if pullErr == nil {
		return official, nil
	}
	if err := ctx.Err(); err != nil {
		return "", err
	}
	if _, err := exec.LookPath("debootstrap"); err != nil {
		return "", &topologies.EnvironmentError{
			What: official + " cannot be pulled and debootstrap is not installed",
			Try:  "install debootstrap (apt-get install debootstrap), or make the image available to Docker",
			Err:  pullErr,
		}
	}
	if os.Geteuid() != 0 {
		return "", &topologies.EnvironmentError{
			What: official + " cannot be pulled and debootstrap needs root",
			Try:  "build the base image as root, or make " + official + " available to Docker",
			Err:  pullErr,
		}
	}
	if _, err := fmt.Fprintf(out, "%s cannot be pulled; making a Debian with debootstrap\n", official); err != nil {
		return "", err
	}
	return bootstrap(ctx, e, suite)
}

func bootstrap(ctx context.Context, e *engine.Engine, suite string) (tag string, err error) {
	dir, err := os.MkdirTemp("", "surety-debian-")
	if err != nil {
		return "", err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	root := filepath.Join(dir, "root")
	var log bytes.Buffer
	args := []string{"--variant=minbase", "--include=ca-certificates", suite, root}
	if m := mirror(); m != "" {
		args = append(args, m)
	}
	cmd := exec.CommandContext(ctx, "debootstrap", args...)
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("debootstrap %s: %w: %s", suite, err, lastLine(log.Bytes()))
	}
	tag = "surety/debootstrap:" + suite
	tarball := exec.CommandContext(ctx, "tar", "-C", root, "--numeric-owner",
		"--exclude=./var/cache/apt/archives/*.deb", "--exclude=./var/lib/apt/lists/*_*", "-c", ".")
	stream, err := tarball.StdoutPipe()
	if err != nil {
		return "", err
	}
	if err := tarball.Start(); err != nil {
		return "", fmt.Errorf("pack %s: %w", suite, err)
	}
	res, err := e.API.ImageImport(ctx, client.ImageImportSource{Source: stream, SourceName: "-"}, tag, client.ImageImportOptions{})
	if err != nil {
		_ = stream.Close() // ends tar, which may still be writing
		_ = tarball.Wait()
		return "", fmt.Errorf("import %s: %w", tag, err)
	}
	defer func() { _ = res.Close() }()
	if _, err := io.Copy(io.Discard, res); err != nil {
		_ = stream.Close()
		_ = tarball.Wait()
		return "", fmt.Errorf("import %s: %w", tag, err)
	}
	if err := tarball.Wait(); err != nil {
		return "", fmt.Errorf("pack %s: %w", suite, err)
	}
	return tag, nil
}

func lastLine(b []byte) []byte {
	b = bytes.TrimSpace(b)
	return b[bytes.LastIndexByte(b, '\n')+1:]
}
