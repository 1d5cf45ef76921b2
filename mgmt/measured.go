package mgmt

import (
	"slices"

	"amqpd/broker"
)

// measured is a figure with its rate and, when a window was asked for, its past:
// what stands under its key and under key_details (management-api §5.1).
type measured struct {
	figure figure
	value  int64
	rate   float64
	past   *past
}

// past is what a figure was through a window.
type past struct {
	window
	values  []int64 // from the oldest on
	divisor []int64 // of a figure that is divided, else nil
}

// measure looks up f of an object that is value now. The series may be nil.
// The caller keeps the sampler from writing to it.
func (s *series) measure(keep retention, f figure, value int64, w *window, now int64) measured {
	m := measured{figure: f, value: value}
	if s == nil {
		s = &series{}
	}
	row := &figureTable[f]
	if row.per == 0 {
		m.rate = s.sumRate(row.sum, value, now)
	}
	if w == nil {
		return m
	}
	m.past = &past{window: *w, values: s.values(keep, row.sum, w, now)}
	if row.per != 0 {
		m.past.divisor = s.values(keep, []figure{row.per}, w, now)
	}
	return m
}

// sumRate is the change per second of figures that together are value at unix
// millisecond now.
func (s *series) sumRate(sum []figure, value, now int64) float64 {
	base := rateBase(now)
	var before int64
	for _, f := range sum {
		before += s.at(f, base)
	}
	return float64(value-before) * 1000 / float64(now-base)
}

// values is the sum of figures through a window.
func (s *series) values(keep retention, sum []figure, w *window, now int64) []int64 {
	values := make([]int64, w.n)
	span := keep.choose(now/1000 - w.first())
	for i := range s.lines {
		switch l := &s.lines[i]; {
		case !slices.Contains(sum, l.figure):
		case l.past != nil:
			l.past[span].add(values, w.first(), w.step, keep[span].step)
		default:
			for i := range values {
				values[i] += l.value
			}
		}
	}
	return values
}

// number is the figure itself.
func (m *measured) number() value {
	if figureTable[m.figure].per != 0 {
		return fraction(float64(m.value) / 1000)
	}
	return whole(m.value)
}

// details is what stands beside it.
func (m *measured) details() value {
	if m.past == nil {
		return of(rate(m.rate))
	}
	return of(m)
}

// rate is details without a past.
type rate float64

func (r rate) write(e *encoder, cols columns) {
	e.begin('{')
	if _, want := cols.descend("rate"); want {
		e.member("rate", fraction(float64(r)), nil)
	}
	e.end('}')
}

func (r rate) member(key string) value {
	if key == "rate" {
		return fraction(float64(r))
	}
	return missing
}

func (m *measured) write(e *encoder, cols columns) {
	e.begin('{')
	for _, key := range []string{"rate", "samples", "avg_rate", "avg"} {
		if _, want := cols.descend(key); want {
			e.member(key, m.member(key), nil)
		}
	}
	e.end('}')
}

func (m *measured) member(key string) value {
	p := m.past
	switch {
	case key == "rate":
		return fraction(m.rate)
	case key == "samples":
		return of(p)
	case p.n < 2:
	case key == "avg_rate":
		return fraction((p.at(p.n-1) - p.at(0)) / float64(int64(p.n-1)*p.step))
	case key == "avg":
		var sum float64
		for i := range p.values {
			sum += p.at(i)
		}
		return fraction(sum / float64(p.n))
	}
	return missing
}

// at is the i-th value, the oldest being 0.
func (p *past) at(i int) float64 {
	v := float64(p.values[i])
	switch {
	case p.divisor == nil:
		return v
	case p.divisor[i] == 0:
		return 0
	}
	return v / float64(p.divisor[i]) / 1000
}

// write writes the samples, the newest first.
func (p *past) write(e *encoder, _ columns) {
	e.begin('[')
	for i := p.n - 1; i >= 0; i-- {
		e.separate()
		sample := whole(p.values[i])
		if p.divisor != nil {
			sample = fraction(p.at(i))
		}
		e.begin('{')
		e.member("sample", sample, nil)
		e.member("timestamp", whole((p.first()+int64(i)*p.step)*1000), nil)
		e.end('}')
	}
	e.end(']')
}

func (p *past) member(string) value { return missing }

// stats are figures as the members of one object, each with its details:
// message_stats, queue_totals, churn_rates.
type stats []measured

func (s stats) write(e *encoder, cols columns) {
	e.begin('{')
	s.members(e, cols)
	e.end('}')
}

// members writes them into an object that is open already.
func (s stats) members(e *encoder, cols columns) {
	for i := range s {
		row := &figureTable[s[i].figure]
		if sub, want := cols.descend(row.key); want {
			e.member(row.key, s[i].number(), sub)
		}
		if sub, want := cols.descend(row.details); want {
			e.member(row.details, s[i].details(), sub)
		}
	}
}

func (s stats) member(key string) value {
	for i := range s {
		switch row := &figureTable[s[i].figure]; key {
		case row.key:
			return s[i].number()
		case row.details:
			return s[i].details()
		}
	}
	return missing
}

// group is counters of message_stats that appear together, once one of them was
// counted (management-api §8.9).
type group []broker.Counter

// The groups of message_stats.
var (
	groupPublish  = group{broker.Publish}
	groupConfirm  = group{broker.Publish, broker.Confirm, broker.ReturnUnroutable, broker.DropUnroutable}
	groupDeliver  = group{broker.Deliver, broker.DeliverNoAck, broker.DeliverGet, broker.Get, broker.GetNoAck, broker.GetEmpty, broker.Redeliver, broker.Ack}
	groupExchange = group{broker.PublishIn, broker.PublishOut}
	groupAll      = slices.Concat(groupConfirm, groupDeliver, group{broker.DiskReads, broker.DiskWrites})
)

// used tells whether one of the group was counted.
func (g group) used(counts *broker.Counters) bool {
	for _, c := range g {
		if counts[c] != 0 {
			return true
		}
	}
	return false
}

// messageStats looks up the groups of message_stats that are used. None gives a
// missing value.
func (s *series) messageStats(keep retention, counts *broker.Counters, w *window, now int64, groups ...group) value {
	var all stats
	for _, g := range groups {
		if !g.used(counts) {
			continue
		}
		for _, c := range g {
			all = append(all, s.measure(keep, figure(c), int64(counts[c]), w, now))
		}
	}
	if all == nil {
		return missing
	}
	return of(all)
}
