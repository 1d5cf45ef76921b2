package main

import (
	"fmt"
	"slices"
	"strings"
)

// presence says in how many objects of an answer a field is.
type presence int

const (
	always    presence = iota
	sometimes          // in one at least
	may                // in any number
)

// shape is what a value looks like. A shape with a name is nothing else.
type shape struct {
	name     string // of the shape that this one stands for, "" for none
	types    []string
	presence presence // as a field
	values   []string // that a string may have; nil for any
	fields   []field
	others   *shape // of the fields that are not listed; nil for any
	items    *shape // of an array; nil for any
	cases    []shapeCase
}

// field is a named part of an object.
type field struct {
	name  string
	shape *shape
}

// shapeCase is what objects have besides if their field key says value.
type shapeCase struct {
	key, value string
	shape      *shape
}

// record is the shapes by name.
type record map[string]*shape

// resolve follows the names of a shape to what they stand for.
func (r record) resolve(s *shape) *shape {
	for s.name != "" {
		s = r[s.name]
	}
	return s
}

// readShapes reads the notation that doc.go describes.
func readShapes(text string) (record, error) {
	found := record{}
	var open []*shape // the shape that lines of each indent belong to
	for i, line := range strings.Split(text, "\n") {
		content := strings.TrimLeft(line, "\t")
		if content == "" || content[0] == '#' {
			continue
		}
		depth := len(line) - len(content)
		if depth > len(open) {
			return nil, fmt.Errorf("line %d: indented too far", i+1)
		}
		var within *shape
		if depth > 0 {
			within = open[depth-1]
		}
		inner, err := found.readLine(within, content)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", i+1, err)
		}
		open = append(open[:depth], inner)
	}
	return found, found.check()
}

// readLine adds one line to the shape that it belongs to, nil for none. It
// returns the shape that deeper lines belong to.
func (r record) readLine(within *shape, line string) (*shape, error) {
	name, rest, _ := strings.Cut(line, " ")
	if within == nil {
		if name != "shape" {
			return nil, fmt.Errorf("%q is no shape", line)
		}
		name, rest, _ = strings.Cut(rest, " ")
		if r[name] != nil {
			return nil, fmt.Errorf("shape %s is there twice", name)
		}
	}
	if name == "when" {
		condition, types, _ := strings.Cut(rest, " ")
		key, value, ok := strings.Cut(condition, "=")
		if !ok {
			return nil, fmt.Errorf("%q has no KEY=VALUE", line)
		}
		s, err := readTypes(types)
		within.cases = append(within.cases, shapeCase{key, value, s})
		return s.innermost(), err
	}
	s, err := readTypes(rest)
	switch {
	case within == nil:
		r[name] = s
	case name == "*":
		within.others = s
	default:
		within.fields = append(within.fields, field{name, s})
	}
	return s.innermost(), err
}

// readTypes reads what follows the name in a line.
func readTypes(text string) (*shape, error) {
	top := &shape{}
	text, values, limited := strings.Cut(text, " in ")
	s := top
	for i, word := range strings.Fields(text) {
		switch {
		case word == "sometimes":
			top.presence = sometimes
		case word == "may":
			top.presence = may
		case word == "of":
			s.items = &shape{}
			s = s.items
		case strings.HasPrefix(word, "@"):
			s.name = word[1:]
		case i > 0 && s == top:
			return top, fmt.Errorf("what does %q mean?", word)
		case word != "any":
			s.types = strings.Split(word, "|")
		}
	}
	if limited {
		s.values = strings.Split(values, "|")
	}
	return top, nil
}

// innermost is the shape that deeper lines describe: an array's items.
func (s *shape) innermost() *shape {
	for s.items != nil {
		s = s.items
	}
	return s
}

var jsonTypes = []string{"null", "boolean", "integer", "number", "string", "array", "object"}

// check finds types that JSON does not have and names of no shape.
func (r record) check() error {
	for name, s := range r {
		if err := s.each(func(s *shape) error {
			for _, t := range s.types {
				if !slices.Contains(jsonTypes, t) {
					return fmt.Errorf("shape %s: JSON has no type %q", name, t)
				}
			}
			if s.name != "" && r[s.name] == nil {
				return fmt.Errorf("shape %s: there is no shape %q", name, s.name)
			}
			return nil
		}); err != nil {
			return err
		}
	}
	return nil
}

// each calls f for the shape and those in it, until one fails.
func (s *shape) each(f func(*shape) error) error {
	if s == nil {
		return nil
	}
	err := f(s)
	for _, inner := range s.fields {
		if err == nil {
			err = inner.shape.each(f)
		}
	}
	for _, c := range s.cases {
		if err == nil {
			err = c.shape.each(f)
		}
	}
	for _, inner := range []*shape{s.others, s.items} {
		if err == nil {
			err = inner.each(f)
		}
	}
	return err
}
