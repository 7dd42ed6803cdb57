package checker

import (
	"math"
	"testing"

	"surety/checker/history"

	"pgregory.net/rapid"
)

func TestShardsDivideExactly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 64).Draw(t, "shards")
		key := rapid.OneOf(rapid.Uint32Range(0, 300), rapid.Uint32(), rapid.Uint32Range(math.MaxUint32-300, math.MaxUint32)).Draw(t, "key")
		s, name := shardsOf(n), history.Name(key)
		if s.shard(name) != int(key)%n || s.index(name) != int(key)/n || s.key(s.shard(name), s.index(name)) != name {
			t.Fatalf("%d in %d shards: shard %d, index %d", key, n, s.shard(name), s.index(name))
		}
	})
}
