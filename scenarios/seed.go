package scenarios

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"regexp"
)

var seedForm = regexp.MustCompile(`^[0-9a-f]{1,16}$`)

// Seed is what everything random of a run is drawn from, as people type it: 1 to
// 16 hexadecimal digits.
type Seed string

// NewSeed takes six digits from the operating system's randomness.
func NewSeed() Seed { return Seed(fmt.Sprintf("%06x", rand.Uint32N(1<<24))) }

// Check tells whether the seed has its form.
func (s Seed) Check() error {
	if !seedForm.MatchString(string(s)) {
		return fmt.Errorf("a seed is 1 to 16 hexadecimal digits, as 7c1e04; this is %q", string(s))
	}
	return nil
}

func (s Seed) sum(scope string) [32]byte { return sha256.Sum256([]byte(string(s) + "\x00" + scope)) }

// Stream is an independent source of random numbers for one purpose, so that one
// more draw here changes nothing elsewhere.
func (s Seed) Stream(scope string) *rand.Rand {
	h := s.sum(scope)
	return rand.New(rand.NewPCG(binary.BigEndian.Uint64(h[:]), binary.BigEndian.Uint64(h[8:])))
}

// ID is a short name that follows from the seed and the scope.
func (s Seed) ID(scope string) string {
	h := s.sum("id\x00" + scope)
	return hex.EncodeToString(h[:4])
}

// Trial is the seed of the n-th of several trials of this seed, from 1. The first
// has the seed itself.
func (s Seed) Trial(n int) Seed {
	if n <= 1 {
		return s
	}
	h := s.sum(fmt.Sprintf("trial\x00%d", n))
	return Seed(hex.EncodeToString(h[:6]))
}
