package mgmt

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// tree finds the routes of a path. Its levels are the path's segments; where a
// fixed word and a variable both fit the word is tried first.
type tree struct {
	words    map[string]*tree
	variable *tree
	leaf     *leaf // nil: no path ends here
}

// leaf is all that a path takes.
type leaf struct {
	names  []string         // variables in the order of the path
	routes map[string]route // by method
	allow  string           // the value of the header of that name
}

// methodOrder is the order of the header allow (management-api §1).
var methodOrder = []string{http.MethodHead, http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions}

// newTree arranges rows. A row that is there twice, or that names one variable
// twice, is a mistake in the table.
func newTree(rows []route) *tree {
	root := &tree{}
	for _, row := range rows {
		root.add(row)
	}
	return root
}

func (t *tree) add(row route) {
	var names []string
	at := t
	for segment := range strings.SplitSeq(strings.TrimPrefix(row.path, "/"), "/") {
		if name, isVariable := variableName(segment); isVariable {
			if slices.Contains(names, name) {
				panic("BUG: " + row.path + " has two variables named " + name)
			}
			names = append(names, name)
			if at.variable == nil {
				at.variable = &tree{}
			}
			at = at.variable
			continue
		}
		if at.words == nil {
			at.words = map[string]*tree{}
		}
		if at.words[segment] == nil {
			at.words[segment] = &tree{}
		}
		at = at.words[segment]
	}
	if at.leaf == nil {
		at.leaf = &leaf{names: names, routes: map[string]route{}}
	}
	if _, taken := at.leaf.routes[row.method]; taken || !slices.Equal(names, at.leaf.names) {
		panic("BUG: two routes for " + row.method + " " + row.path)
	}
	at.leaf.routes[row.method] = row
	at.leaf.allow = allowed(at.leaf.routes)
}

// variableName takes "{vhost}" apart.
func variableName(segment string) (name string, isVariable bool) {
	if strings.HasPrefix(segment, "{") && strings.HasSuffix(segment, "}") {
		return segment[1 : len(segment)-1], true
	}
	return "", false
}

// allowed lists methods in their fixed order.
func allowed(routes map[string]route) string {
	var methods []string
	for _, m := range methodOrder {
		_, has := routes[m]
		if m == http.MethodHead {
			_, has = routes[http.MethodGet]
		}
		if has || m == http.MethodOptions {
			methods = append(methods, m)
		}
	}
	return strings.Join(methods, ", ")
}

// splitPath decodes the segments of an escaped path, each once, so that an
// escaped slash stays inside its name. One slash at the end does not count. It
// reports false for a path with an empty segment and for a broken escape.
func splitPath(escaped string) (segments []string, ok bool) {
	escaped = strings.TrimSuffix(strings.TrimPrefix(escaped, "/"), "/")
	for segment := range strings.SplitSeq(escaped, "/") {
		decoded, err := url.PathUnescape(segment)
		if err != nil || decoded == "" {
			return nil, false
		}
		segments = append(segments, decoded)
	}
	return segments, true
}

// find gives what a path takes and the values of its variables, in order; nil
// when there is no such path.
func (t *tree) find(segments []string) (*leaf, []string) {
	if len(segments) == 0 {
		return t.leaf, nil
	}
	if next := t.words[segments[0]]; next != nil {
		if l, values := next.find(segments[1:]); l != nil {
			return l, values
		}
	}
	if t.variable != nil {
		if l, values := t.variable.find(segments[1:]); l != nil {
			return l, append([]string{segments[0]}, values...)
		}
	}
	return nil, nil
}
