package policy

import (
	"math"
	"slices"
	"strconv"
	"strings"
)

// Form is the shape of a value.
type Form uint8

// The forms. FormAny takes every value and checks nothing.
const (
	FormAny     Form = iota
	FormInteger      // any integer type, between Min and Max
	FormText         // a long string, or JSON text
	FormWord         // a text out of Words
	FormFlag         // true or false
	FormAge          // digits and a unit out of Y M D h m s
	FormNodes        // what ha-params takes, which depends on ha-mode
	FormCount        // FormInteger, or a text out of Words
	FormOffset       // where to start in a stream
	FormCredit       // a table, taken by the consumer's owner
	FormNone         // the argument or policy key does not exist
)

// Stage is when the checks of one argument run on a declaration, for its first
// fault is the one that is reported (amqp-behaviour §4.1).
type Stage uint8

// The stages: StageResource runs first, then StageKind, then StageValue, which
// most arguments have. Then arguments that are foreign to the queue's kind are
// refused, and StageCreate comes last.
const (
	StageValue    Stage = iota // with all the others
	StageResource              // names another exchange
	StageKind                  // decides the kind
	StageCreate                // when the queue is created or the consumer added
)

// Check says what a value must be and what a wrong one gets. The texts are
// tails of "invalid arg … for …: " unless Whole is set; {v} stands for the
// value, {t} for its type, {arg} for the argument and {res} for the resource.
type Check struct {
	Form  Form
	Min   int64    // smallest integer; below 0 is "negative" unless Min is too
	Max   int64    // largest integer
	Words []string // all texts of FormWord and FormCount

	Low   string // integer below Min but not negative
	High  string // integer above Max
	Bad   string // text out of Words, or no age
	Wrong string // value of another type

	Needs   string // argument that must be there too
	Lacking string // when it is not

	Whole bool  // High and Wrong are whole texts, all others still tails
	Crash bool  // a wrong value ends the connection with 541
	Stage Stage // when the check runs
}

// Tails that many checks share (amqp-behaviour §4.4).
const (
	tailInteger  = `"expected integer, got {t}"`
	tailNegative = `{value_negative,{v}}`
	tailZero     = `{value_zero,0}`
	tailTooLarge = `{value_too_large,{v}}`
	tailWrong    = `{unacceptable_type,{t}}`
)

// Bounds of values.
const (
	maxMillis  = 315_360_000_000 // ten years, in ms, of a time to live or to expire
	maxSegment = 3_000_000_000   // octets
	maxCopies  = 1_000           // of one queue; more nodes than any cluster has
)

// longString is the AMQP type that texts must have.
const longString = "longstr"

// atLeast is an integer without upper bound.
func atLeast(least int64) Check {
	return Check{Form: FormInteger, Min: least, Max: math.MaxInt64, Low: tailZero}
}

func between(least, most int64, low, high string) Check {
	return Check{Form: FormInteger, Min: least, Max: most, Low: low, High: high}
}

func word(bad string, words ...string) Check {
	return Check{Form: FormWord, Words: words, Bad: bad}
}

// fault is what a value that is not acceptable gets; its zero value means that
// there is nothing wrong.
type fault struct {
	text  string
	whole bool // the text is the whole text, not a tail
	crash bool // the channel crashes in RabbitMQ
}

// check looks at value v of type typeName.
func (c *Check) check(typeName string, v any) fault {
	f := c.fault(typeName, v)
	if f.text != "" {
		f.text = strings.NewReplacer("{v}", plainText(v), "{t}", typeName).Replace(f.text)
		f.crash = f.crash || c.Crash
	}
	return f
}

// fault is check without the placeholders filled in.
func (c *Check) fault(typeName string, v any) fault {
	switch c.Form {
	case FormInteger:
		return c.integerFault(v)
	case FormCount:
		if _, isText := v.(string); isText {
			return c.wordFault(v)
		}
		return c.integerFault(v)
	case FormText:
		return c.textFault(typeName)
	case FormWord:
		if f := c.textFault(typeName); f.text != "" {
			return f
		}
		return c.wordFault(v)
	case FormFlag:
		if _, isFlag := v.(bool); !isFlag {
			return c.wrong()
		}
	case FormAge:
		if f := c.textFault(typeName); f.text != "" {
			return f
		}
		return c.ageFault(v.(string))
	case FormOffset:
		return c.offsetFault(typeName, v)
	}
	return fault{}
}

func (c *Check) integerFault(v any) fault {
	n, whole := v.(int64)
	switch {
	case !whole:
		return fault{text: tailInteger}
	case n < 0 && c.Min >= 0:
		return fault{text: tailNegative}
	case n < c.Min:
		return fault{text: c.Low}
	case n > c.Max:
		return fault{text: c.High, whole: c.Whole}
	}
	return fault{}
}

func (c *Check) textFault(typeName string) fault {
	if typeName == longString {
		return fault{}
	}
	return c.wrong()
}

func (c *Check) wrong() fault {
	if c.Wrong != "" {
		return fault{text: c.Wrong, whole: c.Whole}
	}
	return fault{text: tailWrong}
}

func (c *Check) wordFault(v any) fault {
	if word, ok := v.(string); ok && slices.Contains(c.Words, word) {
		return fault{}
	}
	return fault{text: c.Bad}
}

func (c *Check) ageFault(age string) fault {
	if age == "" || age[0] < '0' || age[0] > '9' {
		return fault{text: c.Bad, crash: true}
	}
	if _, ok := ParseAge(age); !ok {
		return fault{text: c.Bad}
	}
	return fault{}
}

// offsetFault checks x-stream-offset (amqp-behaviour §7).
func (c *Check) offsetFault(typeName string, v any) fault {
	switch v := v.(type) {
	case int64, uint64: // an offset, or a time if the type is timestamp
		return fault{}
	case string:
		if v == "first" || v == "last" || v == "next" {
			return fault{}
		}
		f := c.ageFault(v)
		f.text = strings.ReplaceAll(f.text, "{pair}", term(tuple{atom(typeName), v}))
		return f
	}
	return fault{text: c.Bad, crash: true}
}

// accepts reports whether a policy may carry v. Policies have no AMQP types:
// text counts as a long string, and a refusal has one text per key.
func (c *Check) accepts(v any) bool {
	typeName := "policy value"
	if _, isText := v.(string); isText {
		typeName = longString
	}
	return c.fault(typeName, v).text == ""
}

// ageUnits are the units of FormAge in ms.
var ageUnits = map[string]int64{
	"Y": 365 * 86_400_000,
	"M": 30 * 86_400_000,
	"D": 86_400_000,
	"h": 3_600_000,
	"m": 60_000,
	"s": 1_000,
}

// ParseAge reads a length of time such as "7D", as x-max-age and
// x-stream-offset take it: a count above zero and one unit out of Y (365
// days), M (30 days), D, h, m, s. It returns milliseconds; counts too large
// for them come out as the largest int64 (amqp-behaviour §4.4, §7).
func ParseAge(text string) (ms int64, ok bool) {
	digits := 0
	for digits < len(text) && text[digits] >= '0' && text[digits] <= '9' {
		digits++
	}
	unit, known := ageUnits[text[digits:]]
	if digits == 0 || !known {
		return 0, false
	}
	count, err := strconv.ParseInt(text[:digits], 10, 64)
	if err != nil || count > math.MaxInt64/unit {
		return math.MaxInt64, true
	}
	return count * unit, count > 0
}
