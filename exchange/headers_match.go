package exchange

import "amqpd/amqp"

// headerWalk is the working memory of one match. The fields are those headers
// of the message that some condition asks for.
//
// position finds a field by the id of its name. It is never cleared: an entry
// counts only if the field it points to is of that name.
type headerWalk struct {
	fields   []headerField
	position []uint32
	values   []byte // the comparable forms of the fields' values
}

type headerField struct {
	name       *headerName
	start, end int // its value in headerWalk.values
}

func (h *headers) match(m *Message, _ [][]byte, res *Result) {
	if res.headers == nil {
		res.headers = &headerWalk{}
	}
	walk := res.headers
	h.read(m.Headers, walk)
	for _, p := range h.always {
		res.add(p.spec.dest)
	}
	for _, f := range walk.fields {
		walk.follow(f.name.present, res)
		if list := f.name.values[string(walk.values[f.start:f.end])]; list != nil {
			walk.follow(*list, res)
		}
	}
	clear(walk.fields) // bindings may go before the Result does
}

// read fills walk with the headers that conditions ask for. Of headers with
// the same name the first counts.
func (h *headers) read(raw []byte, walk *headerWalk) {
	walk.fields, walk.values = walk.fields[:0], walk.values[:0]
	if missing := int(h.ids) - len(walk.position); missing > 0 {
		walk.position = append(walk.position, make([]uint32, missing)...)
	}
	for key, v := range amqp.Fields(raw) {
		name := h.names[string(key)]
		if name == nil || walk.field(name) != nil {
			continue
		}
		f := headerField{name: name, start: len(walk.values)}
		walk.values = name.appendValue(walk.values, v)
		f.end = len(walk.values)
		walk.position[name.id] = uint32(len(walk.fields))
		walk.fields = append(walk.fields, f)
	}
}

// appendValue adds the comparable form of v. A table or array that no
// condition on this header could want is left out, because making its form
// costs; nothing equals it then, which is the truth.
func (n *headerName) appendValue(dst []byte, v amqp.RawValue) []byte {
	nested := v.Kind == amqp.KindTable || v.Kind == amqp.KindArray
	if nested && len(v.Data) > 0 && n.nested == 0 {
		return dst
	}
	return appendComparable(dst, v)
}

// field returns the message's header of that name, nil if it has none.
func (w *headerWalk) field(name *headerName) *headerField {
	at := w.position[name.id]
	if int(at) < len(w.fields) && w.fields[at].name == name {
		return &w.fields[at]
	}
	return nil
}

// follow adds to res what the bindings of a list lead to that match.
func (w *headerWalk) follow(list postings, res *Result) {
	for _, p := range list {
		if p.spec.any || w.holdsAll(p.spec.conditions) {
			res.add(p.spec.dest)
		}
	}
}

func (w *headerWalk) holdsAll(conditions []condition) bool {
	for i := range conditions {
		c := &conditions[i]
		f := w.field(c.name)
		if f == nil || c.value != "" && c.value != string(w.values[f.start:f.end]) {
			return false
		}
	}
	return true
}
