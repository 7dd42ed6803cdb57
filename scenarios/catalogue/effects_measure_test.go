package catalogue

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// A measure tells what a fault did as its victim saw it, and what is wrong with that.
type measure func(c *course) (cell string, err error)

// roundTrips gives the times from ping to answer, sorted.
func roundTrips(all []sight) []time.Duration {
	var out []time.Duration
	for _, s := range all {
		out = append(out, time.Duration(s.At-s.Sent))
	}
	slices.Sort(out)
	return out
}

// at gives the round trip below which the share lies.
func at(sorted []time.Duration, share float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[int(share*float64(len(sorted)-1))]
}

func inMS(d time.Duration) string { return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000) }

// off is how far a value is from what was asked, as a share of that.
func off(got, asked float64) float64 { return math.Abs(got-asked) / asked }

// slower measures by how much the round trips of pings grew. It compares the tenth
// percentile, since a loaded machine can only add to a round trip. With a jitter that
// lies between the least delay and the mean one: an answer that is held back longer
// also holds those behind it.
func slower(delay, jitter time.Duration) measure {
	return func(c *course) (string, error) {
		before := roundTrips(c.seen("pong", c.began.Add(-350*time.Millisecond), c.began))
		during := roundTrips(c.seen("pong", c.injected.Add(2*delay), c.healing))
		if len(before) < 5 || len(during) < 20 {
			return "", fmt.Errorf("%d pings before and %d during: too few to compare", len(before), len(during))
		}
		grew := at(during, 0.1) - at(before, 0.1)
		cell := fmt.Sprintf("round trip + %s at the 10th percentile of %d (+ %s at the median)",
			inMS(grew), len(during), inMS(at(during, 0.5)-at(before, 0.5)))
		if least, most := (delay-jitter)*9/10, delay*11/10; grew < least || grew > most {
			return cell, fmt.Errorf("the round trip grew by %s, asked was %s ± %s, so that %s to %s may be", grew, delay, jitter, least, most)
		}
		return cell, nil
	}
}

// narrower measures how fast answered requests went through.
func narrower(asked float64) measure {
	return func(c *course) (string, error) {
		from := c.injected.Add(time.Second) // what was under way before is through
		var carried, unlimited int
		for _, kind := range []string{"bulk", "pong", "poll"} {
			for _, s := range c.seen(kind, from, c.healing) {
				carried += s.Bytes
			}
			for _, s := range c.seen(kind, c.began.Add(-time.Second), c.began) {
				unlimited += s.Bytes
			}
		}
		got := float64(carried) / c.healing.Sub(from).Seconds()
		cell := fmt.Sprintf("%.1f KiB/s through (%.0f KiB/s before)", got/1024, float64(unlimited)/1024)
		if off(got, asked) > 0.2 {
			return cell, fmt.Errorf("%.0f bytes/s went through, asked was %.0f ± 20 %%", got, asked)
		}
		if float64(unlimited) < 1.5*asked {
			return cell, fmt.Errorf("only %d bytes/s were offered before: nothing to limit", unlimited)
		}
		return cell, nil
	}
}

// silent checks that nothing is answered while the link is held, and after the
// healing everything on the same connection, in order.
func silent(c *course) (string, error) {
	during := c.seen("pong", c.injected.Add(50*time.Millisecond), c.healing)
	after := c.seen("pong", c.healing, c.healed.Add(time.Second))
	lost := c.seen("lost", c.began, c.healed.Add(time.Second))
	var late []sight // sent into the silence
	for _, s := range after {
		if s.Sent > c.injected.UnixNano() && s.Sent < c.healing.UnixNano() {
			late = append(late, s)
		}
	}
	cell := fmt.Sprintf("%s of silence, then all %d held pings answered in order", inMS(c.healing.Sub(c.injected)), len(late))
	switch {
	case len(during) > 0:
		return cell, fmt.Errorf("%d pings were answered in the silence", len(during))
	case len(lost) > 0:
		return cell, fmt.Errorf("connections were lost: %+v", lost)
	case len(late) < 20:
		return cell, fmt.Errorf("only %d held pings were answered after the healing", len(late))
	}
	for i := range after[1:] {
		if after[i+1].N != after[i].N+1 || after[i+1].Conn != after[i].Conn {
			return cell, fmt.Errorf("answer %d of connection %d follows %d of %d", after[i+1].N, after[i+1].Conn, after[i].N, after[i].Conn)
		}
	}
	return cell, nil
}

