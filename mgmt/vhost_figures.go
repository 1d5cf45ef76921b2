package mgmt

import "amqpd/broker"

// vhostFigures are a virtual host's figures. They are left out before there was
// something to count (management-api §8.8).
var vhostFigures = func() (fields shape[vhostRow]) {
	fields = shape[vhostRow]{{"message_stats", func(r vhostRow) value {
		t, read := r.totals()
		return read.messageStats(&t.Stats, groupConfirm, groupDeliver)
	}}}
	for _, f := range []figure{figMessages, figReady, figUnacked, figReceived, figSent} {
		row := figureTable[f]
		fields = append(fields,
			field[vhostRow]{row.key, func(r vhostRow) value { return r.figure(f, (*measured).number) }},
			field[vhostRow]{row.details, func(r vhostRow) value { return r.figure(f, (*measured).details) }})
	}
	return fields
}()

// totals are the virtual host's figures now, and its place in the sampler.
func (r vhostRow) totals() (broker.Totals, readout) {
	t, _ := r.c.s.broker.VhostTotals(r.v.Name, false)
	s := r.c.s.sampler
	s.mu.RLock()
	defer s.mu.RUnlock()
	return t, readout{sampler: s, series: s.vhosts.find(r.v.Name), keep: retainGlobal, windows: *r.w}
}

// figure is what show makes of one figure.
func (r vhostRow) figure(f figure, show func(*measured) value) value {
	t, read := r.totals()
	w, now := r.w.lengths, t.Messages()
	switch f {
	case figReady:
		now = t.Ready
	case figUnacked:
		now = t.Unacked
	case figReceived:
		w, now = r.w.data, int64(t.Received)
	case figSent:
		w, now = r.w.data, int64(t.Sent)
	}
	counted := t.Queues > 0 || t.Stats.Any()
	if f == figReceived || f == figSent {
		counted = t.Received+t.Sent > 0
	}
	if !counted {
		return missing
	}
	found := read.figure(f, now, w)
	return show(&found)
}

// vhostWindows reads what a query asks of the past of virtual hosts, and brings
// their totals up to date.
func (c *call) vhostWindows(fault string) (*windows, error) {
	w, err := c.windows(fault)
	c.s.broker.Totals()
	return &w, err
}
