package broker

import (
	"bytes"
	"strings"
	"time"

	"amqpd/amqp"
)

// MessageFilter chooses messages of a queue: those for which everything holds
// that is set. The zero value chooses all.
type MessageFilter struct {
	State       MessageState
	Redelivered *bool   // nil: both
	Exchange    *string // it was published to; "" is the default exchange
	RoutingKey  *string // exactly
	// RoutingPattern is a pattern as topic exchanges have them: "*" is one word,
	// "#" any number of words; "" takes all.
	RoutingPattern string
	Headers        []HeaderFilter
	Body           string // is somewhere in the body
	// OlderThan and YoungerThan look at the timestamp property or, of a message
	// without one, at the time of its last death. A message that has neither is
	// neither. Whole seconds count; 0: any age.
	OlderThan, YoungerThan time.Duration
}

// HeaderFilter asks for a header.
type HeaderFilter struct {
	Name     string
	Value    string // as text, or as JSON where the header is no text; only with HasValue
	HasValue bool   // the header's value counts, not only its being there
}

// MessageState says where a message of a queue is.
type MessageState uint8

// The states. Unacked messages are with a consumer, a basic.get or a transfer.
const (
	AnyState MessageState = iota
	ReadyState
	UnackedState
)

// matcher is a filter ready for use.
type matcher struct {
	MessageFilter
	index   bool // the queue's index decides alone
	pattern []string
	body    []byte
	now     int64 // unix ms
}

func (f MessageFilter) compile(now int64) matcher {
	m := matcher{MessageFilter: f, body: []byte(f.Body), now: now}
	if f.RoutingPattern != "" {
		m.pattern = wordsOf(f.RoutingPattern)
	}
	m.index = f.Exchange == nil && f.RoutingKey == nil && m.pattern == nil && len(f.Headers) == 0 && f.Body == "" && !m.aged()
	return m
}

// aged tells whether age counts.
func (m *matcher) aged() bool { return m.OlderThan > 0 || m.YoungerThan > 0 }

// entry decides by what the index knows.
func (m *matcher) entry(e *glance) bool {
	return (m.State == AnyState || (m.State == ReadyState) == e.ready) &&
		(m.Redelivered == nil || *m.Redelivered == e.redelivered())
}

// payload decides by the octets of a message whose entry matches.
func (m *matcher) payload(p []byte) bool {
	if m.index {
		return true
	}
	env, header, body := splitPayload(p)
	name, key, err := amqp.SplitEnvelope(env)
	return err == nil &&
		(m.Exchange == nil || *m.Exchange == string(name)) &&
		(m.RoutingKey == nil || *m.RoutingKey == string(key)) &&
		(m.pattern == nil || matchesWords(m.pattern, wordsOf(string(key)))) &&
		m.properties(header) &&
		bytes.Contains(body, m.body)
}

// properties decides by headers and age.
func (m *matcher) properties(header []byte) bool {
	if len(m.Headers) == 0 && !m.aged() {
		return true
	}
	msg := message{header: header}
	p := msg.properties()
	headers, err := amqp.ParseTable(p.Headers)
	if err != nil {
		return false
	}
	for _, want := range m.Headers {
		if v, ok := headers.Get(want.Name); !ok || want.HasValue && !sameText(v, want.Value) {
			return false
		}
	}
	if !m.aged() {
		return true
	}
	born, known := bornAt(&p, headers)
	age := m.now/1000 - born
	return known && (m.OlderThan == 0 || age >= int64(m.OlderThan/time.Second)) &&
		(m.YoungerThan == 0 || age < int64(m.YoungerThan/time.Second))
}

// bornAt is the time from which a message's age counts, unix seconds.
func bornAt(p *amqp.Properties, headers amqp.Table) (at int64, known bool) {
	seconds := p.Timestamp
	if known = p.Has(amqp.FlagTimestamp); !known {
		if v, has := headers.Get("x-death"); has {
			if ds := readDeaths(v); len(ds) > 0 {
				died, _ := ds[0].Get("time")
				seconds, known = died.Time()
			}
		}
	}
	if limit := uint64(maxTime); seconds > limit {
		seconds = limit
	}
	return int64(seconds), known
}

// maxTime bounds a time that a publisher made up, so that differences are no
// overflow: the year 9999.
const maxTime = 253_402_300_799

// sameText tells whether a header's value reads as text.
func sameText(v amqp.Value, text string) bool {
	if s, ok := v.Str(); ok {
		return s == text
	}
	json, err := v.MarshalJSON()
	return err == nil && string(json) == text
}

// wordsOf splits a routing key; an empty one has no words.
func wordsOf(key string) []string {
	if key == "" {
		return nil
	}
	return strings.Split(key, ".")
}

// matchesWords matches a topic pattern in time proportional to the product of
// the lengths, whatever the pattern: at[i] says that the pattern's first i words
// take what was read of the key.
func matchesWords(pattern, key []string) bool {
	at := make([]bool, len(pattern)+1)
	at[0] = true
	for i, word := range pattern {
		at[i+1] = at[i] && word == "#"
	}
	for _, word := range key {
		before := at[0]
		at[0] = false
		for i, want := range pattern {
			was := at[i+1]
			switch want {
			case "#":
				at[i+1] = at[i] || was
			case "*", word:
				at[i+1] = before
			default:
				at[i+1] = false
			}
			before = was
		}
	}
	return at[len(pattern)]
}
