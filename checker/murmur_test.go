package checker

import "testing"

// The vectors are those of Kafka's own UtilsTest.testMurmur2.
func TestPartitionIsThatOfKafkasDefaultPartitioner(t *testing.T) {
	for key, want := range map[string]int32{
		"21": -973932308, "foobar": -790332482, "a-little-bit-long-string": -985981536,
		"a-little-bit-longer-string": -1486304829, "lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8": -58897971, "abc": 479470107,
	} {
		if got := int32(murmur2([]byte(key))); got != want {
			t.Errorf("the hash of %q is %d, want %d", key, got, want)
		}
		if p := partitionOf(key, 6); p != (want&0x7fffffff)%6 {
			t.Errorf("%q goes to partition %d", key, p)
		}
	}
}
