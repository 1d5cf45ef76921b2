package store

import (
	"bytes"
	"math/bits"
	"sync"
	"sync/atomic"
)

// chunkSize is the usual size of a piece of memory that messages lie in. Messages that do
// not fit get a chunk of their own, rounded up to a power of two so that it can be reused.
const (
	chunkSize    = 256 << 10
	chunkClasses = 7 // 256 KiB to 16 MiB are pooled, larger ones are left to the collector
)

// memory hands out and takes back the buffers of chunks.
//
// The pools are those of the process. They are emptied by the garbage collector, so memory
// that a burst needed goes away by itself.
type memory struct {
	inUse atomic.Int64 // octets handed out

	// mangle, set by tests before use, overwrites buffers that come back, so that whoever
	// reads one without holding it is found out.
	mangle bool
}

// memoryPools are of *buffer.
var memoryPools [chunkClasses]sync.Pool

// buffer is one piece of memory. It is owned by one chunk at a time.
type buffer struct {
	b     []byte
	class int8 // index into memoryPools; -1: not pooled
}

// mangled is what buffers that came back are overwritten with.
var mangled = bytes.Repeat([]byte{0xdb}, 4096)

// chunkClass returns the pool for n octets, or -1.
func chunkClass(n int) int {
	c := max(bits.Len(uint(n-1)), bits.Len(chunkSize-1)) - bits.Len(chunkSize-1)
	if c >= chunkClasses {
		return -1
	}
	return c
}

// get returns a buffer of at least n octets, whose content is whatever was there.
func (m *memory) get(n int) *buffer {
	class := chunkClass(n)
	if class >= 0 {
		n = chunkSize << class
	}
	m.inUse.Add(int64(n))
	if class < 0 {
		return &buffer{b: make([]byte, n), class: -1}
	}
	if b, _ := memoryPools[class].Get().(*buffer); b != nil {
		return b
	}
	return &buffer{b: make([]byte, n), class: int8(class)}
}

// put takes a buffer back. Nobody may read it any more.
func (m *memory) put(b *buffer) {
	m.inUse.Add(-int64(len(b.b)))
	if m.mangle {
		for p := b.b; len(p) > 0; p = p[copy(p, mangled):] {
		}
	}
	if b.class >= 0 {
		memoryPools[b.class].Put(b)
	}
}
