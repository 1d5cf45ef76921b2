package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// matching compares one answer with its shape. The same field of all items of a
// list is one place, so that a list of a hundred that lacks a field says so once.
type matching struct {
	record record
	places map[string]*place
	faults map[string]fault // by path, the first one
}

// fault is one difference between an answer and the record.
type fault struct {
	field string // the name of the field that differs, "" for none
	text  string
}

// place is a field at its path.
type place struct {
	name          string
	presence      presence
	objects, seen int // that should have it; that have it
}

// compare tells what is wrong with the value, by path.
func (r record) compare(v any, s *shape) []fault {
	m := matching{record: r, places: map[string]*place{}, faults: map[string]fault{}}
	m.value(v, s, "")
	for path, p := range m.places {
		if p.presence == always && p.seen < p.objects || p.presence == sometimes && p.seen == 0 {
			m.faults[path] = fault{p.name, fmt.Sprintf("%s is in %d of %d", path, p.seen, p.objects)}
		}
	}
	var list []fault
	for _, path := range slices.Sorted(maps.Keys(m.faults)) {
		list = append(list, m.faults[path])
	}
	return list
}

func (m *matching) value(v any, s *shape, path string) {
	s = m.record.resolve(s)
	if len(s.types) > 0 && !slices.ContainsFunc(s.types, func(t string) bool { return isOf(v, t) }) {
		m.fault(path, "is %s, want %s", text(v), strings.Join(s.types, " or "))
		return
	}
	switch v := v.(type) {
	case string:
		if s.values != nil && !slices.Contains(s.values, v) {
			m.fault(path, "is %q, want one of %q", v, s.values)
		}
	case map[string]any:
		m.object(v, s, path)
	case []any:
		for _, item := range v {
			if s.items != nil {
				m.value(item, s.items, path+"[]")
			}
		}
	}
}

func (m *matching) object(v map[string]any, s *shape, path string) {
	fields := m.fieldsOf(v, s, &path)
	known := map[string]bool{}
	for _, f := range fields {
		known[f.name] = true
		at := path + "." + f.name
		p := m.places[at]
		if p == nil {
			p = &place{name: f.name, presence: f.shape.presence}
			m.places[at] = p
		}
		p.objects++
		if value, there := v[f.name]; there {
			p.seen++
			m.value(value, f.shape, at)
		}
	}
	for name, value := range v {
		if s.others != nil && !known[name] {
			m.value(value, s.others, path+".*")
		}
	}
}

// fieldsOf is the fields that the object should have. What belongs to one of the
// shape's cases is a place of its own: *path gets the value that it depends on.
func (m *matching) fieldsOf(v map[string]any, s *shape, path *string) []field {
	if len(s.cases) == 0 {
		return s.fields
	}
	key := s.cases[0].key
	i := slices.IndexFunc(s.cases, func(c shapeCase) bool { return c.value == v[key] })
	if i < 0 {
		m.fault(*path+"."+key, "is %s, which was not recorded", text(v[key]))
		return s.fields
	}
	*path += fmt.Sprintf("<%v>", v[key])
	return slices.Concat(s.fields, m.record.resolve(s.cases[i].shape).fields)
}

func (m *matching) fault(path, format string, args ...any) {
	if path == "" {
		path = "the answer"
	}
	if _, known := m.faults[path]; !known {
		m.faults[path] = fault{path[strings.LastIndexByte(path, '.')+1:], path + " " + fmt.Sprintf(format, args...)}
	}
}

// isOf tells whether the value is of the JSON type. An integer is a number
// without a point: many clients are strict there.
func isOf(v any, kind string) bool {
	switch v := v.(type) {
	case nil:
		return kind == "null"
	case bool:
		return kind == "boolean"
	case json.Number:
		return kind == "number" || kind == "integer" && !strings.ContainsAny(v.String(), ".eE")
	case string:
		return kind == "string"
	case []any:
		return kind == "array"
	default:
		return kind == "object"
	}
}

// text is the beginning of a value as JSON.
func text(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return fmt.Sprintf("%.120s", b)
}
