package broker

import (
	"log/slog"
	"sync"
	"time"

	"amqpd/amqp"
)

// heartbeat keeps one connection alive in both directions. It ticks at half
// the interval: every tick sends a heartbeat if nothing else was sent since the
// last, every second tick checks that something came in; two silent checks in a
// row end the connection (amqp-behaviour §1.9).
type heartbeat struct {
	mu       sync.Mutex
	timer    *time.Timer // nil: no heartbeats
	half     time.Duration
	stopped  bool
	first    bool  // the next tick is the first and sends in any case
	odd      bool  // the next tick does not check the client
	sent     int64 // octets for the client up to the last tick, written or waiting
	received int64 // conn.received at the last check
	missed   int   // silent checks in a row
}

// start begins to tick; interval 0 disables both directions.
func (h *heartbeat) start(c *conn, interval time.Duration) {
	if interval == 0 {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.half, h.first, h.odd = interval/2, true, true
	h.received = c.received.Load()
	h.timer = time.AfterFunc(h.half, func() { h.tick(c) })
}

// stop ends the ticks.
func (h *heartbeat) stop() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.stopped = true
	if h.timer != nil {
		h.timer.Stop()
	}
}

// interval is the negotiated interval, 0 for none.
func (h *heartbeat) interval() time.Duration { return 2 * h.half }

func (h *heartbeat) tick(c *conn) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.stopped {
		return
	}
	if written := c.out.written.Load(); (written == h.sent || h.first) && c.out.size.Load() == 0 {
		c.out.append(amqp.FrameOverhead, amqp.AppendHeartbeat)
		c.out.flush()
	}
	h.sent, h.first = c.out.written.Load()+c.out.size.Load(), false
	if h.odd = !h.odd; h.odd && h.silent(c) {
		c.log.Warn("missed heartbeats from client", slog.Duration("interval", h.interval()))
		c.hangUp()
		return
	}
	h.timer.Reset(h.half)
}

// silent tells whether the client has been quiet for too long. REQUIRES mu.
func (h *heartbeat) silent(c *conn) bool {
	received := c.received.Load()
	if received != h.received || c.blocked.Load() {
		h.received, h.missed = received, 0
		return false
	}
	h.missed++
	return h.missed >= 2
}
