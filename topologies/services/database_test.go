package services

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// postgres is a server of this machine's own, for all tests of the package.
type postgres struct {
	once sync.Once
	err  error
	dir  string
	port int
	cmd  *exec.Cmd
	last int
}

var server postgres

// database makes an empty database; without a server on this machine the test is
// skipped.
func database(t *testing.T) (url string) {
	t.Helper()
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin")
	if len(found) == 0 {
		t.Skip("this machine has no PostgreSQL in /usr/lib/postgresql")
	}
	server.once.Do(func() { server.err = server.begin(found[len(found)-1]) })
	if server.err != nil {
		t.Fatal(server.err)
	}
	server.last++
	name := fmt.Sprintf("test%d", server.last)
	c, err := pgx.Connect(t.Context(), server.url("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(context.Background()) //nolint:errcheck // it is done
	if _, err := c.Exec(t.Context(), "create database "+name); err != nil {
		t.Fatal(err)
	}
	return server.url(name)
}

func (p *postgres) url(name string) string {
	return fmt.Sprintf("postgres://test@127.0.0.1:%d/%s?sslmode=disable", p.port, name)
}

// begin makes a cluster in a directory of its own and starts its server, not as root.
func (p *postgres) begin(bin string) (err error) {
	if p.dir, err = os.MkdirTemp("", "surety-postgres-"); err != nil {
		return err
	}
	as := &syscall.SysProcAttr{}
	if os.Getuid() == 0 {
		u, err := user.Lookup("postgres")
		if err != nil {
			return err
		}
		uid, _ := strconv.ParseUint(u.Uid, 10, 32)
		gid, _ := strconv.ParseUint(u.Gid, 10, 32)
		as.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
		if err := os.Chown(p.dir, int(uid), int(gid)); err != nil {
			return err
		}
	}
	data := filepath.Join(p.dir, "data")
	initdb := exec.Command(filepath.Join(bin, "initdb"), "-D", data, "-U", "test", "-A", "trust", "-N")
	initdb.SysProcAttr, initdb.Dir = as, p.dir
	if out, err := initdb.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w: %s", err, out)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	p.port = l.Addr().(*net.TCPAddr).Port
	if err := l.Close(); err != nil {
		return err
	}
	var log bytes.Buffer
	p.cmd = exec.Command(filepath.Join(bin, "postgres"), "-D", data, "-p", strconv.Itoa(p.port), "-k", p.dir,
		"-c", "listen_addresses=127.0.0.1", "-c", "wal_level=logical", "-c", "max_prepared_transactions=64", "-c", "max_connections=200", "-c", "max_replication_slots=200", "-c", "fsync=off")
	p.cmd.SysProcAttr, p.cmd.Dir, p.cmd.Stderr = as, p.dir, &log
	if err := p.cmd.Start(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for {
		c, err := pgx.Connect(ctx, p.url("postgres"))
		if err == nil {
			return c.Close(ctx)
		}
		if !rest(ctx, 50*time.Millisecond) {
			return fmt.Errorf("PostgreSQL does not start: %w: %s", err, strings.TrimSpace(log.String()))
		}
	}
}

func (p *postgres) end() {
	if p.cmd != nil && p.cmd.Process != nil {
		_ = p.cmd.Process.Signal(syscall.SIGQUIT) // at once
		_ = p.cmd.Wait()
	}
	if p.dir != "" {
		_ = os.RemoveAll(p.dir)
	}
}
