package meta

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"amqpd/amqp"
	"amqpd/policy"
)

// coder walks the fields of a command or record in one fixed order, either
// writing them to buf or reading them from it. A type states its fields once,
// in its code method, so its two directions cannot differ.
//
//	string, bytes   uvarint length, octets
//	bool            one octet, 0 or 1
//	uint64          uvarint
//	int64, int      zigzag varint
//	list            uvarint count, items
//	table           uvarint length, the fields as on the wire
//	definition      uvarint count, (key, value) sorted by key; value: see tag*
type coder struct {
	buf     []byte // written so far, or left to read
	reading bool
	err     error // the first while reading; from then on everything reads as zero

	// names holds one copy of each text that name has read, or is nil for no
	// sharing. Loading a million bindings needs it.
	names map[string]string
}

func (c *coder) fail(what string) {
	if c.err == nil {
		c.err = fmt.Errorf("%w: %s", ErrDecode, what)
	}
	c.buf = nil
}

// end is the error of a reading that should have come to its end.
func (c *coder) end() error {
	if c.err == nil && len(c.buf) > 0 {
		c.fail("octets left over")
	}
	return c.err
}

func (c *coder) octet(b *byte) {
	if !c.reading {
		c.buf = append(c.buf, *b)
		return
	}
	*b = 0
	if len(c.buf) == 0 {
		c.fail("too short")
		return
	}
	*b, c.buf = c.buf[0], c.buf[1:]
}

func (c *coder) boolean(b *bool) {
	var octet byte
	if *b && !c.reading {
		octet = 1
	}
	c.octet(&octet)
	if octet > 1 {
		c.fail("bool")
	}
	*b = octet == 1
}

func (c *coder) uint64(n *uint64) {
	if !c.reading {
		c.buf = binary.AppendUvarint(c.buf, *n)
		return
	}
	v, size := binary.Uvarint(c.buf)
	if size <= 0 {
		c.fail("number")
		*n = 0
		return
	}
	*n, c.buf = v, c.buf[size:]
}

func (c *coder) int64(n *int64) {
	zigzag := uint64(*n)<<1 ^ uint64(*n>>63)
	c.uint64(&zigzag)
	*n = int64(zigzag>>1) ^ -int64(zigzag&1)
}

func (c *coder) int(n *int) {
	wide := int64(*n)
	c.int64(&wide)
	*n = int(wide)
}

// count is the length of a list. Each item takes at least one octet, so a count
// beyond what is left is refused before anything is allocated for it.
func (c *coder) count(n int) int {
	wide := uint64(n)
	c.uint64(&wide)
	if c.reading && wide > uint64(len(c.buf)) {
		c.fail("length")
		return 0
	}
	return int(wide)
}

// listLength writes the length of a list, or makes one of the length read; an
// empty one is nil.
func listLength[T any](c *coder, list *[]T) {
	n := c.count(len(*list))
	if !c.reading {
		return
	}
	*list = nil
	if n > 0 {
		*list = make([]T, n)
	}
}

// take reads a length and that many octets, which stay part of the buffer.
func (c *coder) take() []byte {
	n := c.count(0)
	taken := c.buf[:n]
	c.buf = c.buf[n:]
	return taken
}

func (c *coder) str(s *string) {
	if c.reading {
		*s = string(c.take())
		return
	}
	c.count(len(*s))
	c.buf = append(c.buf, *s...)
}

// name is str for texts that occur again and again.
func (c *coder) name(s *string) {
	if !c.reading || c.names == nil {
		c.str(s)
		return
	}
	raw := c.take()
	shared, ok := c.names[string(raw)]
	if !ok {
		shared = string(raw)
		c.names[shared] = shared
	}
	*s = shared
}

func (c *coder) bytes(b *[]byte) {
	if c.reading {
		*b = slices.Clone(c.take())
		return
	}
	c.count(len(*b))
	c.buf = append(c.buf, *b...)
}

func (c *coder) strs(list *[]string) {
	listLength(c, list)
	for i := range *list {
		c.str(&(*list)[i])
	}
}

func (c *coder) limits(list *[]Limit) {
	listLength(c, list)
	for i := range *list {
		(*list)[i].code(c)
	}
}

func (c *coder) table(t *amqp.Table) {
	if c.reading {
		parsed, err := amqp.ParseTable(c.take())
		if err != nil {
			c.fail(err.Error())
		}
		*t = parsed
		return
	}
	if len(*t) == 0 {
		c.count(0)
		return
	}
	raw := t.Append(nil)[tableLength:]
	c.bytes(&raw)
}

// tableLength is how many octets of length a table has in front on the wire.
const tableLength = 4

// Tags of the values in a policy's definition.
const (
	tagNull byte = iota
	tagFalse
	tagTrue
	tagInteger // int64
	tagFloat   // uint64 of the IEEE bits
	tagText    // string
	tagList    // count, values
	tagObject  // definition
)

// maxDepth bounds how deeply a definition that is read may be nested. JSON that
// Go reads is nested no deeper, so whatever was written can be read.
const maxDepth = 10_000

func (c *coder) definition(d *policy.Definition) {
	object := map[string]any(*d)
	c.object(&object, 0)
	*d = object
}

func (c *coder) object(o *map[string]any, depth int) {
	n := c.count(len(*o))
	if !c.reading {
		for _, key := range sortedKeys(*o) {
			c.str(&key)
			c.writeValue((*o)[key], depth)
		}
		return
	}
	*o = make(map[string]any, n)
	last := ""
	for i := range n {
		var key string
		c.str(&key)
		if i > 0 && key <= last {
			c.fail("keys of a definition out of order")
		}
		(*o)[key], last = c.readValue(depth), key
	}
}

// writeValue writes one of the types that policy.Definition lists.
func (c *coder) writeValue(value any, depth int) {
	tag := func(b byte) { c.buf = append(c.buf, b) }
	switch v := value.(type) {
	case nil:
		tag(tagNull)
	case bool:
		if v {
			tag(tagTrue)
		} else {
			tag(tagFalse)
		}
	case int64:
		tag(tagInteger)
		c.int64(&v)
	case float64:
		tag(tagFloat)
		bits := math.Float64bits(v)
		c.uint64(&bits)
	case string:
		tag(tagText)
		c.str(&v)
	case []any:
		tag(tagList)
		c.count(len(v))
		for _, item := range v {
			c.writeValue(item, depth+1)
		}
	case map[string]any:
		tag(tagObject)
		c.object(&v, depth+1)
	default:
		panic(fmt.Sprintf("BUG: meta: %T in a policy definition", value))
	}
}

func (c *coder) readValue(depth int) any {
	if depth > maxDepth {
		c.fail("definition nested too deeply")
	}
	var tag byte
	c.octet(&tag)
	switch tag {
	case tagNull:
		return nil
	case tagFalse, tagTrue:
		return tag == tagTrue
	case tagInteger:
		var n int64
		c.int64(&n)
		return n
	case tagFloat:
		var bits uint64
		c.uint64(&bits)
		return math.Float64frombits(bits)
	case tagText:
		var s string
		c.str(&s)
		return s
	case tagList:
		list := make([]any, c.count(0))
		for i := range list {
			list[i] = c.readValue(depth + 1)
		}
		return list
	case tagObject:
		var o map[string]any
		c.object(&o, depth+1)
		return o
	}
	c.fail("value of a definition")
	return nil
}

func sortedKeys(o map[string]any) []string {
	keys := make([]string, 0, len(o))
	for key := range o {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}
