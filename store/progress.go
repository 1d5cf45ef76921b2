package store

import (
	"log/slog"
	"time"
)

// progressEvery is how long a start is silent about itself.
const progressEvery = 3 * time.Second

// Progress tells in the log how far a long start has come, and when it will be there. What
// is over soon says nothing. It is for one goroutine.
type Progress struct {
	log         *slog.Logger
	step        string
	begun, told time.Time
}

// Count is how many things of a kind are done, and how many there are.
type Count struct {
	Of          string // what is counted, a plural that can be the key of an attribute
	Done, Total int
}

// NewProgress begins a step of a start.
func NewProgress(log *slog.Logger, step string) *Progress {
	now := time.Now()
	return &Progress{log: log, step: step, begun: now, told: now}
}

// Tell writes a line if the last one was a while ago. The time left supposes that one thing
// takes as long as another, whatever its kind.
func (p *Progress) Tell(counts ...Count) {
	now := time.Now()
	if now.Sub(p.told) < progressEvery {
		return
	}
	p.told = now
	attrs := []any{"step", p.step}
	done, total := 0, 0
	for _, c := range counts {
		attrs = append(attrs, c.Of, c.Done, c.Of+"_total", c.Total)
		done += c.Done
		total += c.Total
	}
	if done > 0 {
		left := now.Sub(p.begun).Seconds() * float64(total-done) / float64(done)
		attrs = append(attrs, "seconds_left", int(max(left, 0)+0.5))
	}
	p.log.Info("recovering", attrs...)
}
