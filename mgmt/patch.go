package mgmt

import (
	"bytes"
	"strconv"
)

// Patches. What changed between two answers of one route is told as a JSON Patch
// (RFC 6902) with the operations add, remove and replace. Both texts are compared
// as they are: what is equal is passed over as octets, and only objects and lists
// that differ are looked into.

// Bounds of what is compared part by part; larger ones are replaced.
const (
	maxPatchMembers = 256
	maxPatchDepth   = 32
)

// identities are the members by which an item of a list is known again after
// others came before it. A wrong guess costs octets and nothing else.
var identities = [][]byte{
	[]byte(`"name"`), []byte(`"vhost"`), []byte(`"timestamp"`), []byte(`"user"`), []byte(`"source"`), []byte(`"destination"`),
	[]byte(`"properties_key"`), []byte(`"consumer_tag"`), []byte(`"channel_details"`), []byte(`"id"`), []byte(`"component"`),
}

// patcher makes one patch. The texts are JSON without faults, as an encoder of
// this package wrote them.
type patcher struct {
	out  []byte
	max  int // octets of a patch that is worth it
	path []byte
	any  bool // an operation stands in out
}

// makePatch returns the patch that turns old into new, and false when it would
// be no shorter than new.
func makePatch(old, new []byte) ([]byte, bool) {
	p := &patcher{out: make([]byte, 0, 512), max: len(new)}
	p.out = append(p.out, '[')
	p.compare(old, new, 0)
	p.out = append(p.out, ']')
	return p.out, len(p.out) <= p.max
}

// compare writes what turns old into new, both at p.path.
func (p *patcher) compare(old, new []byte, depth int) {
	if bytes.Equal(old, new) || len(p.out) > p.max {
		return
	}
	switch {
	case depth < maxPatchDepth && old[0] == '{' && new[0] == '{':
		p.objects(old, new, depth)
	case depth < maxPatchDepth && old[0] == '[' && new[0] == '[':
		p.lists(old, new, depth)
	default:
		p.operation("replace", new)
	}
}

// operation writes one operation on p.path; value nil is none.
func (p *patcher) operation(op string, value []byte) {
	if p.any {
		p.out = append(p.out, ',')
	}
	p.any = true
	p.out = append(append(append(p.out, `{"op":"`...), op...), `","path":"`...)
	p.out = append(append(p.out, p.path...), '"')
	if value != nil {
		p.out = append(append(p.out, `,"value":`...), value...)
	}
	p.out = append(p.out, '}')
}

// below runs f with a key, as it stands in JSON, added to the path.
func (p *patcher) below(key []byte, f func()) {
	n := len(p.path)
	p.path = append(p.path, '/')
	for _, c := range key {
		switch c {
		case '~':
			p.path = append(p.path, "~0"...)
		case '/':
			p.path = append(p.path, "~1"...)
		default:
			p.path = append(p.path, c)
		}
	}
	f()
	p.path = p.path[:n]
}

// at runs f with an index added to the path.
func (p *patcher) at(i int, f func()) {
	n := len(p.path)
	p.path = strconv.AppendInt(append(p.path, '/'), int64(i), 10)
	f()
	p.path = p.path[:n]
}

// pair is a member of an object, or an item of a list, which has no key. Texts
// are as they stand, keys with their quotation marks.
type pair struct{ key, value []byte }

// objects compares two objects. Keys that stand there twice or with escapes are
// none of this package's, and such objects are replaced.
func (p *patcher) objects(old, new []byte, depth int) {
	was, is := parts(old), parts(new)
	if !plainKeys(was) || !plainKeys(is) {
		p.operation("replace", new)
		return
	}
	for i, m := range was {
		if findKey(is, m.key, i) < 0 {
			p.below(bare(m.key), func() { p.operation("remove", nil) })
		}
	}
	for i, m := range is {
		j := findKey(was, m.key, i)
		p.below(bare(m.key), func() {
			if j < 0 {
				p.operation("add", m.value)
			} else {
				p.compare(was[j].value, m.value, depth+1)
			}
		})
	}
}

