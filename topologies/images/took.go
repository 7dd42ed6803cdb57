package images

import (
	"encoding/json"
	"os"
	"path/filepath"
	"time"
)

// tookFile keeps how long images took to get here, in seconds by tag, so that the
// next estimate is a measurement of this machine. It is a note, not a record: one
// that cannot be written or read is as good as none.
func tookFile() string {
	dir, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	return filepath.Join(dir, "surety", "images.json")
}

// Took tells how long this machine needed for the image when it last built or
// pulled it; 0 where it never did.
func Took(image string) time.Duration {
	return time.Duration(readTook()[image] * float64(time.Second))
}

func readTook() map[string]float64 {
	all := map[string]float64{}
	b, err := os.ReadFile(tookFile())
	if err != nil || json.Unmarshal(b, &all) != nil || all == nil {
		return map[string]float64{}
	}
	return all
}

func remember(image string, d time.Duration) {
	path := tookFile()
	if path == "" || os.MkdirAll(filepath.Dir(path), 0o755) != nil {
		return
	}
	all := readTook()
	all[image] = d.Round(100 * time.Millisecond).Seconds()
	if b, err := json.MarshalIndent(all, "", "  "); err == nil {
		_ = os.WriteFile(path, append(b, '\n'), 0o644) //nolint:gosec // holds no secret
	}
}
