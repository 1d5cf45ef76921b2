package amqp

import (
	"math"
	"strconv"
	"strings"
)

// RabbitMQ builds some reply texts by printing Erlang terms. This file prints
// those terms the same way: the formats ~w (one line, octets as numbers) and
// ~p (printable octets as a string, lines broken at column 80).

// lineLength is where ~p breaks lines.
const lineLength = 80

// decimalBinary prints b as ~w does: <<0,20,0,10>>. It stops when the text
// exceeds any reply text.
func decimalBinary(b []byte) string {
	out := []byte("<<")
	for i, c := range b {
		if len(out) > maxReplyText {
			return string(out)
		}
		if i > 0 {
			out = append(out, ',')
		}
		out = strconv.AppendUint(out, uint64(c), 10)
	}
	return string(append(out, ">>"...))
}

// printBinary prints b as ~p does when the cursor stands at the 1-based
// column: as a quoted string when all of it is printable, else as numbers,
// broken under the first number when they do not fit.
func printBinary(b []byte, column int) string {
	if len(b) > 0 && printable(b) {
		return "<<" + quote(b) + ">>"
	}
	oneLine := decimalBinary(b)
	if len(oneLine) < lineLength-column {
		return oneLine
	}
	inner := column + len("<<")
	room := max(8, min(lineLength-inner, len(oneLine)-len("<<>>")))
	return "<<" + breakNumbers(b, room, "\n"+strings.Repeat(" ", inner-1)) + ">>"
}

// breakNumbers writes the octets of b with commas, room characters a line.
func breakNumbers(b []byte, room int, newLine string) string {
	var out strings.Builder
	left := room
	for i, c := range b {
		item := strconv.Itoa(int(c))
		if i < len(b)-1 {
			item += ","
		}
		if len(item) > left {
			out.WriteString(newLine)
			left = room
		}
		out.WriteString(item)
		left -= len(item)
	}
	return out.String()
}

// printTagged prints the tuple {tag,value} as ~p does at the 1-based column:
// the value goes under the tag when both do not fit on the line.
func printTagged(tag, value string, column int) string {
	oneLine := "{" + tag + "," + value + "}"
	if len(oneLine) < lineLength-column {
		return oneLine
	}
	return "{" + tag + ",\n" + strings.Repeat(" ", column) + value + "}"
}

// columnAfter returns the 1-based column of the cursor after text.
func columnAfter(text string) int {
	return len(text) - strings.LastIndexByte(text, '\n')
}

// escapes are the control characters that ~p counts as printable, and how it
// writes them.
var escapes = map[byte]string{
	'\n': `\n`, '\r': `\r`, '\t': `\t`, '\v': `\v`, '\b': `\b`, '\f': `\f`, 0x1B: `\e`,
	'"': `\"`, '\\': `\\`,
}

// printable reports whether ~p shows b as a string: Latin-1 without most
// control characters.
func printable(b []byte) bool {
	for _, c := range b {
		if c >= ' ' && c <= '~' || c >= 0xA0 {
			continue
		}
		if _, ok := escapes[c]; !ok {
			return false
		}
	}
	return true
}

// quote writes printable octets as a string with quotes.
func quote(b []byte) string {
	out := []byte{'"'}
	for _, c := range b {
		if e, ok := escapes[c]; ok {
			out = append(out, e...)
		} else {
			out = append(out, c)
		}
	}
	return string(append(out, '"'))
}

// printFloat prints f as ~p does: the shortest digits that read back as f,
// with an exponent where that takes fewer characters or f is not below 2^53.
func printFloat(f float64) string {
	if f == 0 {
		if math.Signbit(f) {
			return "-0.0"
		}
		return "0.0"
	}
	sign := ""
	if f < 0 {
		sign, f = "-", -f
	}
	mantissa, exp, _ := strings.Cut(strconv.FormatFloat(f, 'e', -1, 64), "e")
	digits := strings.Replace(mantissa, ".", "", 1)
	e, _ := strconv.Atoi(exp)
	return sign + placePoint(digits, e+1, f)
}

// placePoint writes digits with the decimal point after place of them.
func placePoint(digits string, place int, f float64) string {
	if place == 0 {
		return "0." + digits
	}
	if place > 0 && place < len(digits) {
		return digits[:place] + "." + digits[place:]
	}
	exponent := strconv.Itoa(place - 1)
	cost := len(exponent) + 2 // "e" and "."
	if len(digits) == 1 {
		cost++ // the 0 of "1.0e5"
	}
	const exact = 1 << 53
	switch {
	case place < 0 && 2-place <= cost:
		return "0." + strings.Repeat("0", -place) + digits
	case place > 0 && place-len(digits)+2 <= cost && f < exact:
		return digits + strings.Repeat("0", place-len(digits)) + ".0"
	}
	if len(digits) == 1 {
		return digits + ".0e" + exponent
	}
	return digits[:1] + "." + digits[1:] + "e" + exponent
}
