package catalogue

import (
	"fmt"
	"time"

	"surety/topologies"
)

// unheard checks that exactly the poll which the evidence names was never answered,
// by the end of its connection, and that nothing else was lost.
func unheard(c *course) (string, error) {
	frames, _ := c.shown.Facts["frames"].([]topologies.Frame)
	if len(frames) != 1 {
		return "", fmt.Errorf("evidence of %d messages, want 1: %+v", len(frames), c.shown)
	}
	f := frames[0]
	lost := reasons(c.seen("lost", c.began, c.healed))
	last := int32(0)
	conn := 0
	for _, s := range c.seen("poll", c.began.Add(-time.Minute), c.healed) {
		if s.At < f.At.UnixNano() {
			last, conn = s.N, s.Conn
		} else if s.Conn == conn {
			return "", fmt.Errorf("poll %d was answered after the cut", s.N)
		}
	}
	cell := fmt.Sprintf("the answer to %s %d was lost, the one before had come; its connection closed, %d others lost", f.API, f.Correlation, lost["reset"])
	if f.Correlation != int64(last)+1 || lost["closed"] != 1 || len(lost) != 1 {
		return cell, fmt.Errorf("poll %d was the last that was answered, ends %v; evidence %+v", last, lost, f)
	}
	return cell, nil
}

// stalled checks that polls stand still while all else goes on, also those of the
// other instance.
func stalled(c *course) (string, error) {
	from := c.injected.Add(600 * time.Millisecond) // one poll was at the broker
	polls := c.seen("poll", from, c.healing)
	pings := c.seen("pong", from, c.healing)
	others := c.seenBy("processor-2", "poll", from, c.healing)
	lost := c.seen("lost", c.began, c.healed)
	cell := fmt.Sprintf("%d polls and %d pings answered in %s, %d polls of the other instance", len(polls), len(pings), inMS(c.healing.Sub(from)), len(others))
	if len(polls) > 0 || len(lost) > 0 || len(pings) < 20 || len(others) == 0 {
		return cell, fmt.Errorf("polls %+v, %d ends of connections", polls, len(lost))
	}
	return cell, nil
}
