package main

import (
	"fmt"
	"strconv"
	"strings"
)

// protocol is protocol.txt, parsed.
type protocol struct {
	codes   []code
	classes []class
}

type code struct {
	number int
	scope  string // "none", "soft" or "hard"
	name   string // as in reply texts: NOT_FOUND
}

type class struct {
	id      int
	name    string
	methods []method
}

type method struct {
	class   string
	id      int
	name    string
	sender  string // "client", "server" or "both"
	content bool
	args    []arg
}

type arg struct {
	name string
	typ  byte // one of typeNames
}

// typeNames are the argument types and how they are called in comments.
var typeNames = map[byte]string{
	'o': "octet", 'h': "short", 'l': "long", 'L': "longlong",
	's': "shortstr", 'S': "longstr", 'F': "table", 'b': "bit",
}

// initialisms are the words that Go writes in capitals.
var initialisms = map[string]string{"id": "ID"}

// goName turns delete-ok or NOT_FOUND into an exported identifier.
func goName(wire string) string {
	var b strings.Builder
	for word := range strings.FieldsFuncSeq(strings.ToLower(wire), func(r rune) bool { return r == '-' || r == '_' }) {
		if up, ok := initialisms[word]; ok {
			b.WriteString(up)
			continue
		}
		b.WriteString(strings.ToUpper(word[:1]) + word[1:])
	}
	return b.String()
}

// goType is the name of the method's struct: QueueDeclareOk.
func (m method) goType() string { return goName(m.class) + goName(m.name) }

// wireName is what the protocol calls the method: queue.declare-ok.
func (m method) wireName() string { return m.class + "." + m.name }

func parseProtocol(text string) (*protocol, error) {
	p := &protocol{}
	lineNo := 0
	for line := range strings.Lines(text) {
		lineNo++
		fields := strings.Fields(line)
		if len(fields) == 0 || strings.HasPrefix(fields[0], "#") {
			continue
		}
		if err := p.addLine(fields); err != nil {
			return nil, fmt.Errorf("line %d: %w", lineNo, err)
		}
	}
	return p, nil
}

// addLine takes one line that is neither blank nor a comment.
func (p *protocol) addLine(f []string) error {
	if len(f) < 3 {
		return fmt.Errorf("%q: too few fields", strings.Join(f, " "))
	}
	number, err := strconv.ParseUint(f[1], 10, 16)
	if err != nil {
		return err
	}
	switch f[0] {
	case "code":
		return p.addCode(int(number), f[2:])
	case "class":
		p.classes = append(p.classes, class{id: int(number), name: f[2]})
		return nil
	case "method":
		return p.addMethod(int(number), f[2:])
	}
	return fmt.Errorf("%q: neither code, class nor method", f[0])
}

func (p *protocol) addCode(number int, f []string) error {
	if len(f) != 2 {
		return fmt.Errorf("code %d: want scope and name", number)
	}
	switch f[0] {
	case "none", "soft", "hard":
	default:
		return fmt.Errorf("code %d: scope %q", number, f[0])
	}
	p.codes = append(p.codes, code{number: number, scope: f[0], name: f[1]})
	return nil
}

func (p *protocol) addMethod(id int, f []string) error {
	if len(p.classes) == 0 {
		return fmt.Errorf("method %s before its class", f[0])
	}
	if len(f) < 3 {
		return fmt.Errorf("method %s: want name, sender and content", f[0])
	}
	c := &p.classes[len(p.classes)-1]
	m := method{class: c.name, id: id, name: f[0], sender: f[1], content: f[2] == "content"}
	switch m.sender {
	case "client", "server", "both":
	default:
		return fmt.Errorf("method %s: sender %q", m.name, m.sender)
	}
	if !m.content && f[2] != "-" {
		return fmt.Errorf("method %s: content %q", m.name, f[2])
	}
	for _, spec := range f[3:] {
		name, typ, ok := strings.Cut(spec, ":")
		if !ok || len(typ) != 1 || typeNames[typ[0]] == "" {
			return fmt.Errorf("method %s: argument %q", m.name, spec)
		}
		m.args = append(m.args, arg{name: name, typ: typ[0]})
	}
	c.methods = append(c.methods, m)
	return nil
}
