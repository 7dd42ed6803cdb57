package images

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/network"
	"github.com/testcontainers/testcontainers-go"
	"github.com/testcontainers/testcontainers-go/exec"

	"surety/topologies"
	"surety/topologies/docker/engine"
	"surety/topologies/docker/reaper"
)

// patience bounds each wait for a condition; it is for loaded machines.
const patience = 90 * time.Second

// built gives the recipe's image, built where it is missing. It skips the test aloud
// where containers cannot be run, or fails it where they must be.
func built(t *testing.T, r Recipe) (*engine.Engine, string) {
	t.Helper()
	e, err := engine.Open(t.Context())
	if err != nil {
		withoutDocker(t, err)
	}
	t.Cleanup(func() { _ = e.Close() })
	var log bytes.Buffer
	image, err := r.Build(t.Context(), e, "", Options{Log: &log})
	if err != nil {
		if _, ok := errors.AsType[*topologies.EnvironmentError](err); ok {
			withoutDocker(t, err)
		}
		t.Fatalf("%v\n%s", err, log.String())
	}
	return e, image
}

// started runs a container until the test ends.
func started(t *testing.T, e *engine.Engine, req testcontainers.ContainerRequest) testcontainers.Container {
	t.Helper()
	req.Labels = reaper.Labels("images" + strconv.Itoa(os.Getpid()))
	req.HostConfigModifier = func(c *container.HostConfig) {
		c.PortBindings = network.PortMap{}
		for _, p := range req.ExposedPorts {
			c.PortBindings[network.MustParsePort(p)] = []network.PortBinding{{HostIP: netip.MustParseAddr(loopback)}}
		}
	}
	c, err := e.CreateContainer(t.Context(), req)
	if c != nil {
		t.Cleanup(func() {
			ctx, cancel := context.WithTimeout(context.Background(), patience)
			defer cancel()
			if err := c.Terminate(ctx); err != nil {
				t.Error(err)
			}
		})
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	return c
}

func withoutDocker(t *testing.T, err error) {
	t.Helper()
	if os.Getenv("SURETY_REQUIRE_DOCKER") == "1" {
		t.Fatalf("SURETY_REQUIRE_DOCKER=1: %v", err)
	}
	t.Skipf("SKIPPED, no containers here: %v", err)
}

// in runs a command inside the container and gives what it printed.
func in(t *testing.T, c testcontainers.Container, command ...string) (string, error) {
	t.Helper()
	command = append([]string{"timeout", "60"}, command...) // Exec does not end with its context
	code, out, err := c.Exec(t.Context(), command, exec.Multiplexed())
	if err != nil {
		return "", err
	}
	b, err := io.ReadAll(out)
	if err == nil && code != 0 {
		err = errors.New("exit code " + strconv.Itoa(code) + ": " + string(b))
	}
	return strings.TrimSpace(string(b)), err
}

func eventually(t *testing.T, c testcontainers.Container, what string, cond func() error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		err := cond()
		if err == nil {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("not in %s: %s: %v; it said\n%s", patience, what, err, said(c))
		}
	}
}

func said(c testcontainers.Container) string {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	logs, err := c.Logs(ctx)
	if err != nil {
		return err.Error()
	}
	defer func() { _ = logs.Close() }()
	b, _ := io.ReadAll(logs) // what there is of it
	return string(b)
}

func TestContainersRabbitMQAnswersAndHasQuorumQueues(t *testing.T) {
	e, image := built(t, RabbitMQ)
	c := started(t, e, testcontainers.ContainerRequest{Image: image, ExposedPorts: []string{"5672/tcp"}})
	eventually(t, c, "it speaks AMQP", func() error { return greetAMQP(t.Context(), c) })
	if out, err := in(t, c, "rabbitmqctl", "ping"); err != nil || !strings.Contains(out, "Ping succeeded") {
		t.Errorf("rabbitmqctl ping: %s, error %v", out, err)
	}
	out, err := in(t, c, "rabbitmqctl", "eval", `element(1, rabbit_amqqueue:declare({resource, <<"/">>, queue, <<"q">>},
		true, false, [{<<"x-queue-type">>, longstr, <<"quorum">>}], none, <<"test">>)).`)
	if err != nil || out != "new" {
		t.Errorf("a quorum queue could not be made: %s, error %v", out, err)
	}
}

// greetAMQP sends the protocol header of AMQP 0-9-1 and wants connection.start.
func greetAMQP(ctx context.Context, c testcontainers.Container) error {
	port, err := c.MappedPort(ctx, "5672/tcp")
	if err != nil {
		return err
	}
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", net.JoinHostPort(loopback, port.Port()))
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	if err := conn.SetDeadline(time.Now().Add(5 * time.Second)); err != nil {
		return err
	}
	if _, err := io.WriteString(conn, "AMQP\x00\x00\x09\x01"); err != nil {
		return err
	}
	head := make([]byte, 11) // type, channel, size; class, method
	if _, err := io.ReadFull(bufio.NewReader(conn), head); err != nil {
		return err
	}
	if !bytes.Equal(head[:3], []byte{1, 0, 0}) || !bytes.Equal(head[7:], []byte{0, 10, 0, 10}) {
		return errors.New("its answer is not connection.start")
	}
	return nil
}

