package exchange

import "fmt"

// Verify checks the invariants of the router and of every matcher, and
// describes the first that does not hold. It reads everything and holds the
// lock meanwhile, so it is for tests and diagnosis.
func (r *Router) Verify() error {
	r.mu.RLock()
	defer r.mu.RUnlock()
	owners := map[uint32]*destination{}
	inward := 0
	claim := func(d *destination) error {
		if other := owners[d.id]; other != nil {
			return fmt.Errorf("%s %q and %s %q share the id %d", d.kind, d.name, other.kind, other.name, d.id)
		}
		owners[d.id] = d
		inward += d.to.count
		return d.verify()
	}
	for name, d := range r.places.queues {
		if d.name != name || d.kind != ToQueue || d.to.count == 0 {
			return fmt.Errorf("queue %q is known as %q with %d bindings", d.name, name, d.to.count)
		}
		if err := claim(d); err != nil {
			return err
		}
	}
	outward := 0
	for name, n := range r.exchanges {
		if n.x.Name != name || n.self.name != name || n.self.node != n || n.self.kind != ToExchange {
			return fmt.Errorf("exchange %q is known as %q", n.x.Name, name)
		}
		if err := claim(n.self); err != nil {
			return err
		}
		if err := n.verify(r); err != nil {
			return fmt.Errorf("exchange %q: %w", name, err)
		}
		outward += n.from.count
	}
	if inward != outward {
		return fmt.Errorf("%d bindings lead somewhere but %d lead from somewhere", inward, outward)
	}
	for _, id := range r.places.free {
		if d := owners[id]; d != nil {
			return fmt.Errorf("the id %d of %s %q is free as well", id, d.kind, d.name)
		}
	}
	return nil
}

// verify checks the chain of bindings that lead to d.
func (d *destination) verify() error {
	if !d.to.verify() {
		return fmt.Errorf("the %d bindings to %s %q are not linked well", d.to.count, d.kind, d.name)
	}
	for _, b := range d.to.list() {
		if b.dest != d {
			return fmt.Errorf("binding %+v is among those to %s %q", b.binding(), d.kind, d.name)
		}
	}
	return nil
}

// verify checks the bindings from n and its matcher.
func (n *node) verify(r *Router) error {
	if !n.from.verify() {
		return fmt.Errorf("its %d bindings are not linked well", n.from.count)
	}
	for _, b := range n.from.list() {
		if b.source != n {
			return fmt.Errorf("binding %+v is among its own", b.binding())
		}
		if n.bindings[b.identity()] != b {
			return fmt.Errorf("binding %+v is not found by its identity", b.binding())
		}
		if r.place(b.dest.kind, b.dest.name) != b.dest {
			return fmt.Errorf("binding %+v leads to nothing", b.binding())
		}
	}
	if n.from.count != len(n.bindings) {
		return fmt.Errorf("%d bindings are indexed as %d", n.from.count, len(n.bindings))
	}
	if m, ok := n.match.(interface{ verify(bindings int) error }); ok {
		return m.verify(len(n.bindings))
	}
	return nil
}

func (t *topic) verify(int) error { return t.patterns.verify() }

// verify checks the counters of the trie against its edges, and that every
// node is either spare or needed.
func (t *trie) verify() error {
	spare := make(map[uint32]bool, len(t.spare))
	for _, at := range t.spare {
		spare[at] = true
	}
	words, uses := map[uint32]uint32{}, map[uint32]uint32{}
	for e, child := range t.edges {
		parent, label := uint32(e>>32), uint32(e)
		if n := t.nodes[child]; n.parent != parent || n.label != label {
			return fmt.Errorf("node %d hangs below %d by %d, not below %d by %d", child, n.parent, n.label, parent, label)
		}
		words[parent]++
		uses[label]++
	}
	for at := range t.nodes {
		n := &t.nodes[at]
		if n.words != words[uint32(at)] {
			return fmt.Errorf("node %d has %d edges and counts %d", at, words[uint32(at)], n.words)
		}
		idle := n.leaf == nil && n.words == 0 && n.star == 0 && n.hash == 0
		if at > 0 && idle != spare[uint32(at)] {
			return fmt.Errorf("node %d: idle is %v and spare is %v", at, idle, spare[uint32(at)])
		}
		if n.label == labelHash && (n.star != 0 || n.hash != 0) {
			return fmt.Errorf("node %d under # leads on by a wildcard", at)
		}
	}
	for word, id := range t.words {
		if t.texts[id].word != word || t.texts[id].refs != uses[id] {
			return fmt.Errorf("word %q counts %d edges and has %d", word, t.texts[id].refs, uses[id])
		}
	}
	if len(uses) != len(t.words) {
		return fmt.Errorf("%d words are on edges, %d are known", len(uses), len(t.words))
	}
	return nil
}

// verify checks that every posting knows where it stands.
func (h *headers) verify(bindings int) error {
	if len(h.specs) != bindings {
		return fmt.Errorf("%d bindings are compiled, %d exist", len(h.specs), bindings)
	}
	for at, p := range h.always {
		if p.spec.at != at {
			return fmt.Errorf("posting %d thinks it is %d", at, p.spec.at)
		}
	}
	refs := map[*headerName]int{}
	for b, spec := range h.specs {
		posted := 0
		for i := range spec.conditions {
			c := &spec.conditions[i]
			refs[c.name]++
			if c.at < 0 {
				continue
			}
			posted++
			if list := *c.list(); c.at >= len(list) || list[c.at] != (posting{spec, i}) {
				return fmt.Errorf("binding %+v is not posted under %q", b.binding(), c.name.name)
			}
		}
		if all := len(spec.conditions); spec.any && posted != all || !spec.any && posted != min(1, all) {
			return fmt.Errorf("binding %+v is posted %d times", b.binding(), posted)
		}
	}
	for name, n := range h.names {
		if n.name != name || n.refs != refs[n] || n.refs == 0 {
			return fmt.Errorf("header %q has %d conditions and counts %d", name, refs[n], n.refs)
		}
	}
	return nil
}

func (r *random) verify(bindings int) error      { return r.line.verify(bindings) }
func (h *modulusHash) verify(bindings int) error { return h.line.verify(bindings) }

func (c *consistentHash) verify(bindings int) error {
	for dest, same := range c.first {
		for i, b := range same {
			want := uint64(0)
			if i == 0 {
				want = weightOf(b.key)
			}
			if got := c.line.weightOf(b); b.dest != dest || got != want {
				return fmt.Errorf("binding %+v weighs %d, want %d", b.binding(), got, want)
			}
		}
	}
	return c.line.verify(bindings)
}

// verify checks the line's counters against its slots.
func (w *weighted) verify(bindings int) error {
	alive, total := 0, uint64(0)
	for i, b := range w.slots {
		if b == nil {
			continue
		}
		if int(b.slot) != i+1 {
			return fmt.Errorf("slot %d thinks it is %d", i+1, b.slot)
		}
		alive++
		total += w.weightOf(b)
	}
	if alive != w.alive || alive != bindings || total != w.total {
		return fmt.Errorf("%d slots of %d buckets are counted as %d of %d for %d bindings",
			alive, total, w.alive, w.total, bindings)
	}
	return nil
}
