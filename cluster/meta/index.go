package meta

import (
	"iter"

	"github.com/google/btree"
)

// degree of the trees: nodes hold 16 to 31 items. A change copies one node per
// level, so small nodes cost less garbage; the depth for a million items is 5.
const degree = 16

// owner is the right to change tree nodes in place. Each transaction has its
// own; what carries an older one is shared with published views and is copied
// before it is changed.
type owner struct{ _ byte } // not empty: two owners must have two addresses

// tree is a persistent ordered set: a struct copy of a tree is a second,
// independent tree that shares all nodes.
//
// Invariant: items of a tree that a View can reach never change, because
// changing them goes through own, which clones once per owner. Any number of
// goroutines may clone one tree: those that try definitions do so beside the one
// writer.
type tree[T any] struct {
	items *btree.BTreeG[T]
	owner *owner
}

// newTree makes an empty tree. It keeps no list of free nodes: that would cost
// each of many small trees memory, and nodes that a View holds are never free.
func newTree[T any](less btree.LessFunc[T]) tree[T] {
	return tree[T]{items: btree.NewWithFreeListG(degree, less, btree.NewFreeListG[T](0))}
}

func (t *tree[T]) own(o *owner) {
	if t.owner != o {
		items := *t.items // Clone writes a mark into what it clones
		t.items = items.Clone()
		t.owner = o
	}
}

// put inserts item or replaces its equal, and says whether there was one.
func (t *tree[T]) put(o *owner, item T) (replaced bool) {
	t.own(o)
	_, replaced = t.items.ReplaceOrInsert(item)
	return replaced
}

func (t *tree[T]) remove(o *owner, item T) {
	t.own(o)
	t.items.Delete(item)
}

// from walks all items that are not less than pivot, in order.
func (t tree[T]) from(pivot T) iter.Seq[T] {
	return func(yield func(T) bool) { t.items.AscendGreaterOrEqual(pivot, yield) }
}

func (t tree[T]) all() iter.Seq[T] {
	return func(yield func(T) bool) { t.items.Ascend(yield) }
}

// entry is an item of an index.
type entry[V any] struct {
	key   string
	value V
}

// index is a tree of values by name.
type index[V any] struct{ tree tree[entry[V]] }

func newIndex[V any]() index[V] {
	return index[V]{newTree(func(a, b entry[V]) bool { return a.key < b.key })}
}

func (x *index[V]) get(key string) (V, bool) {
	e, ok := x.tree.items.Get(entry[V]{key: key})
	return e.value, ok
}

func (x *index[V]) put(o *owner, key string, value V) (replaced bool) {
	return x.tree.put(o, entry[V]{key, value})
}

func (x *index[V]) remove(o *owner, key string) { x.tree.remove(o, entry[V]{key: key}) }

func (x *index[V]) len() int { return x.tree.items.Len() }

// all walks the values in the order of their keys.
func (x index[V]) all() iter.Seq[V] { return x.from("") }

// from walks the values whose keys are key or come after it.
func (x index[V]) from(key string) iter.Seq[V] {
	return func(yield func(V) bool) {
		x.tree.items.AscendGreaterOrEqual(entry[V]{key: key}, func(e entry[V]) bool {
			return yield(e.value)
		})
	}
}