// oneWay checks that a held way there lets the way back pass: the broker's answer to
// a poll that was sent before arrives in the silence.
func oneWay(c *course) (string, error) {
	cell, err := silent(c)
	if err != nil {
		return cell, err
	}
	for _, s := range c.seen("poll", c.injected, c.healing) {
		if s.Sent < c.injected.UnixNano() {
			at := time.Unix(0, s.At).Sub(c.injected)
			return fmt.Sprintf("%s; the other direction passed: an answer arrived %s after the cut", cell, inMS(at)), nil
		}
	}
	return cell, fmt.Errorf("no answer came back on the way that was not cut")
}

// apart checks that only the instance that was meant is cut off.
func apart(c *course) (string, error) {
	cell, err := silent(c)
	others := c.seenBy("processor-2", "pong", c.injected, c.healing)
	if len(others) < 20 && err == nil {
		err = fmt.Errorf("the other instance had only %d answers meanwhile", len(others))
	}
	return fmt.Sprintf("%s; the other instance had %d answers meanwhile", cell, len(others)), err
}

// reasons counts how connections or dials ended, by the probe's words.
func reasons(all []sight) map[string]int {
	out := map[string]int{}
	for _, s := range all {
		_, why, _ := strings.Cut(s.Err, ": ")
		out[why]++
	}
	return out
}

// discarded checks that held pings are never answered and the connection is reset at
// the healing.
func discarded(c *course) (string, error) {
	during := c.seen("pong", c.injected.Add(50*time.Millisecond), c.healing)
	lost := reasons(c.seen("lost", c.injected, c.healed.Add(time.Second)))
	early := c.seen("lost", c.injected, c.healing)
	answered := 0
	for _, s := range c.seen("pong", c.healing, c.healed.Add(time.Second)) {
		if s.Sent > c.injected.UnixNano() && s.Sent < c.healing.UnixNano() {
			answered++
		}
	}
	cell := fmt.Sprintf("%s of silence, then %d connections reset, %d held pings answered", inMS(c.healing.Sub(c.injected)), lost["reset"], answered)
	if len(during) > 0 || len(early) > 0 || answered > 0 || lost["reset"] == 0 {
		return cell, fmt.Errorf("%d answers and %d ends in the silence, %d held pings answered, ends %v", len(during), len(early), answered, lost)
	}
	return cell, nil
}

// turnedAway checks how connections end and how dials do.
func turnedAway(open, dial string) measure {
	return func(c *course) (string, error) {
		lost := reasons(c.seen("lost", c.began, c.healing))
		dials := reasons(c.seen("dial", c.injected.Add(20*time.Millisecond), c.healing))
		answers := c.seen("pong", c.injected.Add(50*time.Millisecond), c.healing)
		cell := fmt.Sprintf("open connections %s (%d)", open, lost[open])
		switch dial {
		case "refused":
			cell += fmt.Sprintf(", dials refused (%d)", dials["refused"])
		case "reset":
			cell += fmt.Sprintf(", dials accepted and reset (%d)", lost["reset"])
		}
		if lost[open] == 0 || len(answers) > 0 || dial == "refused" && (dials["refused"] == 0 || dials["ok"] > 0) || dial == "reset" && lost["reset"] < 4 {
			return cell, fmt.Errorf("%d answers, ends %v, dials %v", len(answers), lost, dials)
		}
		return cell, nil
	}
}

