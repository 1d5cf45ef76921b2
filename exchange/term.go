package exchange

import (
	"strconv"
	"strings"

	"amqpd/amqp"
)

// Some of RabbitMQ's texts show a value as Erlang prints the term, in its
// format ~p, where a string is <<"a">>.

// printTerm prints v.
func printTerm(v amqp.Value) string {
	if text, ok := v.Str(); ok {
		return printString(text)
	}
	if octets, ok := v.Binary(); ok {
		return printString(octets)
	}
	return v.Format()
}

// printString prints octets: quoted if all are printable Latin-1, else as
// numbers.
func printString(s string) string {
	if s == "" {
		return "<<>>"
	}
	quoted := make([]byte, 0, len(s)+6)
	quoted = append(quoted, `<<"`...)
	for i := range len(s) {
		c := s[i]
		at := strings.IndexByte("\n\r\t\v\b\f\x1b\"\\", c)
		switch {
		case at >= 0:
			quoted = append(quoted, '\\', `nrtvbfe"\`[at])
		case c >= ' ' && c <= '~' || c >= 0xA0:
			quoted = append(quoted, c)
		default:
			return printOctets(s)
		}
	}
	return string(append(quoted, `">>`...))
}

func printOctets(s string) string {
	numbers := make([]string, len(s))
	for i := range len(s) {
		numbers[i] = strconv.Itoa(int(s[i]))
	}
	return "<<" + strings.Join(numbers, ",") + ">>"
}
