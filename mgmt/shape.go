package mgmt

import (
	"slices"
	"strings"
)

// shape is what a resource of type T looks like: its keys, and how the value of
// each is found. T is a pointer or a small struct.
type shape[T any] []field[T]

type field[T any] struct {
	key string
	get func(T) value
}

// in binds an object of the shape to be written.
func (s shape[T]) in(t T) value { return of(shaped[T]{s, t}) }

// member is the value under a key.
func (s shape[T]) member(t T, key string) value {
	for _, f := range s {
		if f.key == key {
			return f.get(t)
		}
	}
	return missing
}

// without is the shape but for a key.
func (s shape[T]) without(key string) shape[T] {
	return slices.DeleteFunc(slices.Clone(s), func(f field[T]) bool { return f.key == key })
}

// shaped is one object of a shape.
type shaped[T any] struct {
	shape shape[T]
	of    T
}

func (o shaped[T]) write(e *encoder, cols columns) {
	e.begin('{')
	for _, f := range o.shape {
		if sub, want := cols.descend(f.key); want {
			e.member(f.key, f.get(o.of), sub)
		}
	}
	e.end('}')
}

func (o shaped[T]) member(key string) value { return o.shape.member(o.of, key) }

// columns is what the parameter of that name asks for: keys, and below each the
// keys of its value. nil asks for everything.
type columns map[string]columns

// parseColumns reads "name,message_stats.publish_details.rate".
func parseColumns(text string) columns {
	if text == "" {
		return nil
	}
	all := columns{}
	for path := range strings.SplitSeq(text, ",") {
		all.add(strings.Split(path, "."))
	}
	return all
}

// add asks for what is under path. Whoever asks for a whole value and for part
// of it gets the whole.
func (c columns) add(path []string) {
	sub, known := c[path[0]]
	switch {
	case len(path) == 1:
		c[path[0]] = nil
	case known && sub == nil:
	default:
		if sub == nil {
			sub = columns{}
			c[path[0]] = sub
		}
		sub.add(path[1:])
	}
}

// descend tells whether key is asked for, and what of its value.
func (c columns) descend(key string) (sub columns, want bool) {
	if c == nil {
		return nil, true
	}
	sub, want = c[key]
	return sub, want
}
