package broker

import (
	"errors"
	"fmt"
)

// Verify checks the invariants of everything that the node has in memory: the
// store, each router and each queue. It returns what does not hold. It may be
// called any time, and takes as long as there are messages: it is for tests and
// diagnosis.
func (b *Broker) Verify() error {
	err := b.store.Verify()
	for d := range b.state.View().Vhosts() {
		v := b.vhost(d.Name)
		if v == nil {
			continue // going
		}
		err = errors.Join(err, v.verify())
	}
	return err
}

func (v *vhost) verify() error {
	err := v.router.Verify()
	for d := range v.b.state.View().Queues(v.name) {
		if q := v.queue(d.Name); q != nil {
			err = errors.Join(err, q.verify())
		}
	}
	if err != nil {
		return fmt.Errorf("vhost %q: %w", v.name, err)
	}
	return nil
}

func (q *localQueue) verify() error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.gone {
		return nil
	}
	return q.core.Verify()
}
