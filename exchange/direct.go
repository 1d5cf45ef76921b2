package exchange

// direct routes to the bindings whose key is the message's.
type direct struct{ keys map[string]*targets }

func newDirect(Exchange, env) matcher { return &direct{keys: map[string]*targets{}} }

func (d *direct) add(b *bound) {
	set := d.keys[b.key]
	if set == nil {
		set = &targets{}
		d.keys[b.key] = set
	}
	set.add(b.dest)
}

func (d *direct) remove(b *bound) {
	set := d.keys[b.key]
	set.remove(b.dest)
	if set.empty() {
		delete(d.keys, b.key)
	}
}

func (d *direct) match(_ *Message, keys [][]byte, res *Result) {
	for _, key := range keys {
		if set := d.keys[string(key)]; set != nil {
			res.addAll(set)
		}
	}
}
