package exchange

import (
	"strings"

	"amqpd/amqp"
)

const (
	argMatch   = "x-match"
	skipPrefix = "x-"
)

// headerMode is what a value of x-match means.
type headerMode struct {
	any   bool // one condition is enough
	withX bool // arguments that begin with "x-" are conditions too
}

// headerModes are the values of x-match; without the argument it is "all".
var headerModes = map[string]headerMode{
	"all":        {},
	"any":        {any: true},
	"all-with-x": {withX: true},
	"any-with-x": {any: true, withX: true},
}

func checkMatchArgument(_ Exchange, b Binding) string {
	v, ok := b.Arguments.Get(argMatch)
	if !ok {
		return ""
	}
	name, ok := v.Str()
	if !ok {
		return "Invalid x-match field type " + v.TypeName() + " (value " + printTerm(v) + "); expected longstr"
	}
	if _, ok := headerModes[name]; !ok {
		return "Invalid x-match field value " + printString(name) + "; expected all, any, all-with-x, or any-with-x"
	}
	return ""
}

// headers routes by the message's headers (amqp-behaviour §3.5). A binding's
// arguments are conditions: a header is present, or it is present with a
// certain value. The matcher is an index from condition to bindings, so a
// message costs what its headers hit and not what is bound:
//
//	"format" ── present ── posting, posting
//	         ├─ "pdf"   ── posting
//	         └─ "zip"   ── posting, posting, posting
//
// A binding that wants any of its conditions is posted under each of them,
// and a hit is a match. A binding that wants all is posted under one, its
// rarest at the time, and a hit makes the others be checked.
type headers struct {
	names  map[string]*headerName
	ids    uint32   // name ids given out so far
	free   []uint32 // name ids that are free
	always postings // bindings without conditions that want all of them
	specs  map[*bound]*headerSpec
}

// headerName is a header that conditions ask for.
type headerName struct {
	name    string
	id      uint32
	refs    int // conditions on it
	nested  int // conditions that want a table or array
	present postings
	values  map[string]*postings // by comparable form
}

// headerSpec is a binding with its arguments understood.
type headerSpec struct {
	dest       *destination
	any        bool
	conditions []condition
	at         int // position in always, if it stands there
}

// condition asks for a header and, unless value is empty, for its value.
type condition struct {
	name  *headerName
	value string // comparable form, never empty for a value; "" asks for presence
	at    int    // position in the list it is posted in; -1 if it is in none
}

// posting is a condition in a list of the index.
type posting struct {
	spec      *headerSpec
	condition int // index in spec.conditions; -1 in the list always
}

// postings is an unordered list from which each posting can be removed at
// once, because its condition knows its position.
type postings []posting

func (p *postings) push(item posting) {
	item.setPosition(len(*p))
	*p = append(*p, item)
}

func (p *postings) removeAt(at int) {
	list := *p
	last := len(list) - 1
	list[at] = list[last]
	list[at].setPosition(at)
	list[last] = posting{}
	*p = list[:last]
}

func (p posting) setPosition(at int) {
	if p.condition < 0 {
		p.spec.at = at
	} else {
		p.spec.conditions[p.condition].at = at
	}
}

func newHeaders(Exchange, env) matcher {
	return &headers{names: map[string]*headerName{}, specs: map[*bound]*headerSpec{}}
}

func (h *headers) add(b *bound) {
	spec := h.compile(b)
	h.specs[b] = spec
	switch {
	case len(spec.conditions) == 0 && spec.any: // matches nothing
	case len(spec.conditions) == 0:
		h.always.push(posting{spec, -1})
	case spec.any:
		for i := range spec.conditions {
			spec.conditions[i].list().push(posting{spec, i})
		}
	default:
		rarest := 0
		for i := range spec.conditions {
			if spec.conditions[i].frequency() < spec.conditions[rarest].frequency() {
				rarest = i
			}
		}
		spec.conditions[rarest].list().push(posting{spec, rarest})
	}
}

func (h *headers) remove(b *bound) {
	spec := h.specs[b]
	delete(h.specs, b)
	if len(spec.conditions) == 0 && !spec.any {
		h.always.removeAt(spec.at)
	}
	for i := range spec.conditions {
		c := &spec.conditions[i]
		if c.at >= 0 {
			c.unpost()
		}
		h.release(c.name, c.nested())
	}
}

// compile reads a binding's arguments, which checkMatchArgument has accepted.
func (h *headers) compile(b *bound) *headerSpec {
	spec := &headerSpec{dest: b.dest}
	if b.args == nil {
		return spec
	}
	match, _ := b.args.table.Get(argMatch)
	name, _ := match.Str()
	mode := headerModes[name]
	spec.any = mode.any
	for _, f := range b.args.table {
		if f.Key == argMatch || !mode.withX && strings.HasPrefix(f.Key, skipPrefix) {
			continue
		}
		c := condition{name: h.nameOf(f.Key), at: -1}
		if f.Value.Kind() != amqp.KindVoid {
			c.value = comparableForm(f.Value)
		}
		c.name.refs++
		c.name.nested += c.nested()
		spec.conditions = append(spec.conditions, c)
	}
	return spec
}

// nameOf returns the header of that name, made if need be.
func (h *headers) nameOf(name string) *headerName {
	if n := h.names[name]; n != nil {
		return n
	}
	n := &headerName{name: name, values: map[string]*postings{}}
	if last := len(h.free) - 1; last >= 0 {
		n.id, h.free = h.free[last], h.free[:last]
	} else {
		n.id = h.ids
		h.ids++
	}
	h.names[name] = n
	return n
}

// release counts one condition less on a header.
func (h *headers) release(n *headerName, nested int) {
	n.nested -= nested
	if n.refs--; n.refs == 0 {
		delete(h.names, n.name)
		h.free = append(h.free, n.id)
	}
}

// nested is 1 for a condition that wants a table or array, else 0.
func (c *condition) nested() int {
	if c.value != "" && (c.value[0] == amqp.KindTable || c.value[0] == amqp.KindArray) {
		return 1
	}
	return 0
}

// frequency is how many bindings are posted under the condition.
func (c *condition) frequency() int {
	if c.value == "" {
		return len(c.name.present)
	}
	if list := c.name.values[c.value]; list != nil {
		return len(*list)
	}
	return 0
}

// list returns the postings of the condition, made if need be.
func (c *condition) list() *postings {
	if c.value == "" {
		return &c.name.present
	}
	list := c.name.values[c.value]
	if list == nil {
		list = &postings{}
		c.name.values[c.value] = list
	}
	return list
}

// unpost takes the condition out of its list.
func (c *condition) unpost() {
	list := c.list()
	list.removeAt(c.at)
	if len(*list) == 0 && c.value != "" {
		delete(c.name.values, c.value)
	}
}
