package amqp

// The type octets of table fields (amqp-behaviour §11). KindLongAlias is read
// like KindLong, as a signed number, and never written.
const (
	KindBool          byte = 't'
	KindByte          byte = 'b'
	KindUnsignedByte  byte = 'B'
	KindShort         byte = 's'
	KindUnsignedShort byte = 'u'
	KindInt           byte = 'I'
	KindUnsignedInt   byte = 'i'
	KindLong          byte = 'l'
	KindLongAlias     byte = 'L'
	KindFloat         byte = 'f'
	KindDouble        byte = 'd'
	KindDecimal       byte = 'D'
	KindLongStr       byte = 'S'
	KindBinary        byte = 'x'
	KindArray         byte = 'A'
	KindTimestamp     byte = 'T'
	KindTable         byte = 'F'
	KindVoid          byte = 'V'
)

// fieldType is what there is to know about a type octet.
type fieldType struct {
	name string // as in error texts; "" marks an unknown type
	// width is the size of the value, or sized when a four octet length stands
	// before it.
	width  int8
	number numberClass
}

// sized marks values that bring their own length.
const sized = -1

// numberClass says how the octets of a fixed width value are read.
type numberClass uint8

const (
	notNumber numberClass = iota
	signed
	unsigned
	floating
)

// fieldTypes is indexed by type octet.
var fieldTypes = [256]fieldType{
	KindBool:          {"bool", 1, notNumber},
	KindByte:          {"byte", 1, signed},
	KindUnsignedByte:  {"unsignedbyte", 1, unsigned},
	KindShort:         {"short", 2, signed},
	KindUnsignedShort: {"unsignedshort", 2, unsigned},
	KindInt:           {"signedint", 4, signed},
	KindUnsignedInt:   {"unsignedint", 4, unsigned},
	KindLong:          {"long", 8, signed},
	KindLongAlias:     {"long", 8, signed},
	KindFloat:         {"float", 4, floating},
	KindDouble:        {"double", 8, floating},
	KindDecimal:       {"decimal", 5, notNumber},
	KindLongStr:       {"longstr", sized, notNumber},
	KindBinary:        {"binary", sized, notNumber},
	KindArray:         {"array", sized, notNumber},
	KindTimestamp:     {"timestamp", 8, notNumber},
	KindTable:         {"table", sized, notNumber},
	KindVoid:          {"void", 0, notNumber},
}

// TypeName returns the name that RabbitMQ's texts use for a type octet
// (amqp-behaviour §4.2): "longstr", "signedint", "long" and so on, or "" for an
// unknown one.
func TypeName(kind byte) string { return fieldTypes[kind].name }

// readNumber reads the octets of a fixed width value, sign-extended for signed
// types, so that the low octets are always those on the wire.
func readNumber(kind byte, b []byte) uint64 {
	var n uint64
	for _, c := range b {
		n = n<<8 | uint64(c)
	}
	if fieldTypes[kind].number == signed {
		shift := 64 - 8*uint(len(b))
		n = uint64(int64(n<<shift) >> shift)
	}
	return n
}

// finite reports whether the octets of a float or double are neither NaN nor
// infinite: an exponent of all ones is one of the two.
func finite(kind byte, b []byte) bool {
	if kind == KindFloat {
		return b[0]&0x7F != 0x7F || b[1]&0x80 == 0
	}
	return b[0]&0x7F != 0x7F || b[1]&0xF0 != 0xF0
}
