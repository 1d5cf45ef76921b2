package amqp

import "math"

// Content is a method with its header and body, as an Assembler put it
// together. Everything borrows: from the read buffer or from the Assembler,
// until the next call of the Assembler or the reuse of the read buffer.
type Content struct {
	// Method says which method it came with, basic.publish in a broker.
	Method MethodID
	// Args is the method's arguments.
	Args []byte
	// Publish is Args, parsed; set when Method is basic.publish.
	Publish Publish
	// Header is the header. Its properties are not validated yet.
	Header Header
	// HeaderPayload is the whole payload of the header frame, to be forwarded
	// as it is.
	HeaderPayload []byte
	// Body is the body, nil when TooLarge.
	Body []byte
	// TooLarge: the body had Header.BodySize octets, more than the limit, and
	// was dropped.
	TooLarge bool
}

// keepBuffer is the largest buffer that an Assembler holds on to between
// contents, in octets.
const keepBuffer = 32 << 10

// Assembler gathers the content that follows a method on one channel:
//
//	      Method with content        Header            Body, last
//	idle ---------------------> header --> body ... ----------------> idle
//	                               \                                  /
//	                                `--- empty body -----------------'
//
// Octets stay where they are as long as they can: a content that lies whole in
// the read buffer is not copied at all. A caller that is about to reuse the
// buffer calls Keep on every Assembler that is Pending. Memory follows what has
// arrived, never what a header announces (amqp-behaviour §1.7: a declared 1 TiB
// is accepted and costs nothing).
//
// After an error the connection is lost, and so is the Assembler; Reset makes
// it usable again. The zero value is ready and takes bodies of any size. It is
// not safe for concurrent use.
type Assembler struct {
	// Max is the largest body, in octets, 0 for any. Larger ones are counted
	// and dropped, so that the caller can answer 406 when the body has arrived,
	// as RabbitMQ does (amqp-behaviour §5.1).
	Max uint64
	// Memory lends the buffers of bodies that come in pieces; nil is the heap.
	Memory Memory

	wants byte // frame type due next: FrameHeader, FrameBody, or 0 when idle
	// received is how many octets of body came, up to the announced size.
	received uint64
	// overshot: more octets came than announced, see Body.
	overshot bool
	content  Content
	// owned says that content.Args and HeaderPayload lie in frames.
	owned  bool
	frames []byte
	body   []byte
}

// Memory lends buffers. Whoever has one may not use it after Put.
type Memory interface {
	// Get returns an empty buffer with room for n octets, and for twice as many at
	// most.
	Get(n int) []byte
	// Spare is Get where that takes no new memory, and nil otherwise.
	Spare(n int) []byte
	// Put takes a buffer back, nil and those that are not from Get included.
	Put(b []byte)
}

// heap lends new memory and leaves the rest to the garbage collector.
type heap struct{}

func (heap) Get(n int) []byte { return make([]byte, 0, n) }
func (heap) Spare(int) []byte { return nil }
func (heap) Put([]byte)       {}

// Pending reports whether a header or body is due.
func (a *Assembler) Pending() bool { return a.wants != 0 }

// Method takes a method frame of the channel, any method. When the method
// carries content, its args are borrowed, and a basic.publish is parsed. The
// error is the 505 for a method where content is due, or the 501 for a
// basic.publish that cannot be decoded.
func (a *Assembler) Method(id MethodID, args []byte) error {
	if a.wants != 0 {
		return a.unexpected()
	}
	if id != MethodBasicPublish && !HasContent(id) {
		return nil
	}
	a.begin(id, args)
	if id == MethodBasicPublish {
		if !a.content.Publish.parse(args) {
			return DecodeError(id, args, ErrMalformed)
		}
	}
	a.wants = FrameHeader
	return nil
}

// begin forgets the last content, field by field: this runs for every message,
// and clearing the whole struct costs more than all the rest.
func (a *Assembler) begin(id MethodID, args []byte) {
	c := &a.content
	if c.Method != id {
		c.Publish = Publish{}
	}
	c.Method = id
	c.Args = args
	c.HeaderPayload = nil
	c.Body = nil
	c.TooLarge = false
	a.received = 0
	a.overshot = false
	a.owned = false
	if len(a.body) > 0 {
		a.Release()
	}
}

// Release gives back the memory of a large body. The content that was done is
// valid until then, or until the next one begins.
func (a *Assembler) Release() {
	if cap(a.body) > keepBuffer {
		a.memory().Put(a.body)
		a.body = nil
	}
	a.body = a.body[:0]
}

