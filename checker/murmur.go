package checker

import "encoding/binary"

// partitionOf is the partition that Kafka's default partitioner gives a key: 32-bit
// MurmurHash2 with Kafka's seed, its sign dropped, modulo the partitions
// (org.apache.kafka.common.utils.Utils.murmur2 and toPositive).
func partitionOf(key string, partitions int32) int32 {
	return int32(murmur2([]byte(key))&0x7fffffff) % partitions //nolint:gosec // 31 bits
}

func murmur2(data []byte) uint32 {
	const m, r = 0x5bd1e995, 24
	h := uint32(0x9747b28c) ^ uint32(len(data)) //nolint:gosec // as the original does
	for len(data) >= 4 {
		k := binary.LittleEndian.Uint32(data)
		k *= m
		k ^= k >> r
		k *= m
		h = h*m ^ k
		data = data[4:]
	}
	switch len(data) {
	case 3:
		h ^= uint32(data[2]) << 16
		fallthrough
	case 2:
		h ^= uint32(data[1]) << 8
		fallthrough
	case 1:
		h = (h ^ uint32(data[0])) * m
	}
	h ^= h >> 13
	h *= m
	h ^= h >> 15
	return h
}
