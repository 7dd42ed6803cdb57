package processors

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"testing"
)

// asProcessor names the processor that the test binary runs instead of its tests,
// so that a test can kill and pause it like the program that it stands for.
const asProcessor = "PROCESSORS_TEST_RUN"

func TestMain(m *testing.M) {
	if name := os.Getenv(asProcessor); name != "" {
		if err := runChild(name); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	flag.Parse()
	// The cases mostly wait, each on brokers of its own.
	if err := flag.Set("test.parallel", "4"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

func runChild(name string) error {
	p, err := Find(name)
	if err != nil {
		return err
	}
	cfg, err := ConfigFromEnv(os.Getenv)
	if err != nil {
		return err
	}
	cfg.Log = os.Stderr
	// The test holds the other end: where it dies, so does this process.
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(1)
	}()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	return p.Run(ctx, cfg)
}
