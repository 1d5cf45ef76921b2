package exchange

// modulusHash routes to one binding, chosen by a hash of the routing keys
// modulo the number of bindings: the same keys go to the same place until the
// bindings change (amqp-behaviour §3.5).
type modulusHash struct{ line weighted }

func newModulusHash(Exchange, env) matcher { return &modulusHash{} }

func (h *modulusHash) add(b *bound)    { h.line.push(b, 1) }
func (h *modulusHash) remove(b *bound) { h.line.remove(b, 1) }

func (h *modulusHash) match(_ *Message, keys [][]byte, res *Result) {
	if h.line.total > 0 {
		res.add(h.line.find(hashKeys(keys) % h.line.total).dest)
	}
}
