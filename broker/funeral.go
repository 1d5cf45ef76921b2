package broker

import "sync"

// funeral buries, in the agenda's goroutine, what was found dead in one that must
// not publish: the committer's, which nobody else can do the work of while it
// waits, and any other that happened to write to a socket.
type funeral struct {
	b    *Broker
	turn appointment

	mu       sync.Mutex
	dead     []dead // guarded by mu
	arranged bool   // guarded by mu: turn is set
}

func (f *funeral) init(b *Broker) {
	f.b = b
	f.turn.run = f.hold
}

// take takes the dead letters of t over. It is called without locks.
func (f *funeral) take(t *batch) {
	if len(t.dead) == 0 {
		return
	}
	f.mu.Lock()
	f.dead = append(f.dead, t.dead...)
	arranged := f.arranged
	f.arranged = true
	f.mu.Unlock()
	clear(t.dead)
	t.dead = t.dead[:0]
	if !arranged {
		f.b.agenda.set(&f.turn, t.now)
	}
}

// hold buries what was taken over.
func (f *funeral) hold(t *batch) {
	f.mu.Lock()
	t.dead = append(t.dead, f.dead...)
	f.dead, f.arranged = nil, false
	f.mu.Unlock()
	t.b.store.Throttle()
	t.bury()
}