const loopback = "127.0.0.1"

func TestContainersPostgresTakesSettingsAsTheOfficialImageDoes(t *testing.T) {
	e, image := built(t, Postgres)
	c := started(t, e, testcontainers.ContainerRequest{
		Image:        image,
		ExposedPorts: []string{"5432/tcp"},
		Env:          map[string]string{"POSTGRES_PASSWORD": "secret", "POSTGRES_USER": "me", "POSTGRES_DB": "mine"},
		Cmd:          []string{"-c", "wal_level=logical", "-c", "max_prepared_transactions=64"},
	})
	ask := func(sql string) (string, error) {
		return in(t, c, "env", "PGPASSWORD=secret", "psql", "-h", loopback, "-U", "me", "-d", "mine", "-At", "-c", sql)
	}
	eventually(t, c, "it answers", func() error { _, err := ask("select 1"); return err })
	for _, tt := range []struct{ sql, want string }{
		{"select current_setting('server_version_num')::int / 10000", "15"},
		{"show wal_level", "logical"},
		{"show max_prepared_transactions", "64"},
		// A slot waits for the transactions that are open, also for prepared ones.
		{"select slot_name from pg_create_logical_replication_slot('s', 'pgoutput')", "s"},
		{"begin; create table t (x int); prepare transaction 'p'; select gid from pg_prepared_xacts", "BEGIN\nCREATE TABLE\nPREPARE TRANSACTION\np"},
	} {
		if got, err := ask(tt.sql); err != nil || got != tt.want {
			t.Errorf("%s: %q, error %v; want %q", tt.sql, got, err, tt.want)
		}
	}
	if _, err := in(t, c, "env", "PGPASSWORD=wrong", "psql", "-h", loopback, "-U", "me", "-d", "mine", "-c", "select 1"); err == nil {
		t.Error("a wrong password is let in")
	}
}

func TestContainersPostgresWithoutAPasswordSaysWhatItWants(t *testing.T) {
	e, image := built(t, Postgres)
	c := started(t, e, testcontainers.ContainerRequest{Image: image, ExposedPorts: []string{"5432/tcp"}})
	eventually(t, c, "it ends", func() error {
		if s, err := c.State(t.Context()); err != nil || s.Running || s.ExitCode != 1 {
			return errors.New("it runs")
		}
		return nil
	})
	if out := said(c); !strings.Contains(out, "POSTGRES_HOST_AUTH_METHOD=trust") {
		t.Errorf("it said %q", out)
	}
}

func TestContainersAnImageWithoutAnArchiveOfClassesGetsOne(t *testing.T) {
	official, err := Find("kafka-official-layout")
	if err != nil {
		t.Fatal(err)
	}
	e, image := built(t, official)
	// What an earlier run has made would be found again and prove nothing.
	if _, err := RemoveClasses(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	fast, err := WithClasses(t.Context(), e, image, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if removed, err := RemoveClasses(t.Context(), e); err != nil || !slices.Contains(removed, fast) {
		t.Fatalf("removed %q, without %s (error %v)", removed, fast, err)
	}
	if has, err := e.Has(t.Context(), fast); err != nil || has {
		t.Fatalf("%s is still there (error %v)", fast, err)
	}
	if _, err := WithClasses(t.Context(), e, image, Options{}); err != nil { // by the engine's cache
		t.Fatal(err)
	}
	if again, err := WithClasses(t.Context(), e, image, Options{}); err != nil || again != fast || fast == image {
		t.Errorf("%s, then %s, of %s (error %v)", fast, again, image, err)
	}
	before, err := e.API.ImageInspect(t.Context(), image)
	if err != nil {
		t.Fatal(err)
	}
	after, err := e.API.ImageInspect(t.Context(), fast)
	if err != nil {
		t.Fatal(err)
	}
	b, a := before.Config, after.Config
	if a.User != b.User || !slices.Equal(a.Entrypoint, b.Entrypoint) || !slices.Equal(a.Cmd, b.Cmd) || len(a.Volumes) != len(b.Volumes) {
		t.Errorf("the image became %+v, from %+v", a, b)
	}
	// -Xshare:on ends a JVM that cannot map its archives.
	c := started(t, e, testcontainers.ContainerRequest{Image: fast, ExposedPorts: []string{"9092/tcp"}, Entrypoint: []string{
		"java", "-Xshare:on", "-XX:SharedArchiveFile=/opt/kafka/classes.jsa", "-XX:+UseSerialGC", "-Xlog:cds=info",
		"-cp", "/opt/kafka/libs/*", "kafka.Kafka", "--version",
	}})
	eventually(t, c, "it ends well", func() error {
		if s, err := c.State(t.Context()); err != nil || s.Running || s.ExitCode != 0 {
			return errors.Join(err, errors.New("it does not"))
		}
		return nil
	})
	if out := said(c); !strings.Contains(out, "Opened archive /opt/kafka/classes.jsa") {
		t.Errorf("the archive is not used:\n%s", out)
	}
	if own, err := WithClasses(t.Context(), e, Kafka.Tag(""), Options{}); err != nil || own != Kafka.Tag("") {
		t.Errorf("the image of the recipe has its archive, and becomes %s (error %v)", own, err)
	}
}
