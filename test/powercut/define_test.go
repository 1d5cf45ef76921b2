package powercut

import (
	"errors"
	"fmt"
	"strconv"

	amqp "github.com/rabbitmq/amqp091-go"

	"amqpd/broker"
	"amqpd/cluster/meta"
	"amqpd/policy"
)

// present is the value of what is there.
const present = "present"

// definer declares and deletes what others declare and delete at the same time.
func definer(w *worker) {
	for w.goes() {
		i := strconv.Itoa(w.random.IntN(2))
		value := present
		if w.random.IntN(2) == 0 {
			value = absent
		}
		what := w.random.IntN(3)
		name := []string{"queue d.", "exchange e.", "binding k."}[what] + i
		done := w.ledger.changing(name, value)
		if w.define(what, i, value == present) != nil {
			return
		}
		done()
		w.pause(3)
	}
}

// define declares, or binds, or takes back.
func (w *worker) define(what int, i string, there bool) (err error) {
	switch {
	case what == 0 && there:
		_, err = w.ch.QueueDeclare("d."+i, true, false, false, false, nil)
	case what == 0:
		_, err = w.ch.QueueDelete("d."+i, false, false, false)
	case what == 1 && there:
		err = w.ch.ExchangeDeclare("e."+i, "direct", true, false, false, false, nil)
	case what == 1:
		err = w.ch.ExchangeDelete("e."+i, false, false)
	case there:
		err = w.ch.QueueBind("plain.0", "k."+i, "hub", false, nil)
	default:
		err = w.ch.QueueUnbind("plain.0", "k."+i, "hub", nil)
	}
	return err
}

// operator sets a policy that changes how many messages a queue may have, users and
// permissions.
func operator(w *worker) {
	for n := 1; w.goes(); n++ {
		done := w.ledger.changing("policy capping", strconv.Itoa(n))
		w.apply(meta.PutPolicy{Policy: capping("capping", n)})
		done()
		name := fmt.Sprint("user.", w.random.IntN(2))
		done = w.ledger.changing("user "+name, present)
		w.apply(meta.PutUser{User: meta.User{Name: name}})
		done()
		w.pause(10)
		done = w.ledger.changing("user "+name, absent)
		w.apply(meta.DeleteUser{Name: name})
		done()
		w.pause(10)
	}
}

func capping(name string, n int) policy.Policy {
	return policy.Policy{Vhost: "/", Name: name, Pattern: "^capped$", ApplyTo: "queues", Priority: n, Definition: policy.Definition{"max-length": int64(4 + n%4)}}
}

// apply changes definitions as the management API does.
func (w *worker) apply(c meta.Command) {
	if err := w.Apply(c); err != nil && !errors.Is(err, meta.ErrNotFound) {
		w.t.Errorf("%T: %v", c, err)
	}
}

// importer imports definitions: all of a file, or nothing.
func importer(w *worker) {
	for n := 1; w.goes(); n++ {
		done := w.ledger.changing("imports", strconv.Itoa(n))
		w.apply(meta.Batch{Commands: []meta.Command{
			meta.PutPolicy{Policy: capping("import.a", -n)}, meta.PutPolicy{Policy: capping("import.b", -n)},
		}})
		done()
		w.pause(20)
	}
}

// lookUp reads the value of each register out of the definitions.
func lookUp(n *node) map[string]string {
	view := n.Definitions()
	values := map[string]string{}
	for q := range view.Queues("/") {
		values["queue "+q.Name] = present
	}
	for x := range view.Exchanges("/") {
		values["exchange "+x.Name] = present
	}
	for b := range view.BindingsFrom("/", "hub") {
		values["binding "+b.Key] = present
	}
	for u := range view.Users() {
		values["user "+u.Name] = present
	}
	for _, p := range view.Policies("/") {
		values["policy "+p.Name] = strconv.Itoa(p.Priority)
	}
	if a, b := values["policy import.a"], values["policy import.b"]; a == b {
		if a != absent {
			values["imports"] = a[1:]
		}
	} else {
		values["imports"] = fmt.Sprintf("torn: %s and %s", a, b)
	}
	return values
}

// filler publishes to a queue that others delete if it is empty. What it was told is kept
// apart from their purges.
func filler(w *worker) {
	returns := w.ch.NotifyReturn(make(chan amqp.Return, 1000))
	for err := w.ch.Confirm(false); err == nil && w.goes(); w.pause(6) {
		err = w.fill(returns)
	}
}

func (w *worker) fill(returns <-chan amqp.Return) error {
	w.purging.Lock()
	defer w.purging.Unlock()
	m, c, err := w.send(nil, true, "cond")
	if err != nil || !c.Wait() {
		return err
	}
	select {
	case <-returns: // which come before their confirms
		w.ledger.lettingGo(m.copies...)
	default:
		w.ledger.isConfirmed(m)
	}
	return nil
}

// emptier tries to delete the queue, and sometimes purges it.
func emptier(w *worker) {
	for w.goes() {
		_, err := w.ch.QueueDelete("cond", false, true, false)
		var refused *amqp.Error
		switch {
		case err == nil:
			_, err = w.ch.QueueDeclare("cond", true, false, false, false, nil)
		case errors.As(err, &refused) && refused.Code == amqp.PreconditionFailed:
			if w.ch, err = w.conn.Channel(); err == nil && w.random.IntN(2) == 0 {
				err = w.empty()
			}
		}
		if err != nil {
			return
		}
		w.pause(6)
	}
}

// empty purges the queue, which somebody else may have deleted.
func (w *worker) empty() error {
	w.purging.Lock()
	defer w.purging.Unlock()
	w.ledger.lettingGo(w.ledger.copiesIn("cond")...)
	_, err := w.ch.QueuePurge("cond", false)
	var missing *amqp.Error
	if errors.As(err, &missing) && missing.Code == amqp.NotFound {
		w.ch, err = w.conn.Channel()
	}
	return err
}

// transferrer moves messages by the management API's means.
func transferrer(w *worker) {
	for w.goes() {
		a, err := w.As(broker.Actor{User: "guest", Via: "http"}, "/")
		if err != nil {
			w.t.Error(err)
			return
		}
		to := "to"
		v, err := a.Transfer(broker.TransferRequest{Queue: "from", Action: broker.TransferMove, ToQueue: &to, Limit: int64(1 + w.random.IntN(5))})
		for err == nil && v.State == broker.TransferRunning && w.goes() {
			w.pause(2)
			v, _ = w.Transfer(v.ID)
		}
		if err != nil || v.State == broker.TransferFailed {
			w.t.Errorf("transfer: %v %+v", err, v)
			return
		}
		w.pause(10)
	}
}

// expirer leaves queues behind that expire with what is in them, and looks whether all is well.
func expirer(w *worker) {
	for n := 0; w.goes(); n++ {
		name := fmt.Sprint("expiring.", n%3)
		_, err := w.ch.QueueDeclare(name, true, false, false, false, amqp.Table{"x-expires": int32(5)})
		if err == nil {
			err = w.ch.Publish("", name, false, false, amqp.Publishing{DeliveryMode: amqp.Persistent, Body: []byte("none\n")})
		}
		if err != nil {
			return
		}
		w.pause(20)
		if err := w.Verify(); err != nil {
			w.t.Error(err)
			return
		}
	}
}
