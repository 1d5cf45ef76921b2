package broker

import (
	"net"
	"sync"
	"sync/atomic"
	"syscall"
)

// output is the sending half of a connection: frames are appended by whoever
// has something for the client (its own reader, a publisher that delivers to
// it, the committer that confirms), and written by the first of them that
// finds nobody writing.
//
// Frames gather in chunks; a flush takes all chunks and writes them outside
// the lock. On a plain TCP socket a flush tries a non-blocking write in the
// caller's goroutine and leaves what the socket did not take to a goroutine
// that lives only until the backlog is gone.
type output struct {
	conn net.Conn
	raw  syscall.RawConn // nil where the socket cannot be written directly (TLS)

	// size is how many octets wait to be written, including those being
	// written now. It changes under mu and is read without it by gates.
	size atomic.Int64
	// starved is set by a gate that refused a delivery because size was over
	// outputHigh; whoever brings size under outputLow clears it and calls resume.
	starved atomic.Bool
	// resume asks the queues of this connection's consumers to dispatch again.
	resume func()
	// failed is called once, when the socket can no longer be written.
	failed func(error)
	// written counts octets given to the socket; heartbeats compare it.
	written atomic.Int64
	// writes counts the pieces in which they were written, for views.
	writes atomic.Uint64

	mu      sync.Mutex
	chunks  [][]byte // guarded by mu; the last one is appended to
	writing bool     // guarded by mu: somebody is writing taken chunks
	closed  bool     // guarded by mu: nothing is written any more
	waiters []chan struct{}
	dirtyBy *batch // guarded by mu: the batch that will flush this output
}

// tail returns the chunk that frames are appended to, with room for about n
// octets more. REQUIRES mu. The caller appends and stores it with setTail.
func (o *output) tail(n int) []byte {
	if k := len(o.chunks); k > 0 {
		if c := o.chunks[k-1]; len(c)+n <= cap(c) {
			return c
		}
	}
	room := max(n, outputChunk)
	if len(o.chunks) == 0 && n <= outputSmall {
		room = outputSmall
	}
	c := large.Get(room)
	o.chunks = append(o.chunks, c)
	return c
}

// setTail stores the chunk got by tail after frames were appended to it.
// REQUIRES mu.
func (o *output) setTail(c []byte) {
	k := len(o.chunks) - 1
	grown := len(c) - len(o.chunks[k])
	o.chunks[k] = c
	o.size.Add(int64(grown))
}

// append adds whole frames made by f, which may add up to about n octets.
func (o *output) append(n int, f func(b []byte) []byte) {
	o.mu.Lock()
	if !o.closed {
		o.setTail(f(o.tail(n)))
	}
	o.mu.Unlock()
}

// flush writes what waits, unless somebody is at it: they will see it.
func (o *output) flush() {
	if o.size.Load() == 0 {
		return
	}
	o.mu.Lock()
	if o.writing || o.closed || len(o.chunks) == 0 {
		o.mu.Unlock()
		return
	}
	o.writing = true
	o.mu.Unlock()
	if o.raw == nil {
		go o.drain(nil, 0)
		return
	}
	for range inlineWrites {
		taken := o.take()
		if taken == nil {
			return
		}
		rest, sent, err := o.writeNow(taken)
		if err != nil {
			o.fail(err)
			return
		}
		if len(rest) > 0 {
			go o.drain(rest, sent)
			return
		}
	}
	go o.drain(nil, 0)
}

// take removes all waiting chunks for writing. With none left it ends this
// writer's turn and returns nil.
func (o *output) take() [][]byte {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.chunks) == 0 || o.closed {
		o.writing = false
		return nil
	}
	taken := o.chunks
	o.chunks = nil
	return taken
}

// drain writes chunks, of which the first is written up to sent, blocking, until
// nothing waits. It runs in its own goroutine and owns the writer's turn.
func (o *output) drain(chunks [][]byte, sent int) {
	for {
		if chunks == nil {
			if chunks = o.take(); chunks == nil {
				return
			}
		}
		for _, c := range chunks {
			if _, err := o.conn.Write(c[sent:]); err != nil {
				o.fail(err)
				return
			}
			o.done(c, len(c)-sent)
			sent = 0
		}
		chunks = nil
	}
}

// writeNow writes as much of chunks as the socket takes without blocking and
// returns those that are left, of which the first is written up to sent.
func (o *output) writeNow(chunks [][]byte) (rest [][]byte, sent int, err error) {
	for i, c := range chunks {
		sent = 0
		werr := o.raw.Write(func(fd uintptr) bool {
			for sent < len(c) {
				n, e := syscall.Write(int(fd), c[sent:])
				if e == syscall.EINTR {
					continue
				}
				if e == syscall.EAGAIN {
					return true
				}
				if e != nil {
					err = e
					return true
				}
				sent += n
			}
			return true
		})
		if werr != nil || err != nil {
			return nil, 0, firstError(err, werr)
		}
		if sent < len(c) {
			if sent > 0 {
				o.progress(sent)
			}
			return chunks[i:], sent, nil
		}
		o.done(c, sent)
	}
	return nil, 0, nil
}

// done accounts for the last n octets of c, written just now, and recycles c.
func (o *output) done(c []byte, n int) {
	o.progress(n)
	large.Put(c)
}

// progress lowers size and wakes who waited for that.
func (o *output) progress(n int) {
	o.written.Add(int64(n))
	o.writes.Add(1)
	left := o.size.Add(int64(-n))
	if left > outputLow {
		return
	}
	if o.starved.Load() && o.starved.Swap(false) {
		o.resume()
	}
	o.mu.Lock()
	waiters := o.waiters
	o.waiters = nil
	o.mu.Unlock()
	for _, w := range waiters {
		close(w)
	}
}

// room tells whether a delivery may be added. A refusal is remembered, so that
// resume is called when there is room again.
func (o *output) room() bool {
	if o.size.Load() < outputHigh {
		return true
	}
	o.starved.Store(true)
	return o.size.Load() < outputHigh
}

// drained returns a channel that is closed when the backlog is small again or
// the output is closed, or nil if it is small now.
func (o *output) drained() <-chan struct{} {
	if o.size.Load() < outputHigh {
		return nil
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed || o.size.Load() <= outputLow {
		return nil
	}
	w := make(chan struct{})
	o.waiters = append(o.waiters, w)
	return w
}

// fail ends the output after a write error.
func (o *output) fail(err error) {
	o.close()
	o.failed(err)
}

// close drops what waits; nothing is written any more.
func (o *output) close() {
	o.mu.Lock()
	o.closed = true
	o.writing = false
	o.chunks = nil
	waiters := o.waiters
	o.waiters = nil
	o.mu.Unlock()
	for _, w := range waiters {
		close(w)
	}
}

// firstError returns the first that is not nil.
func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
