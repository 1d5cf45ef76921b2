package exchange

// Hashes that decide where a message goes must give the same answer on every
// node and after every restart, so nothing here is seeded. They need not be
// those of RabbitMQ: which queue a key falls to is promised to nobody.

const (
	fnvOffset uint64 = 14695981039346656037
	fnvPrime  uint64 = 1099511628211
)

// hashBytes folds data into h, which starts as fnvOffset (FNV-1a).
func hashBytes(h uint64, data []byte) uint64 {
	for _, c := range data {
		h = (h ^ uint64(c)) * fnvPrime
	}
	return h
}

// mix spreads h over all 64 bits (the finalizer of MurmurHash3). FNV alone
// leaves the high bits of short keys nearly equal, and jump reads those.
func mix(h uint64) uint64 {
	h ^= h >> 33
	h *= 0xff51afd7ed558ccd
	h ^= h >> 33
	h *= 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}

// hashKey hashes one byte string.
func hashKey(data []byte) uint64 { return mix(hashBytes(fnvOffset, data)) }

// hashKeys hashes a list of byte strings. A separator that UTF-8 cannot
// contain keeps "ab","c" and "a","bc" apart.
func hashKeys(keys [][]byte) uint64 {
	h := fnvOffset
	for _, key := range keys {
		h = hashBytes(h, key)
		h = (h ^ 0xff) * fnvPrime
	}
	return mix(h)
}

// jump is the jump consistent hash of Lamping and Veach: it maps key to one
// of buckets numbered from 0, evenly, and when a bucket is appended only the
// keys that move into it move at all. buckets must be at least 1.
func jump(key, buckets uint64) uint64 {
	var b uint64
	for {
		key = key*2862933555777941757 + 1
		next := float64(b+1) * (float64(1<<31) / float64(key>>33+1))
		if next >= float64(buckets) {
			return b
		}
		b = uint64(next)
	}
}
