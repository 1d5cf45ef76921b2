package queue

import (
	"flag"
	"math/rand/v2"
	"os"
	"testing"
	"unsafe"

	"pgregory.net/rapid"

	"amqpd/policy"
	"amqpd/store"
)

// TestMain makes the ends of a ring that are not packed so short that all tests
// of this package pack and unpack. Benchmarks measure what a node has.
func TestMain(m *testing.M) {
	flag.Parse()
	if flag.Lookup("test.bench").Value.String() == "" {
		near.tail, near.head, near.warm = 1, 0, 2
	}
	os.Exit(m.Run())
}

// asShipped gives a test the ends that a node has.
func asShipped(t testing.TB) {
	was := near
	near.tail, near.head, near.warm = 32, 32, 64
	t.Cleanup(func() { near = was })
}

// coolAll packs every chunk that may be packed.
func (r *ring) coolAll() {
	for i := r.first; i < len(r.dir); i++ {
		if c := &r.dir[i]; c.num != r.next>>slotBits {
			c.cool()
		}
	}
}

// cool packs what the queue of the random test has.
func (p *pair) cool(*rapid.T) { p.q.ring.coolAll() }

// TestPack packs chunks of any content and compares what comes out.
func TestPack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		live := rapid.Uint64Min(1).Draw(t, "live")
		odd := rapid.IntRange(0, 10).Draw(t, "how odd") // of ten entries differ from the one before
		var in, out slots
		e := entry{pos: store.Pos(rapid.Uint64().Draw(t, "pos"))}
		for i := range in {
			if rapid.IntRange(1, 10).Draw(t, "odd") <= odd {
				e = entry{
					pos:        store.Pos(rapid.Uint64().Draw(t, "pos")),
					expiry:     rapid.Int64().Draw(t, "expiry"),
					size:       rapid.Uint32().Draw(t, "size"),
					deliveries: rapid.Uint16().Draw(t, "deliveries"),
					flags:      entryFlags(rapid.Uint8().Draw(t, "flags")),
					level:      rapid.Uint8().Draw(t, "level"),
				}
			}
			in[i] = e
			e.pos += store.Pos(e.size) + 30
		}
		p := pack(&in, live)
		if p == nil {
			return // too little to be saved
		}
		if len(p) > packedMax {
			t.Fatalf("packed to %d octets, at most %d make sense", len(p), packedMax)
		}
		p.unpack(&out, live)
		for i := range in {
			if live>>i&1 != 0 && in[i] != out[i] {
				t.Fatalf("entry %d came back as %+v, was %+v", i, out[i], in[i])
			}
		}
	})
}

// footprint is what the ring holds, in octets.
func (r *ring) footprint() int {
	n := cap(r.dir) * int(unsafe.Sizeof(chunk{}))
	for i := r.first; i < len(r.dir); i++ {
		n += cap(r.dir[i].packed)
		if r.dir[i].slots != nil {
			n += int(unsafe.Sizeof(slots{}))
		}
	}
	if r.levels != nil {
		for _, l := range r.levels.at {
			if l != nil {
				n += 8*cap(l.behind) + 16*cap(l.waiting.buf)
			}
		}
	}
	return n
}

// TestBacklogTakesLittle holds what docs/architecture.md says about the memory
// that a message in a backlog takes.
func TestBacklogTakesLittle(t *testing.T) {
	asShipped(t)
	const n = 500_000
	priorities := classic()
	priorities.MaxPriority = 9
	ttl := classic()
	ttl.MessageTTL = 3_600_000
	for _, c := range []struct {
		name   string
		s      policy.Settings
		size   func(int) uint32
		queues int // that are filled at the same time
		most   float64
	}{
		{"one size", classic(), func(int) uint32 { return 1024 }, 1, 2},
		{"one size, time to live", ttl, func(int) uint32 { return 1024 }, 1, 2},
		{"all sizes", classic(), func(int) uint32 { return 100 + rand.Uint32N(4000) }, 1, 4.5},
		{"all sizes, ten priorities", priorities, func(int) uint32 { return 100 + rand.Uint32N(4000) }, 1, 10},
		{"among other queues", classic(), func(int) uint32 { return 100 + rand.Uint32N(4000) }, 50, 7.5},
	} {
		q, fx, pos := New(1, true, c.s), &Effects{}, store.Pos(1<<32)
		for i := range n {
			m := Message{Pos: pos, TTL: -1, Size: c.size(i), Persistent: true, Priority: uint8(rand.UintN(10))}
			q.Publish(int64(1_800_000_000_000+i/1000), m, fx)
			fx.Reset()
			pos += store.Pos(m.Size) + 72 // headers
			if c.queues > 1 {
				pos += store.Pos(rand.UintN(2*uint(c.queues)) * 2000)
			}
			if i%200 == 199 {
				pos += 600 // records between two batches
			}
			if uint32(pos) > 64<<20 { // the next segment
				pos = (pos>>32 + 1) << 32
			}
		}
		got := float64(q.ring.footprint()) / n
		t.Logf("%s: %.2f octets for each message", c.name, got)
		if got > c.most {
			t.Errorf("%s: %.2f octets for each message, want at most %v", c.name, got, c.most)
		}
		if err := q.Verify(); err != nil {
			t.Error(err)
		}
	}
}

// TestUnpackedIsPackedAgain takes messages of all priorities from a long queue:
// each level leaves chunks behind in which there is something for the others.
func TestUnpackedIsPackedAgain(t *testing.T) {
	asShipped(t)
	s := classic()
	s.MaxPriority = 9
	q, fx := New(1, true, s), &Effects{}
	for i := range 500_000 {
		q.Publish(1, Message{Pos: store.Pos(i) * 100, TTL: -1, Size: 16, Persistent: true, Priority: uint8(i)}, fx)
		fx.Reset()
	}
	for range 125_000 {
		q.Get(1, true, fx)
		fx.Reset()
	}
	unpacked := 0
	for _, c := range q.ring.dir[q.ring.first:] {
		if c.slots != nil {
			unpacked++
		}
	}
	if most := near.tail + near.warm + 2; unpacked > most {
		t.Errorf("%d chunks are unpacked, want at most %d", unpacked, most)
	}
	if err := q.Verify(); err != nil {
		t.Error(err)
	}
}
