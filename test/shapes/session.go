package main

import (
	"fmt"
	"strings"
)

// request is one line of the session with its attributes.
type request struct {
	id, method, path string
	statuses         []string

	as, password string // who asks: a name; "nobody" sends no credentials
	needs        string // it is only made if a request proved this
	proves       string // what it proves if it succeeds
	body         string
	headers      [][2]string
	only         string // the path to the field by which the run's items are told from others
	maybeNone    bool   // the list may have none of the run's items
	some         bool   // the list must not be empty
	like         *shape
	gives        [][2]string // header, regular expression
	says         string      // the answer, as JSON
}

// section is the requests between two headings.
type section struct {
	name     string
	requests []request
}

// attributes are what the lines below a request may say.
var attributes = map[string]func(*request, string) error{
	// as {NAME} [wrong]: with that user's password, or a wrong one; or nobody
	"as": func(r *request, text string) error {
		r.as, r.password, _ = strings.Cut(text, " ")
		return nil
	},
	"needs":  func(r *request, text string) error { r.needs = text; return nil },
	"proves": func(r *request, text string) error { r.proves = text; return nil },
	"json":   func(r *request, text string) error { r.body = text; return nil },
	// text "...": the same, for a body that is no JSON: quoted as a Go string
	"text": func(r *request, text string) (err error) { r.body, err = unquoted(text); return err },
	"send": func(r *request, text string) error { r.headers = append(r.headers, pair(text)); return nil },
	// only FIELD [may be none]: vhost, user, name, or a path to one of them
	"only": func(r *request, text string) error {
		r.only, _, r.maybeNone = strings.Cut(text, " ")
		return nil
	},
	"some":  func(r *request, _ string) error { r.some = true; return nil },
	"like":  func(r *request, text string) (err error) { r.like, err = readTypes(text); return err },
	"gives": func(r *request, text string) error { r.gives = append(r.gives, pair(text)); return nil },
	"says":  func(r *request, text string) error { r.says = text; return nil },
}

func pair(text string) [2]string {
	a, b, _ := strings.Cut(text, " ")
	return [2]string{a, b}
}

// readSession reads the notation that doc.go describes.
func readSession(text string) ([]section, error) {
	var found []section
	ids := map[string]bool{}
	for i, line := range strings.Split(text, "\n") {
		if line == "" || line[0] == '#' {
			continue
		}
		if name, ok := strings.CutPrefix(line, "section "); ok {
			found = append(found, section{name: name})
			continue
		}
		if len(found) == 0 {
			return nil, fmt.Errorf("line %d: outside of a section", i+1)
		}
		if err := found[len(found)-1].readLine(line, ids); err != nil {
			return nil, fmt.Errorf("line %d: %w", i+1, err)
		}
	}
	return found, nil
}

// readLine adds a request, or an attribute to the last one.
func (s *section) readLine(line string, ids map[string]bool) error {
	if attribute, ok := strings.CutPrefix(line, "\t"); ok {
		name, rest, _ := strings.Cut(attribute, " ")
		set := attributes[name]
		if set == nil || len(s.requests) == 0 {
			return fmt.Errorf("%q is no attribute", line)
		}
		return set(&s.requests[len(s.requests)-1], rest)
	}
	words := strings.Fields(line)
	if len(words) != 4 {
		return fmt.Errorf("%q is no request", line)
	}
	id := s.name + "/" + words[0]
	if ids[id] {
		return fmt.Errorf("%s is there twice", id)
	}
	ids[id] = true
	s.requests = append(s.requests, request{id: id, method: words[1], path: words[2], statuses: strings.Split(words[3], "|")})
	return nil
}