func (a *Assembler) memory() Memory {
	if a.Memory == nil {
		return heap{}
	}
	return a.Memory
}

// Header takes the payload of a header frame, which is borrowed. done says that
// the content is complete, because its body is empty. The error is the 505 for
// a header that is not due, has a weight or belongs to another class.
func (a *Assembler) Header(payload []byte) (done bool, err error) {
	if a.wants != FrameHeader {
		return false, a.unexpected()
	}
	c := &a.content
	h := &c.Header
	if !h.parse(payload) || h.Weight != 0 {
		return false, a.unexpected()
	}
	if class := c.Method.Class(); h.Class != class {
		return false, UnexpectedFrame(c.Method,
			"expected content header for class %d, got one for class %d instead", class, h.Class)
	}
	c.HeaderPayload = payload
	c.TooLarge = a.Max != 0 && h.BodySize > a.Max
	if a.owned {
		a.own()
	}
	if h.BodySize == 0 {
		a.wants = 0
		return true, nil
	}
	a.wants = FrameBody
	return false, nil
}

// Body takes the payload of a body frame, which is borrowed when it is the
// whole body and copied otherwise. done says that the content is complete. The
// error is the 505 for a body that is not due.
//
// A body frame that exceeds the announced size is no error in RabbitMQ 3.10: it
// and all further body frames are swallowed, until any other frame of the
// channel is answered with the 505 (amqp-behaviour §1.7).
func (a *Assembler) Body(payload []byte) (done bool, err error) {
	if a.wants != FrameBody {
		return false, a.unexpected()
	}
	size := a.content.Header.BodySize
	if a.overshot || uint64(len(payload)) > size-a.received {
		a.overshot = true
		a.body = nil
		return false, nil
	}
	a.received += uint64(len(payload))
	done = a.received == size
	switch {
	case a.content.TooLarge:
	case uint64(len(payload)) == size:
		a.content.Body = payload
	default:
		a.grow(len(payload))
		a.body = append(a.body, payload...)
		a.content.Body = a.body
	}
	if done {
		a.wants = 0
	}
	return done, nil
}

// grow makes room for n more octets: in a buffer for all that is announced where
// one is spare, else in one that at least doubles, so that each octet is copied
// about twice. New memory is four times what has arrived at most.
func (a *Assembler) grow(n int) {
	need := len(a.body) + n
	if need <= cap(a.body) {
		return
	}
	size := int(min(a.content.Header.BodySize, math.MaxInt))
	m := a.memory()
	b := m.Spare(size)
	if b == nil {
		b = m.Get(min(max(2*cap(a.body), need), size))
	}
	b = append(b, a.body...)
	m.Put(a.body)
	a.body = b
}

// Content returns the content that Header or Body called done, or what there
// is of it until then.
func (a *Assembler) Content() *Content { return &a.content }

// Keep copies what is still borrowed, so that the read buffer may be reused
// while a content is Pending. It does nothing when none is.
func (a *Assembler) Keep() {
	if a.wants != 0 && !a.owned {
		a.frames = a.frames[:0]
		a.owned = true
		a.own()
	}
}

// own moves what the content borrows into frames.
//
//	frames: | args | header payload |
func (a *Assembler) own() {
	c := &a.content
	args, header := len(c.Args), len(c.HeaderPayload)
	if len(a.frames) == 0 {
		a.frames = append(a.frames, c.Args...)
	}
	a.frames = append(a.frames[:args], c.HeaderPayload...)
	c.Args = a.frames[:args:args]
	if c.Method == MethodBasicPublish {
		c.Publish.parse(c.Args) // it was parsed before, from the same octets
	}
	if header > 0 {
		c.HeaderPayload = a.frames[args : args+header]
		c.Header.parse(c.HeaderPayload)
	}
}

// Reset forgets whatever was under way and every borrowed octet.
func (a *Assembler) Reset() {
	a.Release()
	*a = Assembler{Max: a.Max, Memory: a.Memory, frames: emptied(a.frames), body: a.body}
}

// emptied returns buf for reuse, unless it is too large to hold on to.
func emptied(buf []byte) []byte {
	if cap(buf) > keepBuffer {
		return nil
	}
	return buf[:0]
}

// unexpected is the 505 for a frame that is not the one due.
func (a *Assembler) unexpected() *Error {
	id := a.content.Method
	switch a.wants {
	case FrameHeader:
		return UnexpectedFrame(id, "expected content header for class %d, got non content header frame instead", id.Class())
	case FrameBody:
		return UnexpectedFrame(id, "expected content body, got non content body frame instead")
	}
	return UnexpectedFrame(0, "expected method frame, got non method frame instead")
}
