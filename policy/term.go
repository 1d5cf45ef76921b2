package policy

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"amqpd/amqp"
)

// RabbitMQ's texts about policies quote JSON values in the notation of Erlang
// terms: text as <<"x">>, pairs as {a,b}. This file writes that notation
// (amqp-behaviour §9.3).

// atom is an Erlang atom: a word that is printed bare.
type atom string

// tuple is an Erlang tuple.
type tuple []any

// lineWidth is the last column that Erlang's printer fills before it breaks a
// line at the elements of a list or tuple.
const lineWidth = 78

// Term prints a value of a Definition on one line, as RabbitMQ's texts about
// policies and parameters quote it: <<"x">> for "x".
func Term(v any) string { return term(v) }

// PairsTerm prints the members of an object, by name, as a list of pairs:
// [{<<"a">>,1}].
func PairsTerm(m map[string]any) string { return pairsTerm(m, sortedKeys(m)) }

// term prints v on one line. It takes the types of a Definition, and atom and
// tuple.
func term(v any) string { return string(appendTerm(nil, v)) }

// appendTerm is term into one buffer: a value may nest ten thousand deep.
func appendTerm(dst []byte, v any) []byte {
	switch v := v.(type) {
	case nil:
		return append(dst, "null"...)
	case atom:
		return append(dst, v...)
	case string:
		return append(dst, binaryTerm(v)...)
	case float64:
		return append(dst, amqp.Double(v).Format()...)
	case tuple:
		return append(appendTerms(append(dst, '{'), v), '}')
	case []any:
		if text, ok := listAsText(v); ok {
			return append(dst, text...)
		}
		return append(appendTerms(append(dst, '['), v), ']')
	case map[string]any:
		dst = append(dst, "#{"...)
		for i, key := range sortedKeys(v) {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendTerm(append(append(dst, binaryTerm(key)...), " => "...), v[key])
		}
		return append(dst, '}')
	default:
		return fmt.Append(dst, v)
	}
}

func appendTerms(dst []byte, list []any) []byte {
	for i := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendTerm(dst, list[i])
	}
	return dst
}

// pairsTerm prints the members of m named by keys as a list of pairs. Pairs
// that do not fit on one line together stand on one each, and a value that
// does not fit beside its key stands below it.
func pairsTerm(m map[string]any, keys []string) string {
	pairs := make([]string, len(keys))
	for i, key := range keys {
		pairs[i] = term(tuple{key, m[key]})
	}
	line := "[" + strings.Join(pairs, ",") + "]"
	if len(line) <= lineWidth {
		return line
	}
	for i, key := range keys {
		if len(pairs[i])+2 > lineWidth {
			pairs[i] = "{" + term(key) + ",\n  " + term(m[key]) + "}"
		}
	}
	return "[" + strings.Join(pairs, ",\n ") + "]"
}

// binaryTerm prints text octet by octet: as characters if all are printable
// in Latin-1, as a list of numbers otherwise.
func binaryTerm(s string) string {
	if s == "" {
		return "<<>>"
	}
	quoted, printable := quoteTerm(s)
	if printable {
		return "<<" + quoted + ">>"
	}
	octets := make([]string, len(s))
	for i := range len(s) {
		octets[i] = strconv.Itoa(int(s[i]))
	}
	return "<<" + strings.Join(octets, ",") + ">>"
}

// listAsText prints a list of printable character codes as Erlang does: as a
// quoted text.
func listAsText(list []any) (string, bool) {
	if len(list) == 0 {
		return "", false
	}
	text := make([]byte, len(list))
	for i, v := range list {
		code, ok := v.(int64)
		if !ok || code < 0 || code > 255 {
			return "", false
		}
		text[i] = byte(code)
	}
	return quoteTerm(string(text))
}

// termEscapes are the control characters that count as printable.
var termEscapes = map[byte]string{
	'\b': `\b`, '\t': `\t`, '\n': `\n`, '\v': `\v`, '\f': `\f`, '\r': `\r`,
	0x1b: `\e`, '"': `\"`, '\\': `\\`,
}

// quoteTerm puts s in double quotes, or reports that it is not printable.
func quoteTerm(s string) (quoted string, printable bool) {
	var out strings.Builder
	out.WriteByte('"')
	for i := range len(s) {
		c := s[i]
		switch {
		case termEscapes[c] != "":
			out.WriteString(termEscapes[c])
		case c >= 32 && c < 127 || c >= 160:
			out.WriteByte(c)
		default:
			return "", false
		}
	}
	out.WriteByte('"')
	return out.String(), true
}

func sortedKeys(m map[string]any) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// plainText prints a value as RabbitMQ does between single quotes: text as it
// stands, all else as a term.
func plainText(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	return term(v)
}
