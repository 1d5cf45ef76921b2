package broker

import (
	"sync/atomic"
	"testing"
	"testing/synctest"

	"amqpd/amqp"
	"amqpd/store"
)

// Nothing is answered that rests on what the disk does not have yet, whoever asked for it.
func TestAnswersWaitForWhatTheyRestOn(t *testing.T) {
	queue := &amqp.QueueDeclare{Queue: "q", Durable: true}
	exchange := &amqp.ExchangeDeclare{Exchange: "x", Type: "fanout", Durable: true}
	bind := &amqp.QueueBind{Queue: "q", Exchange: "amq.fanout"}
	message := raw(publishing(1, "", "q", false, persistent, "m"))
	for _, c := range []struct {
		name   string
		before []outgoing // done before; an answer comes to each
		first  outgoing   // of somebody else, and it waits for the disk
		then   outgoing
	}{
		{"a queue that was just declared", nil, queue, queue},
		{"a look at one", nil, queue, &amqp.QueueDeclare{Queue: "q", Passive: true}},
		{"a queue that was just deleted", []outgoing{queue}, &amqp.QueueDelete{Queue: "q"}, &amqp.QueueDelete{Queue: "q"}},
		{"a publish to one", []outgoing{queue, &amqp.ConfirmSelect{}}, &amqp.QueueDelete{Queue: "q"}, message},
		{"an exchange that was just declared", nil, exchange, exchange},
		{"an exchange that was just deleted", []outgoing{exchange}, &amqp.ExchangeDelete{Exchange: "x"}, &amqp.ExchangeDelete{Exchange: "x"}},
		{"a binding that was just made", []outgoing{queue}, bind, bind},
		{"a binding that was just undone", []outgoing{queue, bind},
			&amqp.QueueUnbind{Queue: "q", Exchange: "amq.fanout"}, &amqp.QueueUnbind{Queue: "q", Exchange: "amq.fanout"}},
		{"a purge", []outgoing{queue, &amqp.ConfirmSelect{}, message}, nil, &amqp.QueuePurge{Queue: "q"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var disk stalled
			timed(t, Options{SegmentSize: 1 << 20, FS: &store.FaultyFS{FS: store.NewMemoryFS(), Before: disk.before}}, func(t *testing.T, b *Broker, k *client) {
				k.guest()
				for _, m := range c.before {
					k.send(1, m)
					k.next()
				}
				other := pipe(t, b)
				other.patience = 0
				other.guest()
				release := disk.stall()
				if c.first != nil {
					other.send(1, c.first)
					synctest.Wait()
				}
				answer := make(chan amqp.Frame, 1)
				k.send(1, c.then)
				go func() { answer <- k.next() }()
				synctest.Wait()
				if len(answer) > 0 {
					t.Error("answered before the disk has it")
				}
				release()
				<-answer
			})
		})
	}
}

// raw is frames that are sent as they are.
type raw []byte

func (r raw) Append(b []byte, _ uint16) []byte { return append(b, r...) }

// stalled is a disk whose syncs can be held up.
type stalled struct{ gate atomic.Pointer[chan struct{}] }

// stall holds up the syncs that begin from now on, until release.
func (s *stalled) stall() (release func()) {
	gate := make(chan struct{})
	s.gate.Store(&gate)
	return func() {
		s.gate.Store(nil)
		close(gate)
	}
}

func (s *stalled) before(op store.Op) error {
	if gate := s.gate.Load(); op.Kind == store.OpSync && gate != nil {
		<-*gate
	}
	return nil
}
