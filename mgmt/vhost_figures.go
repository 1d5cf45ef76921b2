package mgmt

// vhostFigures are a virtual host's figures. They are left out before there was
// something to count (management-api §8.8).
var vhostFigures = func() (fields shape[*vhostRow]) {
	fields = shape[*vhostRow]{{"message_stats", func(r *vhostRow) value {
		return r.read.messageStats(&r.totals.Stats, groupConfirm, groupDeliver)
	}}}
	for _, f := range []figure{figMessages, figReady, figUnacked, figReceived, figSent} {
		row := figureTable[f]
		fields = append(fields,
			field[*vhostRow]{row.key, func(r *vhostRow) value { return r.figure(f, (*measured).number) }},
			field[*vhostRow]{row.details, func(r *vhostRow) value { return r.figure(f, (*measured).details) }})
	}
	return fields
}()

// figure is what show makes of one figure.
func (r *vhostRow) figure(f figure, show func(*measured) value) value {
	t := &r.totals
	w, now, counted := r.read.lengths, t.Messages(), t.Queues > 0 || t.Stats.Any()
	switch f {
	case figReady:
		now = t.Ready
	case figUnacked:
		now = t.Unacked
	case figReceived:
		w, now, counted = r.read.data, int64(t.Received), t.Received+t.Sent > 0
	case figSent:
		w, now, counted = r.read.data, int64(t.Sent), t.Received+t.Sent > 0
	}
	if !counted {
		return missing
	}
	found := r.read.figure(f, now, w)
	return show(&found)
}
