package processors

import "time"

// windows are tumbling windows of event time, each open until the watermark of the
// partition, its highest event time so far, reaches the window's end and the allowed
// lateness (KIP-328). All times are milliseconds since the epoch.
type windows struct {
	size     int64 // 0 = one window without end
	lateness int64
	marks    map[int32]int64 // watermark by partition
}

// ones is no window.
var ones = windows{}

// ownWindows are those of the configuration, or the processor's own.
func ownWindows(cfg Config, size, lateness time.Duration) windows {
	if cfg.Window > 0 {
		size, lateness = cfg.Window, cfg.Lateness
	}
	return windows{size: size.Milliseconds(), lateness: lateness.Milliseconds()}
}

// take gives the window of an event time and tells whether it is still open. The
// watermark moves with it.
func (w *windows) take(partition int32, event int64) (start int64, open bool) {
	if w.size == 0 {
		return 0, true
	}
	start = event - (event%w.size+w.size)%w.size
	mark, any := w.marks[partition]
	if any && mark >= start+w.size+w.lateness {
		return start, false
	}
	if !any || event > mark {
		w.marks[partition] = event
	}
	return start, true
}
