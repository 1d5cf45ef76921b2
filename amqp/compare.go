package amqp

// Same reports whether RabbitMQ takes two values for equal when it matches
// headers (amqp-behaviour §3.5): numbers by what they count, whatever their
// type (byte 1, long 1, double 1.0 and timestamp 1 are the same), long strings
// and binaries by their octets. A bool is no number, and what nests must agree
// in its types.
func (v Value) Same(w Value) bool {
	if fieldTypes[v.kind].width == sized || fieldTypes[w.kind].width == sized {
		return sameSized(v.kind, w.kind) && v.str == w.str
	}
	a, aIsNumber := v.number()
	b, bIsNumber := w.number()
	if aIsNumber && bIsNumber {
		return a == b
	}
	return v.kind == w.kind && v.num == w.num
}

// Same is [Value.Same] without making a Value. It allocates nothing. Nested
// values must agree octet for octet.
func (v RawValue) Same(w Value) bool {
	if fieldTypes[v.Kind].width == sized {
		return sameSized(v.Kind, w.kind) && string(v.Data) == w.str
	}
	return rawToValue(v, "").Same(w)
}

// Equivalent reports whether RabbitMQ takes two values of an argument for equal
// when a queue or exchange is declared again (amqp-behaviour §4.2): like Same,
// but a whole number never equals a floating point one.
func (v Value) Equivalent(w Value) bool {
	return fieldTypes[v.kind].number == floating == (fieldTypes[w.kind].number == floating) && v.Same(w)
}

// sameSized reports whether values of these two types may be the same.
func sameSized(a, b byte) bool {
	if a == KindBinary {
		a = KindLongStr
	}
	if b == KindBinary {
		b = KindLongStr
	}
	return a == b
}

// number is a number of any type, such that equal numbers are ==.
type number struct {
	negative  bool
	magnitude uint64  // whole numbers
	fraction  float64 // all others, and 0 for whole ones
}

// number returns what the value counts, and whether it is a number at all.
func (v Value) number() (number, bool) {
	switch t := fieldTypes[v.kind]; {
	case v.kind == KindTimestamp || t.number == unsigned:
		return number{magnitude: v.num}, true
	case t.number == signed:
		if n := int64(v.num); n < 0 {
			return number{negative: true, magnitude: -v.num}, true
		}
		return number{magnitude: v.num}, true
	case t.number == floating:
		f, _ := v.Float()
		return wholeOrFraction(f), true
	}
	return number{}, false
}

func wholeOrFraction(f float64) number {
	const tooLarge = 1 << 64
	n := number{negative: f < 0}
	size := f
	if n.negative {
		size = -f
	}
	if size < tooLarge {
		n.magnitude = uint64(size)
		if float64(n.magnitude) == size {
			return n
		}
	}
	return number{fraction: f}
}
