package report

import (
	"fmt"
	"strconv"
	"time"

	"surety/checker/history"
)

// grouped prints 12345 as 12,345.
func grouped(n int64) string {
	s := strconv.FormatInt(n, 10)
	start := 0
	if n < 0 {
		start = 1
	}
	for i := len(s) - 3; i > start; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// share prints n of all as a percentage; of nothing there is no share.
func share(n, all int64) string {
	if all == 0 {
		return "none"
	}
	p := 100 * float64(n) / float64(all)
	if p > 0 && p < 0.01 {
		return "< 0.01 %"
	}
	return fmt.Sprintf("%.2f %%", p)
}

// stamp prints a point on the run's clock in seconds.
func stamp(n history.Nanos) string { return fmt.Sprintf("%.2f s", time.Duration(n).Seconds()) }

// tenths prints a duration in seconds.
func tenths(d time.Duration) string { return fmt.Sprintf("%.1f s", d.Seconds()) }

// plural prints 1 key, 2 keys.
func plural(n int64, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return grouped(n) + " " + one + "s"
}
