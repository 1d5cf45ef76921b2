package mgmt

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"amqpd/broker"
)

// filterField is a condition on messages of a queue. It is a parameter of a
// query, and a key of the object "filter", with the same texts.
type filterField struct {
	input
	set  func(f *broker.MessageFilter, texts []string) error
	show func(f *broker.MessageFilter) value // missing where it is not given
}

// filterFields are all conditions; what is not given lets everything through.
var filterFields = []filterField{
	{input{name: "header", kind: "array", doc: "Headers that it must have, as name or name=value"}, setHeaders, showHeaders},
	{input{name: "exchange", kind: "string", doc: "The exchange that it was published to; amq.default is the default exchange"}, oneText(setExchange), showExchange},
	{input{name: "routing_key", kind: "string", doc: "Its routing key"}, oneText(setRoutingKey), showRoutingKey},
	{input{name: "routing_key_pattern", kind: "string", doc: "A pattern of its routing key, as topic exchanges have them"}, oneText(setPattern), showPattern},
	{input{name: "body", kind: "string", doc: "A text that is in its body"}, oneText(setBody), showBody},
	{input{name: "redelivered", kind: "boolean", doc: "Whether a consumer may have seen it"}, oneText(setRedelivered), showRedelivered},
	age("older_than", "Its age, in seconds, at least", func(f *broker.MessageFilter) *time.Duration { return &f.OlderThan }),
	age("younger_than", "Its age, in seconds, is below", func(f *broker.MessageFilter) *time.Duration { return &f.YoungerThan }),
}

// filterInputs are filterFields for the OpenAPI document.
var filterInputs = func() (all []input) {
	for _, field := range filterFields {
		all = append(all, field.input)
	}
	return all
}()

const (
	// maxPatternOctets is what a routing key can have.
	maxPatternOctets = 255
	// maxCondition bounds any condition, octets: filters of transfers are kept.
	maxCondition = 4096
	// maxHeaders bounds the headers of one filter.
	maxHeaders = 32
)

// oneText is a condition that is given once.
func oneText(set func(f *broker.MessageFilter, text string) error) func(*broker.MessageFilter, []string) error {
	return func(f *broker.MessageFilter, texts []string) error {
		if len(texts) != 1 {
			return badRequest("a condition that can be given only once was given %d times", len(texts))
		}
		if len(texts[0]) > maxCondition {
			return badRequest("a condition is longer than %d octets", maxCondition)
		}
		return set(f, texts[0])
	}
}

func setExchange(f *broker.MessageFilter, text string) error {
	if text == "amq.default" {
		text = ""
	}
	f.Exchange = &text
	return nil
}

func showExchange(f *broker.MessageFilter) value {
	if f.Exchange != nil && *f.Exchange == "" {
		return str("amq.default")
	}
	return textOrMissing(f.Exchange)
}

func setRoutingKey(f *broker.MessageFilter, text string) error {
	f.RoutingKey = &text
	return nil
}

func showRoutingKey(f *broker.MessageFilter) value { return textOrMissing(f.RoutingKey) }

// textOrMissing is a text, left out where there is none.
func textOrMissing(text *string) value {
	if text == nil {
		return missing
	}
	return str(*text)
}

func setPattern(f *broker.MessageFilter, text string) error {
	if text == "" || len(text) > maxPatternOctets {
		return badRequest("routing_key_pattern is empty or longer than 255 octets")
	}
	f.RoutingPattern = text
	return nil
}

func showPattern(f *broker.MessageFilter) value { return strOrMissing(f.RoutingPattern) }

func setBody(f *broker.MessageFilter, text string) error {
	if text == "" {
		return badRequest("body is empty, and would let everything through")
	}
	f.Body = text
	return nil
}

func showBody(f *broker.MessageFilter) value { return strOrMissing(f.Body) }

func setRedelivered(f *broker.MessageFilter, text string) error {
	if text != "true" && text != "false" {
		return badValue("not_boolean", text)
	}
	again := text == "true"
	f.Redelivered = &again
	return nil
}

func showRedelivered(f *broker.MessageFilter) value {
	if f.Redelivered == nil {
		return missing
	}
	return flag(*f.Redelivered)
}

