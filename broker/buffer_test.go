package broker

import "testing"

func TestBuffers(t *testing.T) {
	const most = 1 << maxBufferBits
	for _, n := range []int{0, 1, 100, 1 << 15, 1<<15 + 1, 1 << 16, 1<<16 + 1, 300_000, most - 1, most, most + 1} {
		b := large.Get(n)
		if len(b) != 0 || cap(b) < n || cap(b) > 2*n {
			t.Errorf("%d octets asked for, %d of %d given", n, len(b), cap(b))
		}
		pooled := n > 1<<15 && n <= most
		if got := bufferClass(n) >= 0; got != pooled {
			t.Errorf("%d octets: recycled %t", n, got)
		}
		large.Put(append(b, make([]byte, n)...))
		for range 10 {
			if again := large.Spare(n); len(again) != 0 || again != nil && (!pooled || cap(again) < n) {
				t.Errorf("%d octets asked for, %d of %d spare", n, len(again), cap(again))
			}
		}
	}
}

// TestPutBuffer_OfAnotherSize: a buffer that is too short for its pool does not get into it.
func TestPutBuffer_OfAnotherSize(t *testing.T) {
	large.Put(nil)
	for range 100 {
		large.Put(make([]byte, 0, 100_000))
		if b := large.Spare(1 << 17); b != nil && cap(b) < 1<<17 {
			t.Fatalf("a buffer of %d octets where %d are asked for", cap(b), 1<<17)
		}
	}
}
