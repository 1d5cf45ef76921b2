package exchange

// searchTargets is up to how many members a target set is searched one by
// one; past it, it keeps an index.
const searchTargets = 8

// targets is a set of destinations that counts how many bindings put each
// one in: two bindings of a queue that differ only in their arguments are two
// bindings and one target.
type targets struct {
	list  []target
	index map[*destination]int // position in list; nil while the list is short
}

type target struct {
	dest *destination
	refs int
}

func (t *targets) find(d *destination) (at int, ok bool) {
	if t.index != nil {
		at, ok = t.index[d]
		return at, ok
	}
	for i := range t.list {
		if t.list[i].dest == d {
			return i, true
		}
	}
	return 0, false
}

// add counts one more binding to d.
func (t *targets) add(d *destination) {
	if at, ok := t.find(d); ok {
		t.list[at].refs++
		return
	}
	t.list = append(t.list, target{dest: d, refs: 1})
	switch {
	case t.index != nil:
		t.index[d] = len(t.list) - 1
	case len(t.list) > searchTargets:
		t.index = make(map[*destination]int, 2*len(t.list))
		for i := range t.list {
			t.index[t.list[i].dest] = i
		}
	}
}

// remove counts one binding to d less. The last member takes the place of one
// that goes.
func (t *targets) remove(d *destination) {
	at, ok := t.find(d)
	if !ok {
		panic("BUG: removing a target that was never added: " + d.name)
	}
	if t.list[at].refs--; t.list[at].refs > 0 {
		return
	}
	last := len(t.list) - 1
	t.list[at] = t.list[last]
	t.list[last] = target{}
	t.list = t.list[:last]
	if t.index == nil {
		return
	}
	delete(t.index, d)
	if at < last {
		t.index[t.list[at].dest] = at
	}
	if last <= searchTargets/2 {
		t.index = nil
	}
}

func (t *targets) empty() bool { return len(t.list) == 0 }
