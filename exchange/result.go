package exchange

// Result is what Route found. The zero value is ready; reusing one makes Route
// free of allocations, and the caller must not use it from two goroutines at
// once.
type Result struct {
	// Queues are the names of the queues that get the message, each once. The
	// slice belongs to the Result and is overwritten by its next use; the
	// strings may be kept.
	Queues []string
	// Cacheable is set when Queues follows from the exchange's name and the
	// routing key alone, until the router's Generation changes.
	Cacheable bool
	// History are the names of the exchanges that the message must be added to
	// the [History] of, each once. Overwritten like Queues.
	History []string
	// Holds are the delayed exchanges that keep the message back. Overwritten
	// like Queues.
	Holds []Hold

	// hits counts the destinations that exchanges have led to, repetitions
	// included: an exchange has placed a message even if each of its
	// destinations has been reached before.
	hits int
	// pending are exchanges that still have to be asked.
	pending []*node
	// seen are the ids of all destinations reached, queues and exchanges.
	seen idset
	// keys are the routing key and the sender-selected ones.
	keys [][]byte

	// Working memory that only some exchange types need.
	topic   *topicWalk
	headers *headerWalk
}

// Hold asks the caller to keep a message for a while and then route it from
// the exchange, with its x-delay header negated (amqp-behaviour §3.5).
type Hold struct {
	// Exchange is where the message is to be routed from.
	Exchange string
	// Milliseconds is how long it is to be kept, at least 1.
	Milliseconds int64
}

// reset forgets the previous route. It lets go of borrowed memory.
func (r *Result) reset() {
	r.Queues, r.Cacheable = r.Queues[:0], true
	r.History, r.Holds = r.History[:0], r.Holds[:0]
	r.hits, r.pending = 0, r.pending[:0]
	r.seen.reset()
}

// setKeys takes in the routing key of m and its sender-selected ones.
func (r *Result) setKeys(m *Message, cc, bcc Keys) {
	r.keys = append(r.keys[:0], m.Key)
	for key := range cc.All() {
		r.keys = append(r.keys, key)
	}
	for key := range bcc.All() {
		r.keys = append(r.keys, key)
	}
	if len(r.keys) > 1 {
		r.Cacheable = false
	}
}

// dropKeys lets go of the message's memory, of which the keys are a part.
func (r *Result) dropKeys() {
	clear(r.keys)
	r.keys = r.keys[:0]
}

// add takes in one destination.
func (r *Result) add(d *destination) {
	r.hits++
	if !r.seen.add(d.id) {
		return
	}
	if d.kind == ToQueue {
		r.Queues = append(r.Queues, d.name)
	} else {
		r.pending = append(r.pending, d.node)
	}
}

// visit has an exchange asked, unless it has been or will be.
func (r *Result) visit(n *node) {
	if r.seen.add(n.self.id) {
		r.pending = append(r.pending, n)
	}
}

// addAll takes in a set of destinations. While there is no queue yet, the
// set's queues cannot be repetitions, which makes a large fanout cheap.
func (r *Result) addAll(set *targets) {
	if len(r.Queues) > 0 {
		for i := range set.list {
			r.add(set.list[i].dest)
		}
		return
	}
	for i := range set.list {
		d := set.list[i].dest
		if d.kind == ToExchange {
			r.add(d)
			continue
		}
		r.hits++
		r.seen.push(d.id)
		r.Queues = append(r.Queues, d.name)
	}
}
