package workload

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"surety/checker/history"
)

// fencePrefix begins the reserved keys; keys of a load never do.
const fencePrefix = "~fence-"

// FenceWriter is the writer number in the values of fences.
const FenceWriter = math.MaxUint32

// IsFence tells whether a key is one of the reserved keys of fences.
func IsFence(key []byte) bool {
	return len(key) >= len(fencePrefix) && string(key[:len(fencePrefix)]) == fencePrefix
}

// FenceKeys finds n reserved keys for each partition 0..partitions-1 of the
// input, given the partitioner that the driver's client uses. It fails if a
// partition gets none within a generous number of tries.
func FenceKeys(partitions, n int, partition func(key []byte) int32) (map[int32][]string, error) {
	keys := make(map[int32][]string, partitions)
	want := partitions * n
	for i := 0; want > 0 && i < 1000*(partitions*n+1); i++ {
		key := fencePrefix + strconv.Itoa(i)
		p := partition([]byte(key))
		if p < 0 || int(p) >= partitions || len(keys[p]) == n {
			continue
		}
		keys[p] = append(keys[p], key)
		want--
	}
	if want > 0 {
		return nil, fmt.Errorf("the partitioner gives no fence key to some of the %d input partitions", partitions)
	}
	return keys, nil
}

// FenceConfig is what fences are made of.
type FenceConfig struct {
	Run   string
	Keys  map[int32][]string // by input partition; see FenceKeys
	Sinks []string           // that must show a fence of every input partition
	Later []string           // that begin after the load has, and must show one at its end
	Size  int                // of a value, as in Load
	// Template of the values; nil = the workload's own.
	Template *Template
	// Ahead is how far a fence's event time lies past now, so that it closes every
	// window; before the load it lies as far before the beginning, and closes none.
	Ahead    time.Duration
	Source   Source
	Recorder Recorder
	Clock    Clock
}

// Fences are valid records of the harness on reserved keys. Sent after the load,
// one that comes out shows that the system under test has worked its way through
// the input partition that it was written to. Safe for concurrent use.
type Fences struct {
	cfg         FenceConfig
	partitionOf map[string]int32

	mu    sync.Mutex
	early bool                      // the load has not begun
	round int                       // of the last sent
	from  int                       // fences of earlier rounds prove nothing now
	out   map[string]map[int32]bool // by sink: partitions whose fence is still out
}

// NewFences makes fences; none is awaited until Begin.
func NewFences(cfg FenceConfig) *Fences {
	f := &Fences{cfg: cfg, partitionOf: map[string]int32{}}
	for p, keys := range cfg.Keys {
		for _, k := range keys {
			f.partitionOf[k] = p
		}
	}
	return f
}

// Begin awaits fences afresh: only those sent from now on count.
func (f *Fences) Begin() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.from = f.round + 1
	f.out = map[string]map[int32]bool{}
	sinks := f.cfg.Sinks
	if !f.early {
		sinks = slices.Concat(sinks, f.cfg.Later)
	}
	for _, sink := range sinks {
		f.out[sink] = map[int32]bool{}
		for p := range f.cfg.Keys {
			f.out[sink][p] = true
		}
	}
}

// Send sends one round: every key of the partitions that still await a fence at
// some sink. It does not wait for answers: a fence that is lost is followed by
// one of the next round.
func (f *Fences) Send(ctx context.Context) {
	f.mu.Lock()
	f.round++
	round, early := f.round, f.early
	var awaited []int32
	for p := range f.cfg.Keys {
		for _, out := range f.out {
			if out[p] {
				awaited = append(awaited, p)
				break
			}
		}
	}
	f.mu.Unlock()

	slices.Sort(awaited)
	event := f.cfg.Clock.Began().Add(time.Duration(f.cfg.Clock.Now()) + f.cfg.Ahead).UnixMilli()
	if early {
		event = f.cfg.Clock.Began().Add(-f.cfg.Ahead).UnixMilli()
	}
	for _, p := range awaited {
		f.cfg.Recorder.Append(history.KindFence, history.Fence{Partition: p, Round: round, At: f.cfg.Clock.Now()})
		for _, key := range f.cfg.Keys[p] {
			if ctx.Err() != nil {
				return
			}
			v := Value{Writer: FenceWriter, Key: []byte(key), Seq: int64(round), Event: event}
			r := &Record{Key: v.Key, Value: Written{f.cfg.Run, f.cfg.Template}.Append(nil, v, f.cfg.Size), Seq: v.Seq}
			f.cfg.Source.Send(ctx, r, func(*Record, Answer) {})
		}
	}
}

// Seen notes a fence that came out at a sink. The first of each partition and
// sink since Begin is recorded.
func (f *Fences) Seen(sink string, key []byte, round int64, at history.Nanos) {
	f.mu.Lock()
	defer f.mu.Unlock()
	p, ours := f.partitionOf[string(key)]
	if !ours || round < int64(f.from) || round > int64(f.round) || !f.out[sink][p] {
		return
	}
	delete(f.out[sink], p)
	f.cfg.Recorder.Append(history.KindFence, history.Fence{Partition: p, Sink: sink, Round: int(round), At: at})
}

// Out tells whether every sink has shown a fence of every input partition since
// Begin; false before the first Begin.
func (f *Fences) Out() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, out := range f.out {
		if len(out) > 0 {
			return false
		}
	}
	return f.out != nil
}

// Missing names the fences still awaited, sorted: "input partition 2 at out".
func (f *Fences) Missing() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var missing []string
	for sink, out := range f.out {
		for p := range out {
			missing = append(missing, fmt.Sprintf("input partition %d at %s", p, sink))
		}
	}
	slices.Sort(missing)
	return missing
}

// FenceEvery is how long a round of fences gets before the next is sent.
const FenceEvery = time.Second

// Warm sends fences until each input partition has carried one to each sink: the
// system under test is whole and works. The error at the end of ctx names what
// is missing.
func (f *Fences) Warm(ctx context.Context) error {
	f.before(true)
	defer f.before(false)
	f.Begin()
	send := f.every(FenceEvery)
	for !f.Out() {
		send(ctx)
		if err := pause(ctx, pollEvery); err != nil {
			return fmt.Errorf("the system under test let no record through from %s: %w", strings.Join(f.Missing(), ", "), err)
		}
	}
	return nil
}

func (f *Fences) before(load bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.early = load
}

// every limits Send to one round an interval; the first call sends.
func (f *Fences) every(interval time.Duration) func(context.Context) {
	var last history.Nanos
	sent := false
	return func(ctx context.Context) {
		now := f.cfg.Clock.Now()
		if sent && time.Duration(now-last) < interval {
			return
		}
		sent, last = true, now
		f.Send(ctx)
	}
}
