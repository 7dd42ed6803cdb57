package workload

import (
	"os"
	"testing"

	"go.uber.org/goleak"
)

// victimDir names the run directory of a test binary that drives until it is killed.
const victimDir = "WORKLOAD_TEST_VICTIM"

func TestMain(m *testing.M) {
	if dir := os.Getenv(victimDir); dir != "" {
		driveUntilKilled(dir)
	}
	goleak.VerifyTestMain(m)
}
