// Tiny stands for any image: one static program, no shell, a user of its own.
package main

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

func main() {
	var err error
	switch what, rest := os.Args[1], os.Args[2:]; what {
	case "steady":
		err = steady(rest)
	case "web":
		err = web(rest[0])
	case "bind":
		err = bind(rest[0])
	case "exit":
		fmt.Println("what it last said")
		code, _ := strconv.Atoi(rest[0])
		os.Exit(code)
	}
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}

// steady says how often it was started on this disk and what its files hold, uses
// some of a core, and goes on until it is told to stop.
func steady(files []string) error {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGUSR1)
	count := filepath.Join(os.Getenv("SURETY_DIR"), "count")
	before, _ := os.ReadFile(count)
	if err := os.WriteFile(count, append(before, 'x'), 0o600); err != nil {
		return err
	}
	fmt.Printf("start %d as user %d\n", len(before)+1, os.Getuid())
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		fmt.Printf("%s holds %s\n", name, text)
	}
	for end := time.Now().Add(300 * time.Millisecond); time.Now().Before(end); {
	}
	fmt.Println("it is ready")
	fmt.Printf("stopped by %v\n", <-signals)
	return nil
}

// web answers /health with 200 after a while, and with 503 before.
func web(addr string) error {
	ready := time.Now().Add(500 * time.Millisecond)
	return http.ListenAndServe(addr, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if time.Now().Before(ready) || r.URL.Path != "/health" {
			http.Error(w, "not yet", http.StatusServiceUnavailable)
		}
	}))
}

func bind(addr string) error {
	if strings.HasPrefix(addr, ":") {
		name, err := os.Hostname()
		if err != nil {
			return err
		}
		addr = name + addr
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	for {
		if _, err := l.Accept(); err != nil {
			return err
		}
	}
}