// cutOff checks that open connections were reset once and new ones pass.
func cutOff(c *course) (string, error) {
	lost := reasons(c.seen("lost", c.began, c.healed))
	dials := c.seen("dial", c.began, c.healed.Add(time.Second))
	cell := fmt.Sprintf("%d connections reset, %d dialled anew", lost["reset"], len(dials))
	if lost["reset"] < 3 || len(dials) < 3 {
		return cell, fmt.Errorf("ends %v, %d dials; each of the three connections should be reset and dialled once", lost, len(dials))
	}
	return cell, nil
}

// flaps counts the silences that the probe lived through.
func flaps(down time.Duration) measure {
	return func(c *course) (string, error) {
		silences, last := 0, c.began.UnixNano()
		for _, s := range c.seen("pong", c.began, c.healed.Add(time.Second)) {
			if time.Duration(s.At-last) > down*3/4 {
				silences++
			}
			last = s.At
		}
		cycles, _ := c.shown.Facts["cycles"].(int)
		cell := fmt.Sprintf("%d silences in %.1f s", silences, c.healing.Sub(c.injected).Seconds())
		// The last one may have begun when the healing was asked for.
		if cycles < 3 || silences < cycles || silences > cycles+1 {
			return cell, fmt.Errorf("the probe lived through %d silences, the links were turned %d times", silences, cycles)
		}
		return cell, nil
	}
}

// together tells how far apart the links of a cut over several gateways fell.
func together(c *course) (string, error) {
	spread, ok := c.shown.Facts["spread_ms"].(float64)
	links, _ := c.shown.Facts["links"].(int)
	cell := fmt.Sprintf("%d links broken within %.1f ms", links, spread)
	if !ok || links < 3 || spread > 100 {
		return cell, fmt.Errorf("evidence %+v", c.shown)
	}
	return cell, nil
}

// ends tells how the process of the victim ended and what it took; code is the exit
// code, -1 for any.
func ends(victim string, code int) measure {
	return func(c *course) (string, error) {
		got, ok := c.shown.Facts[victim+"_exit_code"].(int)
		cell := fmt.Sprintf("exit code %d", got)
		if ms, is := c.shown.Facts[victim+"_stopped_ms"].(float64); is {
			cell += fmt.Sprintf(" after %.0f ms", ms)
		} else {
			cell += " after " + inMS(c.injected.Sub(c.began))
		}
		cell += fmt.Sprintf("; back %.1f s after the healing", c.healed.Sub(c.healing).Seconds())
		files, emptied := c.back.Facts[victim+"_lost_files"].(int)
		if emptied {
			cell += fmt.Sprintf("; lost %d or more files, started with %v", files, c.back.Facts[victim+"_files_at_start"])
		}
		if !ok || code >= 0 && got != code || emptied && files == 0 {
			return cell, fmt.Errorf("evidence %+v, then %+v", c.shown, c.back)
		}
		return cell, nil
	}
}

// stands checks that a paused probe does nothing, and goes on with the connections
// that it had.
func stands(c *course) (string, error) {
	during := c.seen("pong", c.injected.Add(20*time.Millisecond), c.healing)
	cell := fmt.Sprintf("stood still for %s, went on with its connections", inMS(c.healing.Sub(c.injected)))
	if lost := c.seen("lost", c.began, c.healed); len(during) > 0 || len(lost) > 0 {
		return cell, fmt.Errorf("%d answers while it was paused, %d connections lost", len(during), len(lost))
	}
	return cell, nil
}

// brokerStands checks that a paused broker answers nobody and goes on.
func brokerStands(c *course) (string, error) {
	cell, err := silent(c)
	return strings.ReplaceAll(cell, "held", "waiting"), err
}

// crashes counts ends and starts of a crash loop.
func crashes(victim string, times int) measure {
	return func(c *course) (string, error) {
		kills, starts := c.shown.Facts[victim+"_kills"], c.shown.Facts[victim+"_starts"]
		cell := fmt.Sprintf("%v ends by SIGKILL, %v starts", kills, starts)
		if kills != times || starts != times {
			return cell, fmt.Errorf("evidence %+v", c.shown)
		}
		return cell, nil
	}
}

