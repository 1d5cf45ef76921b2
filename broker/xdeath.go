package broker

import (
	"slices"

	"amqpd/amqp"
	"amqpd/queue"
)

// death is one event of dead-lettering, as the x-death header tells it
// (amqp-behaviour §5.8).
type death struct {
	reason   queue.Reason
	queue    string
	exchange string // it had been published to
	key      string
	at       int64 // seconds since 1970
}

// deaths is a message's x-death header, newest event first.
type deaths []amqp.Table

// cycle tells whether a message that died for reason must not enter a queue
// again: it died there before, and no client rejected it since.
func (ds deaths) cycle(name string, reason queue.Reason) bool {
	if reason == queue.Rejected {
		return false
	}
	for _, entry := range ds {
		if text(entry, "reason") == queue.Rejected.String() {
			return false
		}
		if text(entry, "queue") == name {
			return true
		}
	}
	return false
}

// text is a string field of an x-death entry, "" if there is none.
func text(entry amqp.Table, key string) string {
	v, _ := entry.Get(key)
	s, _ := v.Str()
	return s
}

// record returns the content header of a message that died: x-death and
// x-first-death-* updated, the expiration and, with a dead-letter routing key,
// CC removed, the headers sorted. seen is the new x-death.
func (d death) record(header []byte, to letterTarget) (edited []byte, seen deaths, err error) {
	h, err := amqp.ParseHeader(header)
	if err != nil {
		return nil, nil, err
	}
	p, err := amqp.ParseProperties(h.Flags, h.Props)
	if err != nil {
		return nil, nil, err
	}
	headers, err := amqp.ParseTable(p.Headers)
	if err != nil {
		return nil, nil, err
	}
	old, had := headers.Get("x-death")
	fresh := d.entry(headers, p)
	seen = d.add(readDeaths(old), fresh)
	if !had {
		headers = headers.With("x-first-death-exchange", amqp.LongStr(d.exchange)).
			With("x-first-death-queue", amqp.LongStr(d.queue)).
			With("x-first-death-reason", amqp.LongStr(d.reason.String()))
	}
	values := make([]amqp.Value, len(seen))
	for i, entry := range seen {
		values[i] = amqp.TableOf(entry)
	}
	headers = headers.With("x-death", amqp.ArrayOf(values...))
	if to.hasKey {
		headers = headers.Without("CC")
	}
	headers.Sort()
	edited, err = amqp.Edit{Headers: &headers, RemoveExpiration: true}.Append(nil, header)
	return edited, seen, err
}

// entry is the x-death entry of a first death, in RabbitMQ's order of fields.
func (d death) entry(headers amqp.Table, p amqp.Properties) amqp.Table {
	keys := []amqp.Value{amqp.LongStr(d.key)}
	if cc, ok := headers.Get("CC"); ok {
		if more, ok := cc.Array(); ok {
			for _, v := range more {
				if v.Kind() == amqp.KindLongStr {
					keys = append(keys, v)
				}
			}
		}
	}
	t := amqp.Table{
		{Key: "count", Value: amqp.Long(1)},
		{Key: "reason", Value: amqp.LongStr(d.reason.String())},
		{Key: "queue", Value: amqp.LongStr(d.queue)},
		{Key: "time", Value: amqp.Timestamp(uint64(d.at))},
		{Key: "exchange", Value: amqp.LongStr(d.exchange)},
		{Key: "routing-keys", Value: amqp.ArrayOf(keys...)},
	}
	if p.Has(amqp.FlagExpiration) {
		t = append(t, amqp.Field{Key: "original-expiration", Value: amqp.LongStr(string(p.Expiration))})
	}
	return t
}

// readDeaths reads x-death as it came, which a publisher may have made up: what
// is no array of tables is as good as absent.
func readDeaths(v amqp.Value) deaths {
	entries, _ := v.Array()
	var ds deaths
	for _, e := range entries {
		if t, ok := e.Table(); ok {
			ds = append(ds, t)
		}
	}
	return ds
}

// cause is what two entries of x-death may not have in common.
type cause struct{ queue, reason string }

func causeOf(entry amqp.Table) cause { return cause{text(entry, "queue"), text(entry, "reason")} }

// grouped has one entry for each queue and reason, the first there is. If that has
// no count, it counts as many as there were: RabbitMQ before 3.6 added one each
// time that a message died. An entry that is alone stays as it is.
func (ds deaths) grouped() deaths {
	if len(ds) < 2 {
		return ds
	}
	times := make(map[cause]int64, len(ds))
	for _, entry := range ds {
		times[causeOf(entry)]++
	}
	one := make(deaths, 0, len(times))
	for _, entry := range ds {
		c := causeOf(entry)
		n, first := times[c]
		if !first {
			continue
		}
		delete(times, c)
		if _, counts := entry.Get("count"); !counts {
			entry = append(amqp.Table{{Key: "count", Value: amqp.Long(n)}}, entry...)
		}
		one = append(one, entry)
	}
	return one
}

// add puts a death in front: the entry of the same queue and reason moves up
// with its count raised, or fresh is a new one. An entry that is not the very
// first has its fields sorted, as RabbitMQ does.
func (d death) add(ds deaths, fresh amqp.Table) deaths {
	ds = ds.grouped()
	own := cause{d.queue, d.reason.String()}
	i := slices.IndexFunc(ds, func(t amqp.Table) bool { return causeOf(t) == own })
	if i < 0 {
		if len(ds) > 0 {
			fresh.Sort()
		}
		return append(deaths{fresh}, ds...)
	}
	count, _ := ds[i].Get("count")
	n, _ := count.Int()
	entry := ds[i].With("count", amqp.Long(n+1))
	entry.Sort()
	return slices.Concat(deaths{entry}, ds[:i], ds[i+1:])
}
