package reaper

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/mount"
	"github.com/moby/moby/api/types/network"
	"github.com/moby/moby/client"
)

// VariableLaunch is the environment variable that holds the launch of LaunchMain
// as JSON.
const VariableLaunch = "SURETY_REAPER"

// launchWithin bounds the start of the container, on a machine under load.
const launchWithin = 30 * time.Second

// launch is how the container of a reaper is made.
type launch struct {
	Name    string            `json:"name"`
	Image   string            `json:"image"`
	Run     string            `json:"run"`
	Labels  map[string]string `json:"labels"`
	Socket  string            `json:"socket"`
	Publish string            `json:"publish"` // host:port of the harness's side
	Shared  bool              `json:"shared"`  // with the network of the host, where no bridge is to be had
}

// LaunchMain is `verify reaper start`: it makes and starts the container that the
// variable SURETY_REAPER tells, and does not stop half-way when the harness is gone.
func LaunchMain(ctx context.Context, getenv func(string) string) error {
	var l launch
	if err := json.Unmarshal([]byte(getenv(VariableLaunch)), &l); err != nil {
		return fmt.Errorf("the environment variable %s does not hold the start of a reaper: %w", VariableLaunch, err)
	}
	api, err := client.New(client.FromEnv)
	if err != nil {
		return fmt.Errorf("reach the container engine: %w", err)
	}
	defer func() { _ = api.Close() }()
	return l.do(ctx, api)
}

// apart does the launch in a process of its own session. Between the two requests
// that make and start a container, a harness that is killed would leave it behind;
// this process finishes, and the reaper then ends by itself. host is the engine's
// address.
func (l launch) apart(ctx context.Context, binary, host string) error {
	text, err := json.Marshal(l)
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(context.WithoutCancel(ctx), binary, "reaper", "start")
	cmd.Env = append(os.Environ(), VariableLaunch+"="+string(text), client.EnvOverrideHost+"="+host)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // an interrupt at the terminal is not for it
	var said bytes.Buffer
	cmd.Stderr = &said
	if err := cmd.Run(); err != nil {
		if text := strings.TrimSpace(said.String()); text != "" {
			return errors.New(strings.TrimPrefix(text, "verify: "))
		}
		return err
	}
	return nil
}

func (l launch) do(ctx context.Context, api client.APIClient) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), launchWithin)
	defer cancel()
	published, err := netip.ParseAddrPort(l.Publish)
	if err != nil {
		return err
	}
	config := &container.Config{
		Image:  l.Image,
		Cmd:    []string{"reaper"},
		Env:    []string{VariableRun + "=" + l.Run},
		Labels: l.Labels,
	}
	host := &container.HostConfig{
		AutoRemove:  true,
		Mounts:      []mount.Mount{{Type: mount.TypeBind, Source: l.Socket, Target: socketInside}},
		SecurityOpt: []string{"label=disable"}, // SELinux keeps containers off the socket
	}
	if l.Shared {
		host.NetworkMode = "host"
		config.Env = append(config.Env, VariableListen+"="+l.Publish)
	} else {
		inside, _ := network.PortFrom(port, network.TCP) // tcp is a protocol
		config.ExposedPorts = network.PortSet{inside: {}}
		host.PortBindings = network.PortMap{inside: {{HostIP: published.Addr(), HostPort: fmt.Sprint(published.Port())}}}
	}
	c, err := api.ContainerCreate(ctx, client.ContainerCreateOptions{Name: l.Name, Config: config, HostConfig: host})
	if err != nil {
		return fmt.Errorf("create the reaper: %w", err)
	}
	if _, err := api.ContainerStart(ctx, c.ID, client.ContainerStartOptions{}); err != nil {
		_, removeErr := api.ContainerRemove(ctx, c.ID, client.ContainerRemoveOptions{Force: true})
		return errors.Join(fmt.Errorf("start the reaper: %w", err), Gone(removeErr))
	}
	return nil
}
