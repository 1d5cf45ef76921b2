package broker

import (
	"fmt"
	"time"

	"amqpd/store"
)

// end settles what arrived in the queue that it came from, puts the rest back,
// and counts. It returns how many arrived.
func (x *transfer) end(t *batch, examined int) (moved int) {
	var gone, back []store.Range
	var trouble *pick // the last that failed, or the first that found no room
	full, failed := false, 0
	for i := range x.picks {
		p := &x.picks[i]
		if p.arrived {
			gone = appendSeq(gone, p.Seq)
			moved++
			x.inARow = 0
			continue
		}
		back = appendSeq(back, p.Seq)
		switch {
		case full:
		case p.err == errFull:
			full, trouble = true, p
			x.at.from, examined = p.Seq, p.nth
		default:
			trouble = p
			failed++
			x.inARow++
		}
	}
	if x.ask.Action != TransferCopy {
		t.tick()
		x.q.endWithheld(t, gone, back)
	}
	x.count(examined, moved, failed, trouble)
	x.table.count(x.ask.Action, moved, failed)
	if over := x.at.from == 0 || x.ask.Limit > 0 && x.view.Moved >= x.ask.Limit; over {
		x.turn(TransferDone, TransferRunning, TransferPaused)
	}
	return moved
}

// appendSeq adds a number to ranges that end before it.
func appendSeq(rs []store.Range, seq uint64) []store.Range {
	if n := len(rs); n > 0 && rs[n-1].To+1 == seq {
		rs[n-1].To = seq
		return rs
	}
	return append(rs, store.Range{From: seq, To: seq})
}

// count notes what a step did. No room pauses the transfer, too many failures
// one behind the other end it.
func (x *transfer) count(examined, moved, failed int, trouble *pick) {
	x.mu.Lock()
	defer x.mu.Unlock()
	v := &x.view
	v.Examined += int64(examined)
	v.Moved += int64(moved)
	v.Failed += int64(failed)
	x.pace.note(time.Now(), v.Moved)
	if trouble == nil {
		return
	}
	v.Error = fmt.Sprintf("message %d: %v", trouble.Seq, trouble.err)
	if v.State != TransferRunning {
		return
	}
	switch {
	case trouble.err == errFull:
		v.State = TransferPaused
	case x.inARow >= transferFailures:
		v.State = TransferFailed
		v.Error = fmt.Sprintf("%d messages one behind the other could not be moved, the last: %s", x.inARow, v.Error)
	}
}

// fail ends the transfer for an error.
func (x *transfer) fail(err error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.view.Error = err.Error()
	if x.view.State == TransferRunning || x.view.State == TransferPaused {
		x.view.State = TransferFailed
	}
}

// pace tells how fast a number grows.
type pace struct {
	at   time.Time // when the number was sum
	sum  int64
	rate float64 // between the last two marks, a second
}

// paceEvery is how far apart marks are.
const paceEvery = time.Second

// note tells the number as it is now.
func (p *pace) note(now time.Time, sum int64) {
	if since := now.Sub(p.at); since >= paceEvery {
		p.rate = float64(sum-p.sum) / since.Seconds()
		p.at, p.sum = now, sum
	}
}

// now is the rate at a moment: of the last second, if there was one, or since
// the last mark, if that was long ago.
func (p *pace) now(now time.Time, sum int64) float64 {
	since := now.Sub(p.at)
	if since < 2*paceEvery && (p.rate > 0 || since <= 0) {
		return p.rate
	}
	return float64(sum-p.sum) / since.Seconds()
}
