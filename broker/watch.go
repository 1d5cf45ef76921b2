package broker

import (
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"amqpd/cluster/meta"
)

// Event tells that something came, went or was changed: a definition, a
// connection or a transfer. Channels and consumers are not told of: clients make and drop them
// by the thousand.
type Event struct {
	Kind   string // "queue", "exchange", "binding", "vhost", "user", "connection", "transfer", "policy", "permission", ...
	Action string // "created", "deleted", or "changed" for what may have been there before
	Vhost  string // "" for what is in none
	Name   string // of a binding its source, of a permission the user, of a transfer its id
	To     string // of a binding its destination, else ""
	User   string // of a connection or a transfer whose it is, else ""
}

// watchers are those who want to be told of events.
type watchers struct {
	any  atomic.Bool // so that nobody pays where nobody watches
	mu   sync.Mutex
	list []*func(Event) // guarded by mu
}

// Watch has f called with every event from now on, in the order in which things
// happened, until stop is called. f runs with locks held: it returns at once and
// calls nothing of the broker. When stop has returned f is not called any more.
func (b *Broker) Watch(f func(Event)) (stop func()) {
	w := &b.watchers
	w.mu.Lock()
	defer w.mu.Unlock()
	w.list = append(w.list, &f)
	w.any.Store(true)
	return func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.list = slices.DeleteFunc(w.list, func(g *func(Event)) bool { return g == &f })
		w.any.Store(len(w.list) > 0)
	}
}

// tell tells everybody who watches.
func (w *watchers) tell(events ...Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, e := range events {
		for _, f := range w.list {
			(*f)(e)
		}
	}
}

// tellChange tells of a change of definitions. REQUIRES definitions.
func (b *Broker) tellChange(c meta.Command, r *meta.Result) {
	if !b.watchers.any.Load() {
		return
	}
	b.watchers.tell(objectEvents("deleted", &r.Removed)...)
	b.watchers.tell(objectEvents("created", &r.Added)...)
	if len(r.Changes) == 0 {
		return
	}
	for _, c := range singly(c) {
		if e, ok := otherEvent(c, r); ok {
			b.watchers.tell(e)
		}
	}
}

// objectEvents are the events of objects that came or went.
func objectEvents(action string, o *meta.Objects) []Event {
	var list []Event
	for _, name := range o.Vhosts {
		list = append(list, Event{Kind: "vhost", Action: action, Vhost: name, Name: name})
	}
	for _, name := range o.Users {
		list = append(list, Event{Kind: "user", Action: action, Name: name})
	}
	for _, x := range o.Exchanges {
		list = append(list, Event{Kind: "exchange", Action: action, Vhost: x.Vhost, Name: x.Name})
	}
	for _, q := range o.Queues {
		list = append(list, Event{Kind: "queue", Action: action, Vhost: q.Vhost, Name: q.Name})
	}
	for _, k := range o.Bindings {
		list = append(list, Event{Kind: "binding", Action: action, Vhost: k.Vhost, Name: k.Source, To: k.Destination})
	}
	return list
}

// otherEvent is the event of a command that objectEvents says nothing of:
// policies, permissions, parameters and limits, and another password or other
// tags of a user or virtual host that was there.
func otherEvent(c meta.Command, r *meta.Result) (Event, bool) {
	d := meta.Describe(c)
	kind, action, _ := strings.Cut(d.Action, ".")
	e := Event{Kind: kind, Action: "changed", Vhost: d.Vhost, Name: d.Object}
	if action == "delete" {
		e.Action = "deleted"
	}
	switch kind {
	case "queue", "exchange", "binding":
		return e, false
	case "vhost":
		return e, e.Action == "changed" && !slices.Contains(r.Added.Vhosts, d.Object)
	case "user":
		return e, e.Action == "changed" && !slices.Contains(r.Added.Users, d.Object)
	}
	return e, true
}

// tellConnection tells that a connection is open, or was.
func (b *Broker) tellConnection(s *session, action string) {
	if b.watchers.any.Load() {
		b.watchers.tell(Event{Kind: "connection", Action: action, Vhost: s.vhost, Name: s.id.Name, User: s.user})
	}
}
