package broker

import "amqpd/store"

// recovering counts what a start has brought back, for the log. Only Open uses it.
type recovering struct {
	progress         *store.Progress
	queues, messages store.Count
}

// newRecovering begins to count, against what the definitions and the log have.
func newRecovering(b *Broker) *recovering {
	return &recovering{
		progress: store.NewProgress(b.log, "queues"),
		queues:   store.Count{Of: "queues", Total: b.state.View().Counts().Queues},
		messages: store.Count{Of: "messages", Total: b.store.Stats().References},
	}
}

// took counts messages.
func (r *recovering) took(messages int) {
	r.messages.Done += messages
	r.progress.Tell(r.queues, r.messages)
}

// raised counts a queue.
func (r *recovering) raised() {
	r.queues.Done++
	r.progress.Tell(r.queues, r.messages)
}