// bare is a key without its quotation marks.
func bare(key []byte) []byte { return key[1 : len(key)-1] }

// findKey finds a key, first where it stood in the other object; -1 without it.
func findKey(members []pair, key []byte, guess int) int {
	if guess < len(members) && bytes.Equal(members[guess].key, key) {
		return guess
	}
	for i := range members {
		if bytes.Equal(members[i].key, key) {
			return i
		}
	}
	return -1
}

// plainKeys tells whether keys are few, without escapes and each there once.
func plainKeys(members []pair) bool {
	if len(members) > maxPatchMembers {
		return false
	}
	for i := range members {
		key := members[i].key
		if bytes.IndexByte(key, '\\') >= 0 {
			return false
		}
		for j := range i {
			if bytes.Equal(members[j].key, key) {
				return false
			}
		}
	}
	return true
}

// lists compares two lists: items that are known again stay, in their order, and
// are compared; the others are removed, from the back, and added, from the
// front.
func (p *patcher) lists(old, new []byte, depth int) {
	was, is := parts(old), parts(new)
	stays := matchItems(was, is)
	for i := len(was) - 1; i >= 0; i-- {
		if stays[i] < 0 {
			p.at(i, func() { p.operation("remove", nil) })
		}
	}
	next := 0
	for j := range is {
		for next < len(was) && stays[next] < 0 {
			next++
		}
		p.at(j, func() {
			if next < len(was) && stays[next] == j {
				p.compare(was[next].value, is[j].value, depth+1)
				next++
			} else {
				p.operation("add", is[j].value)
			}
		})
	}
}

// matchItems gives for each item of was its place in is, -1 for none. The places
// rise.
func matchItems(was, is []pair) []int {
	stays := make([]int, len(was))
	place := make(map[string]int, len(is))
	for j := range is {
		place[identity(is[j].value, j)] = j
	}
	last := -1
	for i := range was {
		stays[i] = -1
		if j, known := place[identity(was[i].value, i)]; known && j > last {
			stays[i], last = j, j
		}
	}
	return stays
}

// identity is what an item is known by: some of its members; its text if it has
// none of them and is no object or list; else its place.
func identity(item []byte, at int) string {
	switch item[0] {
	case '{':
		var id []byte
		for _, m := range parts(item) {
			for _, key := range identities {
				if bytes.Equal(m.key, key) {
					id = append(append(append(id, m.key...), m.value...), ',')
				}
			}
		}
		if id != nil {
			return string(id)
		}
		return strconv.Itoa(at)
	case '[':
		return strconv.Itoa(at)
	}
	return string(item)
}

// parts takes an object or a list apart.
func parts(text []byte) (list []pair) {
	isObject := text[0] == '{'
	for i := skipSpace(text, 1); text[i] != '}' && text[i] != ']'; {
		var m pair
		if isObject {
			end := skipString(text, i)
			m.key = text[i:end]
			i = skipSpace(text, skipSpace(text, end)+1)
		}
		end := skipValue(text, i)
		m.value = text[i:end]
		list = append(list, m)
		if i = skipSpace(text, end); text[i] == ',' {
			i = skipSpace(text, i+1)
		}
	}
	return list
}

// skipSpace is the next place from i on without white space.
func skipSpace(text []byte, i int) int {
	for text[i] == ' ' || text[i] == '\n' || text[i] == '\t' || text[i] == '\r' {
		i++
	}
	return i
}

// skipString is the place behind the string at i.
func skipString(text []byte, i int) int {
	for i++; text[i] != '"'; i++ {
		if text[i] == '\\' {
			i++
		}
	}
	return i + 1
}

// skipValue is the place behind the value at i.
func skipValue(text []byte, i int) int {
	depth := 0
	for i < len(text) {
		switch text[i] {
		case '"':
			i = skipString(text, i)
			if depth == 0 {
				return i
			}
			continue
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth < 0 {
				return i
			}
			if depth == 0 {
				return i + 1
			}
		case ',', ' ', '\n', '\t', '\r':
			if depth == 0 {
				return i
			}
		}
		i++
	}
	return i
}
