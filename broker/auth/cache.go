package auth

// cacheSize is how many decisions of each sort a channel remembers, as in
// RabbitMQ (amqp-behaviour §8).
const cacheSize = 12

// Cache remembers what one channel's user was allowed in the channel's virtual
// host, so that a publish to the same exchange is not decided again. Refusals
// are not remembered. It belongs to one goroutine; the zero value is empty.
//
// A permission that is revoked keeps working until Clear is called: when the
// channel has been idle, and when permissions have changed.
type Cache struct {
	resources ring[resourceKey]
	topics    ring[topicKey]
}

type resourceKey struct {
	access Access
	kind   Kind
	name   string
}

type topicKey struct {
	access        Access
	exchange, key string
}

// Authorize is Authorizer.Authorize with memory. The user and virtual host
// must be the same in every call.
func (c *Cache) Authorize(a *Authorizer, user, vhost string, access Access, kind Kind, name string) error {
	key := resourceKey{access, kind, name}
	if c.resources.has(key) {
		return nil
	}
	if err := a.Authorize(user, vhost, access, kind, name); err != nil {
		return err
	}
	c.resources.add(key)
	return nil
}

// AuthorizeTopic is Authorizer.AuthorizeTopic with memory.
func (c *Cache) AuthorizeTopic(a *Authorizer, user, vhost string, access Access, exchange, routingKey string) error {
	key := topicKey{access, exchange, routingKey}
	if c.topics.has(key) {
		return nil
	}
	if err := a.AuthorizeTopic(user, vhost, access, exchange, routingKey); err != nil {
		return err
	}
	c.topics.add(key)
	return nil
}

// Clear forgets everything.
func (c *Cache) Clear() { *c = Cache{} }

// ring keeps the latest cacheSize keys. Its zero value is empty.
type ring[K comparable] struct {
	keys   [cacheSize]K
	used   int // keys that are valid
	oldest int // where the next one goes once all are used
	latest int // the one found or added last: most often it is asked again
}

func (r *ring[K]) has(key K) bool {
	if r.used > 0 && r.keys[r.latest] == key {
		return true
	}
	for i := range r.used {
		if r.keys[i] == key {
			r.latest = i
			return true
		}
	}
	return false
}

func (r *ring[K]) add(key K) {
	at := r.used
	if at < cacheSize {
		r.used++
	} else {
		at = r.oldest
		r.oldest = (r.oldest + 1) % cacheSize
	}
	r.keys[at] = key
	r.latest = at
}
