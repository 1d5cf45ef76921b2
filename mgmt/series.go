package mgmt

import "unsafe"

// history is the past of one figure, a track for every span of its retention.
type history []track

// newHistory begins before second now with the value that the figure has had.
func newHistory(keep retention, now, value int64) history {
	h := make(history, len(keep))
	for i, s := range keep {
		h[i] = newTrack(stepOf(now, s.step)-1, value)
	}
	return h
}

// stepOf is the number of the step that ends at second now or contains it.
func stepOf(now, step int64) int64 { return (now + step - 1) / step }

// line is one figure of an object: what it was when it was sampled last and,
// when it moved within the longest span, how it came there.
type line struct {
	value  int64
	past   history
	figure figure
}

// series is what is remembered of one object's figures. A figure that has
// always been 0 takes no room. Several lines of one figure count as their sum,
// which only readers make use of. The zero series is ready for use; whoever owns
// it sees to it that nobody reads while put or forget runs.
type series struct{ lines []line }

// line finds a figure, nil where it has always been 0.
func (s *series) line(f figure) *line {
	for i := range s.lines {
		if s.lines[i].figure == f {
			return &s.lines[i]
		}
	}
	return nil
}

// start takes f as having been value for as long as anybody remembers.
func (s *series) start(f figure, value int64) {
	if l := s.line(f); l != nil {
		l.value, l.past = value, nil
	} else if value != 0 {
		s.lines = append(s.lines, line{figure: f, value: value})
	}
}

// note takes down figures, at unix second now or as having always been so.
func (s *series) note(keep retention, now int64, readings []reading) {
	for _, r := range readings {
		if now == always {
			s.start(r.figure, r.value)
		} else {
			s.put(keep, now, r.figure, r.value)
		}
	}
}

// put samples f at unix second now.
func (s *series) put(keep retention, now int64, f figure, value int64) {
	l := s.line(f)
	if l == nil {
		if value == 0 {
			return
		}
		s.lines = append(s.lines, line{figure: f})
		l = &s.lines[len(s.lines)-1]
	}
	if l.past == nil {
		if value == l.value {
			return
		}
		l.past = newHistory(keep, now, l.value)
	}
	l.value = value
	for i, span := range keep {
		at := stepOf(now, span.step)
		l.past[i].put(at, value)
		l.past[i].forget(at - span.age/span.step - 1)
	}
}

// forget drops what no span reaches any more and tells whether any past is left.
func (s *series) forget(keep retention, now int64) bool {
	moved := false
	for i := range s.lines {
		l := &s.lines[i]
		if l.past == nil {
			continue
		}
		flat := true
		for j, span := range keep {
			before := len(l.past[j].buf)
			l.past[j].forget(stepOf(now, span.step) - span.age/span.step - 1)
			l.past[j].pack(before - len(l.past[j].buf))
			flat = flat && l.past[j].flat()
		}
		if flat {
			l.past = nil
		} else {
			moved = true
		}
	}
	return moved
}

// octets is about what the series takes.
func (s *series) octets() int {
	n := cap(s.lines) * int(unsafe.Sizeof(line{}))
	for i := range s.lines {
		for j := range s.lines[i].past {
			n += s.lines[i].past[j].octets()
		}
	}
	return n
}

// rateSpan is the least time a rate is taken over, in milliseconds: shorter ones
// jump with every batch of a client.
const rateSpan = 3000

// rateBase is the sampled moment, in unix milliseconds, that a rate at now is
// taken from: between rateSpan and a tick more ago.
func rateBase(now int64) int64 { return (now - rateSpan) / (tick * 1000) * (tick * 1000) }

// at returns what f was at unix millisecond base, a moment when samples are taken
// and not long ago.
func (s *series) at(f figure, base int64) (sum int64) {
	for i := range s.lines {
		switch l := &s.lines[i]; {
		case l.figure != f:
		case l.past == nil:
			sum += l.value
		default:
			sum += l.past[0].value(base / (tick * 1000))
		}
	}
	return sum
}

// rate is the change of f per second up to unix millisecond now, when it has
// value.
func (s *series) rate(f figure, value, now int64) float64 {
	base := rateBase(now)
	return float64(value-s.at(f, base)) * 1000 / float64(now-base)
}
