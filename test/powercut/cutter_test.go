package powercut

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"amqpd/store"
)

// cutter takes images of the disk before changes of it.
type cutter struct {
	ledger *ledger
	disk   *store.MemoryFS
	look   func(*image) // is given each
	every  int          // of about so many changes an image is taken

	mu     sync.Mutex
	random *rand.Rand
	left   int           // images that are still to be taken
	enough chan struct{} // closed when there are none; nil: nobody waits
	frozen *span         // while the node recovers: what holds is what held in the image it recovers from
}

// image is what a power cut may have left.
type image struct {
	disk *store.MemoryFS
	at   span
	how  string
}

// aim has images taken of a node that has recovered. The channel is closed when there are as
// many.
func (c *cutter) aim(images int) (enough <-chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.frozen, c.left, c.enough = nil, images, make(chan struct{})
	return c.enough
}

// before is called before each operation on the disk.
func (c *cutter) before(op store.Op) error {
	if !op.Kind.Changes() {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.left <= 0 || c.random.IntN(c.every) > 0 {
		return nil
	}
	if op.Kind == store.OpSync && c.frozen == nil {
		// An answer that does not wait for this sync has the time to arrive.
		time.Sleep(time.Duration(c.random.IntN(3000)) * time.Microsecond)
	}
	for _, kind := range []int{0, 1 + c.random.IntN(2)} {
		c.look(c.image(kind, fmt.Sprintf("before %+v", op)))
		c.left--
	}
	if c.left <= 0 && c.enough != nil {
		close(c.enough)
	}
	return nil
}

// last takes a last image.
func (c *cutter) last(kind int) *image {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.left = 0
	return c.image(kind, "at the end of a life")
}

// choices are how an image is chosen: nothing that is not synced is there, any of it, or all.
var choices = []string{"nothing", "some", "all"}

// image takes an image. REQUIRES mu.
func (c *cutter) image(kind int, where string) *image {
	choose := func(n int) int {
		switch choices[kind] {
		case "nothing":
			return 0
		case "all":
			return n - 1
		}
		return c.random.IntN(n)
	}
	at := span{from: c.ledger.now()}
	i := &image{disk: c.disk.Crash(choose), how: fmt.Sprintf("%s of what is not synced, %s", choices[kind], where)}
	at.to = c.ledger.now()
	if c.frozen != nil {
		at, i.how = *c.frozen, "recovering, "+i.how
	}
	i.at = at
	return i
}