// age is a condition on the age, in seconds.
func age(key, doc string, of func(f *broker.MessageFilter) *time.Duration) filterField {
	set := oneText(func(f *broker.MessageFilter, text string) error {
		n, err := strconv.ParseInt(text, 10, 32)
		if err != nil || n < 1 {
			return badValue("not_seconds", text)
		}
		*of(f) = time.Duration(n) * time.Second
		return nil
	})
	return filterField{input{name: key, kind: "integer", doc: doc}, set, func(f *broker.MessageFilter) value {
		if *of(f) == 0 {
			return missing
		}
		return whole(*of(f) / time.Second)
	}}
}

// showHeaders writes what setHeaders reads.
func showHeaders(f *broker.MessageFilter) value {
	if len(f.Headers) == 0 {
		return missing
	}
	texts := make([]string, len(f.Headers))
	for i, h := range f.Headers {
		if texts[i] = h.Name; h.HasValue {
			texts[i] += "=" + h.Value
		}
	}
	return strs(texts)
}

// filterObject shows a filter as body.filter reads it.
func filterObject(f *broker.MessageFilter) object {
	o := make(object, 0, len(filterFields))
	for _, field := range filterFields {
		o = append(o, m(field.name, field.show(f)))
	}
	return o
}

// setHeaders reads "name" and "name=value".
func setHeaders(f *broker.MessageFilter, texts []string) error {
	if len(texts) > maxHeaders {
		return badRequest("a filter has at most %d headers", maxHeaders)
	}
	for _, text := range texts {
		if len(text) > maxCondition {
			return badRequest("a condition is longer than %d octets", maxCondition)
		}
		h := broker.HeaderFilter{}
		if h.Name, h.Value, h.HasValue = strings.Cut(text, "="); h.Name == "" {
			return badRequest("a header of the filter has no name: give it as name or name=value")
		}
		f.Headers = append(f.Headers, h)
	}
	return nil
}

// filter reads the conditions of the query. An empty one counts as not given,
// which forms leave, except that an empty exchange is none either: the default
// exchange is amq.default.
func (c *call) filter() (f broker.MessageFilter, err error) {
	for _, field := range filterFields {
		texts := slices.DeleteFunc(slices.Clone(c.queries()[field.name]), func(text string) bool { return text == "" })
		if len(texts) == 0 {
			continue
		}
		if err := field.set(&f, texts); err != nil {
			return f, err
		}
	}
	return f, nil
}

// filter reads the object filter. A key that is not known is refused: without
// it the filter would choose more than was meant.
func (b body) filter() (f broker.MessageFilter, err error) {
	if !b.has("filter") {
		return f, nil
	}
	var given body
	if json.Unmarshal(b["filter"], &given) != nil {
		return f, badRequest("filter is not an object")
	}
	if err := given.onlyKnows(filterInputs); err != nil {
		return f, err
	}
	for _, field := range filterFields {
		texts, err := given.texts(field.name)
		if err != nil {
			return f, err
		}
		if len(texts) == 0 {
			continue
		}
		if err := field.set(&f, texts); err != nil {
			return f, err
		}
	}
	return f, nil
}

// onlyKnows refuses keys that are not among those of inputs.
func (b body) onlyKnows(inputs []input) error {
	for key := range b {
		if !slices.ContainsFunc(inputs, func(in input) bool { return in.name == key }) {
			return badValue("unknown_key", key)
		}
	}
	return nil
}

// texts gives a value as texts: a list of them, or one. Numbers and booleans
// are texts here.
func (b body) texts(key string) (texts []string, err error) {
	if !b.has(key) {
		return nil, nil
	}
	raw := bytes.TrimSpace(b[key])
	items := []json.RawMessage{raw}
	if raw[0] == '[' {
		if json.Unmarshal(raw, &items) != nil {
			return nil, badValue("not_string", key)
		}
	}
	for _, item := range items {
		text := string(item)
		if item = bytes.TrimSpace(item); len(item) == 0 || item[0] == '[' || item[0] == '{' || string(item) == "null" {
			return nil, badValue("not_string", key)
		}
		if item[0] == '"' && json.Unmarshal(item, &text) != nil {
			return nil, badValue("not_string", key)
		}
		texts = append(texts, text)
	}
	return texts, nil
}
