package bench

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// quietShare is how much of the machine others may use before figures mean little.
const quietShare = 0.10

// Busy looks for a moment at what the machine does while this process does nothing,
// and says why figures taken now would mean little; empty = they would do.
func Busy(ctx context.Context) string {
	before, ok := machineTicks()
	if !ok {
		return ""
	}
	t := time.NewTimer(time.Second)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
		return ""
	}
	after, _ := machineTicks()
	all := after.all - before.all
	if all <= 0 {
		return ""
	}
	used := 1 - float64(after.idle-before.idle)/float64(all)
	stolen := float64(after.stolen-before.stolen) / float64(all)
	switch {
	case stolen > quietShare:
		return fmt.Sprintf("the host takes away %.0f %% of the processors' time", 100*stolen)
	case used > quietShare:
		return fmt.Sprintf("%.0f %% of %d processors are in use before anything began (load %s)", 100*used, runtime.NumCPU(), load())
	}
	return ""
}

type ticks struct{ all, idle, stolen int64 }

// machineTicks reads the first line of /proc/stat: user nice system idle iowait
// irq softirq steal.
func machineTicks() (ticks, bool) {
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return ticks{}, false
	}
	line, _, _ := strings.Cut(string(text), "\n")
	f := strings.Fields(line)
	if len(f) < 9 {
		return ticks{}, false
	}
	var t ticks
	for i, s := range f[1:9] {
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil {
			return ticks{}, false
		}
		t.all += n
		switch i {
		case 3, 4:
			t.idle += n
		case 7:
			t.stolen = n
		}
	}
	return t, true
}

func load() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	return strings.Join(strings.Fields(string(text))[:3], " ")
}
