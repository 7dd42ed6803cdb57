package main

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// fakeEngine serves what an examination asks of a container engine, has no image
// and reaches no registry. It gives the value of DOCKER_HOST.
func fakeEngine(t *testing.T, memory int64) string {
	t.Helper()
	host, listener := socket(t)
	version := map[string]any{"Version": "20.10.24", "ApiVersion": "1.41", "MinAPIVersion": "1.12", "Os": "linux", "Arch": "amd64"}
	info := map[string]any{
		"OperatingSystem": "Debian", "KernelVersion": "6.1", "CgroupVersion": "2", "MemoryLimit": true, "IPv4Forwarding": true,
		"Plugins": map[string]any{"Network": []string{"bridge"}}, "MemTotal": memory, "NCPU": 2, "DockerRootDir": "/",
	}
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Api-Version", "1.41")
		var answer any
		switch path := r.URL.Path; {
		case strings.HasSuffix(path, "/_ping"):
			_, _ = w.Write([]byte("OK"))
			return
		case strings.HasSuffix(path, "/version"):
			answer = version
		case strings.HasSuffix(path, "/info"):
			answer = info
		case strings.HasSuffix(path, "/images/json"):
			answer = []any{}
		default:
			w.WriteHeader(http.StatusNotFound)
			answer = map[string]any{"message": "no such host"}
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(answer)
	}))
	_ = s.Listener.Close()
	s.Listener = listener
	s.Start()
	t.Cleanup(s.Close)
	return host
}

// apart runs verify in a process of its own: the client library looks for the
// engine once in a process.
func apart(t *testing.T, args ...string) ended {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, self, append([]string{"verify"}, args...)...)
	var out, errs strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return ended{cmd.ProcessState.ExitCode(), out.String(), errs.String()}
}

func socket(t *testing.T) (host string, l net.Listener) {
	t.Helper()
	dir, err := os.MkdirTemp("", "engine") // the path of a socket is short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	path := filepath.Join(dir, "s")
	if l, err = net.Listen("unix", path); err != nil {
		t.Fatal(err)
	}
	return "unix://" + path, l
}

func TestDoctorSaysWhatABadMachineLacks(t *testing.T) {
	for _, tt := range []struct {
		why  string
		host func(t *testing.T) string
		want []string
	}{
		{"no engine at all", func(*testing.T) string { return "unix:///nonexistent.sock" },
			[]string{"missing  engine", "unix:///nonexistent.sock", "try  start it"}},
		{"the daemon is stopped: its socket is there and nobody answers", func(t *testing.T) string {
			host, l := socket(t)
			l.(*net.UnixListener).SetUnlinkOnClose(false)
			if err := l.Close(); err != nil {
				t.Fatal(err)
			}
			return host
		}, []string{"missing  engine", "no container engine answers", "try  start it"}},
		{"too little memory, and no images", func(t *testing.T) string { return fakeEngine(t, 1<<30) },
			[]string{"missing  memory", "1024 MiB; three brokers need 2048 MiB", "at least 4 GB", "missing  image kafka", "ok       API", "ok       kernel"}},
		{"no images", func(t *testing.T) string { return fakeEngine(t, 8<<30) },
			[]string{"ok       memory", "missing  image kafka", "no registry gives it", "verify images build kafka", "ok       image rabbitmq"}},
	} {
		t.Run(tt.why, func(t *testing.T) {
			t.Setenv("DOCKER_HOST", tt.host(t))
			got := apart(t, "doctor")
			if got.code != exitEnvironment || got.stderr != "" {
				t.Errorf("exit code %d, stderr %q", got.code, got.stderr)
			}
			says(t, got.stdout, append(tt.want, "Scenarios in containers cannot run here yet", "verify run quick")...)
			for _, trace := range []string{"panic", "goroutine", ".go:"} {
				if strings.Contains(got.stdout, trace) {
					t.Errorf("it prints a trace:\n%s", got.stdout)
				}
			}
		})
	}
}

func TestWithoutARegistryTheCommandThatBuildsIsNamed(t *testing.T) {
	t.Chdir(t.TempDir())
	t.Setenv("DOCKER_HOST", fakeEngine(t, 8<<30))
	got := apart(t, "images", "pull", "kafka=3.9.1")
	if got.code != exitEnvironment || got.stdout != "" {
		t.Errorf("exit code %d, stdout %q", got.code, got.stdout)
	}
	sentence(t, got.stderr, "apache/kafka:3.9.1 cannot be pulled", "verify images build kafka=3.9.1")

	got = apart(t, "run", "leader-kill", "--seed", "1")
	if got.code != exitEnvironment {
		t.Errorf("exit code %d", got.code)
	}
	says(t, got.stdout, "! environment", "apache/kafka:4.2.0 cannot be pulled", "try  run 'verify images build kafka'")

	if err := os.WriteFile("surety-images.yaml", []byte("registry: mirror.example/hub\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	got = apart(t, "images", "pull", "postgres")
	if got.code != exitEnvironment {
		t.Errorf("exit code %d", got.code)
	}
	sentence(t, got.stderr, "mirror.example/hub/library/postgres:15 cannot be pulled", "verify images build postgres")
	got = apart(t, "run", "leader-kill", "--seed", "1")
	says(t, got.stdout, "! environment", "mirror.example/hub/apache/kafka:4.2.0")

	got = apart(t, "images", "list")
	if got.code != exitUpheld {
		t.Errorf("exit code %d, stderr %q", got.code, got.stderr)
	}
	says(t, got.stdout, "surety/kafka:4.2.0", "not built", "surety/rabbitmq:3.10.8")
}
