package broker

import (
	"math/bits"
	"sync"
)

// bufferPool recycles large buffers by size: powers of two from 64 KiB to 16 MiB.
// Bodies that come in pieces are put together in them, and frames gather in them
// for a socket. It is an amqp.Memory.
type bufferPool struct{}

const (
	minBufferBits = 16
	maxBufferBits = 24
)

var (
	large   bufferPool
	buffers [maxBufferBits - minBufferBits + 1]sync.Pool // of *[]byte
)

// bufferClass returns the pool for n octets, or -1 where they are too few or too
// many for one.
func bufferClass(n int) int {
	class := bits.Len(uint(n-1)) - minBufferBits
	if n <= 0 || class < 0 || class >= len(buffers) {
		return -1
	}
	return class
}

// Get returns an empty buffer with room for n octets, twice that at most. It is
// the caller's, until Put.
func (bufferPool) Get(n int) []byte {
	class := bufferClass(n)
	if class < 0 {
		return make([]byte, 0, n)
	}
	if b := large.Spare(n); b != nil {
		return b
	}
	return make([]byte, 0, 1<<(class+minBufferBits))
}

// Spare is Get where that takes no new memory, and nil otherwise.
func (bufferPool) Spare(n int) []byte {
	class := bufferClass(n)
	if class < 0 {
		return nil
	}
	b, _ := buffers[class].Get().(*[]byte)
	if b == nil {
		return nil
	}
	return (*b)[:0]
}

// Put takes a buffer back. Nobody may use it any more. One of another size than
// Get gives is left to the garbage collector.
func (bufferPool) Put(b []byte) {
	if class := bufferClass(cap(b)); class >= 0 && cap(b) == 1<<(class+minBufferBits) {
		buffers[class].Put(&b)
	}
}
