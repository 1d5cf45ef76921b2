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
	key  string
	set  func(f *broker.MessageFilter, texts []string) error
	show func(f *broker.MessageFilter) value // missing where it is not given
}

// filterFields are all conditions; what is not given lets everything through.
var filterFields = []filterField{
	{"header", setHeaders, showHeaders},
	{"exchange", oneText(func(f *broker.MessageFilter, text string) error {
		if text == "amq.default" {
			text = ""
		}
		f.Exchange = &text
		return nil
	}), func(f *broker.MessageFilter) value {
		if f.Exchange != nil && *f.Exchange == "" {
			return str("amq.default")
		}
		return textOrMissing(f.Exchange)
	}},
	{
		"routing_key", oneText(func(f *broker.MessageFilter, text string) error { f.RoutingKey = &text; return nil }),
		func(f *broker.MessageFilter) value { return textOrMissing(f.RoutingKey) },
	},
	{"routing_key_pattern", oneText(func(f *broker.MessageFilter, text string) error {
		if text == "" || len(text) > maxPatternOctets {
			return badRequest("routing_key_pattern is empty or longer than 255 octets")
		}
		f.RoutingPattern = text
		return nil
	}), func(f *broker.MessageFilter) value { return strOrMissing(f.RoutingPattern) }},
	{
		"body", oneText(func(f *broker.MessageFilter, text string) error {
			if text == "" {
				return badRequest("body is empty, and would let everything through")
			}
			f.Body = text
			return nil
		}),
		func(f *broker.MessageFilter) value { return strOrMissing(f.Body) },
	},
	{"redelivered", oneText(func(f *broker.MessageFilter, text string) error {
		if text != "true" && text != "false" {
			return badValue("not_boolean", text)
		}
		again := text == "true"
		f.Redelivered = &again
		return nil
	}), func(f *broker.MessageFilter) value {
		if f.Redelivered == nil {
			return missing
		}
		return flag(*f.Redelivered)
	}},
	age("older_than", func(f *broker.MessageFilter) *time.Duration { return &f.OlderThan }),
	age("younger_than", func(f *broker.MessageFilter) *time.Duration { return &f.YoungerThan }),
}

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

// textOrMissing is a text, left out where there is none.
func textOrMissing(text *string) value {
	if text == nil {
		return missing
	}
	return str(*text)
}

// age is a condition on the age, in seconds.
func age(key string, of func(f *broker.MessageFilter) *time.Duration) filterField {
	set := oneText(func(f *broker.MessageFilter, text string) error {
		n, err := strconv.ParseInt(text, 10, 32)
		if err != nil || n < 1 {
			return badValue("not_seconds", text)
		}
		*of(f) = time.Duration(n) * time.Second
		return nil
	})
	return filterField{key, set, func(f *broker.MessageFilter) value {
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
		o = append(o, m(field.key, field.show(f)))
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
		texts := slices.DeleteFunc(slices.Clone(c.queries()[field.key]), func(text string) bool { return text == "" })
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
	keys := make([]string, len(filterFields))
	for i, field := range filterFields {
		keys[i] = field.key
	}
	if err := given.onlyKnows(keys); err != nil {
		return f, err
	}
	for _, field := range filterFields {
		texts, err := given.texts(field.key)
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

// onlyKnows refuses keys that are not among these.
func (b body) onlyKnows(keys []string) error {
	for key := range b {
		if !slices.Contains(keys, key) {
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
