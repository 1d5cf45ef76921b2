package broker

import (
	"slices"
	"sync"
	"time"
)

// agenda runs what is due at some time: all of it one after the other, in a
// goroutine that lives while something is due, under one timer. So 50,000 queues
// whose heads expire in the same moment are 50,000 turns of one loop with one
// batch.
//
// Nothing runs before start, nor after stop.
type agenda struct {
	b *Broker

	mu      sync.Mutex
	heap    []*appointment // guarded by mu: soonest first
	timer   *time.Timer    // guarded by mu; nil until it is needed
	started bool           // guarded by mu
	running bool           // guarded by mu: tick is at work
	ended   bool           // guarded by mu
	idle    sync.Cond      // running became false
}

// appointment is one entry of an agenda. The zero value is in none.
type appointment struct {
	// run is called at the time with a batch that is ended for it, without locks.
	run func(t *batch)

	at    int64 // guarded by agenda.mu: unix ms
	place int   // guarded by agenda.mu: index in the heap + 1; 0: not in it
}

const (
	// agendaTurns is how many appointments are kept before the batch is ended, so
	// that what they did for the same clients and the same queues goes together.
	agendaTurns = 64
	// agendaLook is how long the timer sleeps at most, in milliseconds: a clock
	// that was set is noticed.
	agendaLook = 10_000
)

func (g *agenda) init(b *Broker) {
	g.b = b
	g.idle.L = &g.mu
}

// start lets what is due run.
func (g *agenda) start() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.started = true
	g.arm()
}

// stop ends the agenda and waits for what runs. It is called once, by nobody
// that holds a lock.
func (g *agenda) stop() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.ended = true
	if g.timer != nil {
		g.timer.Stop()
	}
	for g.running {
		g.idle.Wait()
	}
}

// set makes a run at the given time, or leaves it at an earlier one.
func (g *agenda) set(a *appointment, at int64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case a.place == 0:
		a.at = at
		g.heap = append(g.heap, a)
		a.place = len(g.heap)
		g.up(len(g.heap) - 1)
	case at < a.at:
		a.at = at
		g.up(a.place - 1)
	default:
		return
	}
	if g.heap[0] == a {
		g.arm()
	}
}

// cancel takes a out. It may be running.
func (g *agenda) cancel(a *appointment) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if a.place != 0 {
		g.remove(a.place - 1)
	}
}

// arm sets the timer to the soonest appointment. REQUIRES mu.
func (g *agenda) arm() {
	if !g.started || g.ended || g.running || len(g.heap) == 0 {
		return
	}
	wait := time.Duration(min(max(g.heap[0].at-g.b.clock(), 0), agendaLook)) * time.Millisecond
	if g.timer == nil {
		g.timer = time.AfterFunc(wait, g.tick)
		return
	}
	g.timer.Reset(wait)
}

// tick runs what is due.
func (g *agenda) tick() {
	g.mu.Lock()
	if g.ended || g.running {
		g.mu.Unlock()
		return
	}
	g.running = true
	g.mu.Unlock()

	t := g.b.borrow()
	for turns := 0; ; turns++ {
		if turns%agendaTurns == agendaTurns-1 {
			t.end()
			g.b.store.Throttle()
			t.tick()
		}
		a := g.due(t.now)
		if a == nil {
			break
		}
		a.run(t)
	}
	g.b.giveBack(t)

	g.mu.Lock()
	g.running = false
	g.arm()
	g.mu.Unlock()
	g.idle.Broadcast()
}

// due takes out the soonest appointment if its time has come.
func (g *agenda) due(now int64) *appointment {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.ended || len(g.heap) == 0 || g.heap[0].at > now {
		return nil
	}
	a := g.heap[0]
	g.remove(0)
	return a
}

// remove takes out the appointment at index i. REQUIRES mu.
func (g *agenda) remove(i int) {
	g.heap[i].place = 0
	last := len(g.heap) - 1
	moved := g.heap[last]
	g.heap[last] = nil
	g.heap = g.heap[:last]
	if cap(g.heap) > 1024 && len(g.heap) < cap(g.heap)/4 {
		g.heap = slices.Clone(g.heap)
	}
	if i < last {
		g.heap[i] = moved
		moved.place = i + 1
		g.down(i)
		g.up(i)
	}
}

// up moves the appointment at index i towards the front. REQUIRES mu.
func (g *agenda) up(i int) {
	a := g.heap[i]
	for i > 0 {
		parent := (i - 1) / 2
		if g.heap[parent].at <= a.at {
			break
		}
		g.heap[i] = g.heap[parent]
		g.heap[i].place = i + 1
		i = parent
	}
	g.heap[i] = a
	a.place = i + 1
}

// down moves the appointment at index i towards the back. REQUIRES mu.
func (g *agenda) down(i int) {
	a := g.heap[i]
	for {
		child := 2*i + 1
		if child >= len(g.heap) {
			break
		}
		if child+1 < len(g.heap) && g.heap[child+1].at < g.heap[child].at {
			child++
		}
		if a.at <= g.heap[child].at {
			break
		}
		g.heap[i] = g.heap[child]
		g.heap[i].place = i + 1
		i = child
	}
	g.heap[i] = a
	a.place = i + 1
}