// peersOnly checks that clients are answered while a broker is cut off from its peers.
func peersOnly(c *course) (string, error) {
	cell, err := together(c)
	answers := c.seen("pong", c.injected, c.healing)
	cell += fmt.Sprintf("; a client had %d answers meanwhile", len(answers))
	if len(answers) < 20 && err == nil {
		err = fmt.Errorf("clients should go on")
	}
	return cell, err
}

// silences are the times between two answers that are longer than the least one.
func (c *course) silences(id string, from, to time.Time, least time.Duration) (n int, sum time.Duration) {
	last := from.UnixNano()
	for _, s := range append(c.seenBy(id, "pong", from, to), sight{At: to.UnixNano()}) {
		if gap := time.Duration(s.At - last); gap >= least {
			n, sum = n+1, sum+gap
		}
		last = s.At
	}
	return n, sum
}

// rolls tells how both victims of a roll ended, and as which version they ran.
func rolls(version string) measure {
	return func(c *course) (string, error) {
		code1, ok1 := c.shown.Facts["processor-1_exit_code"].(int)
		code2, ok2 := c.shown.Facts["processor-2_exit_code"].(int)
		was, _ := c.shown.Facts["processor-2_version"].(string)
		cell := fmt.Sprintf("exit codes %d and %d", code1, code2)
		if version != "" {
			cell += ", then both as " + was + ", and back after the healing"
		}
		_, still := c.back.Facts["processor-2_version"]
		if !ok1 || !ok2 || was != version || strings.Count(c.back.Text, "running") != 2 || still {
			return cell, fmt.Errorf("evidence %+v, then %+v", c.shown, c.back)
		}
		return cell, nil
	}
}

// joins checks that the spare instance worked while the scale was on, and only then.
func joins(c *course) (string, error) {
	during := c.seenBy("processor-3", "pong", c.began, c.healing)
	after := c.seenBy("processor-3", "pong", c.healed.Add(50*time.Millisecond), c.healed.Add(time.Second))
	cell := fmt.Sprintf("3 instances: the third one had %d answers, and %d after the healing", len(during), len(after))
	if len(during) < 10 || len(after) > 0 {
		return cell, fmt.Errorf("evidence %+v, then %+v", c.shown, c.back)
	}
	return cell, nil
}

// leaves checks that an instance was taken away while the scale was on.
func leaves(c *course) (string, error) {
	away := c.seenBy("processor-2", "pong", c.injected.Add(time.Second/2), c.healing)
	others := c.seenBy("processor-1", "pong", c.injected.Add(time.Second/2), c.healing)
	cell := fmt.Sprintf("1 instance: the second one had %d answers in the last half, the first one %d", len(away), len(others))
	if len(away) > 0 || len(others) < 10 {
		return cell, fmt.Errorf("evidence %+v", c.shown)
	}
	return cell, nil
}

// slows checks for which share of the time the probe was answered.
func slows(share float64, turn time.Duration) measure {
	return func(c *course) (string, error) {
		n, stood := c.silences("processor-1", c.injected, c.healing, turn/3)
		got := 1 - stood.Seconds()/c.healing.Sub(c.injected).Seconds()
		cell := fmt.Sprintf("%d silences, %.0f %% of the time left", n, 100*got)
		if n < 3 || got > share+0.2 {
			return cell, fmt.Errorf("asked was %.0f %%", 100*share)
		}
		return cell, nil
	}
}

// surges tells how much faster than usual records were offered.
func surges(times float64) measure {
	return func(c *course) (string, error) {
		got, _ := c.shown.Facts["offered_per_s"].(float64)
		usual, _ := c.shown.Facts["usual_per_s"].(float64)
		cell := fmt.Sprintf("%.1f times the usual rate offered", got/usual)
		if off(got/usual, times) > 0.2 {
			return cell, fmt.Errorf("asked was %g", times)
		}
		return cell, nil
	}
}
