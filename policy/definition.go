package policy

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// Definition is the body of a policy: policy keys and their values as they
// come out of JSON, that is string, bool, nil, int64, float64, []any and
// map[string]any. Numbers written without fraction and exponent are int64,
// all others float64: 5.0 is not a message count (amqp-behaviour §9.3).
//
// A Definition handed to or returned by this package is shared and read only.
type Definition map[string]any

// Policy is one policy or operator policy of one virtual host, with the JSON
// names of RabbitMQ's definitions (amqp-behaviour §9.1).
type Policy struct {
	Vhost      string     `json:"vhost"`
	Name       string     `json:"name"`
	Pattern    string     `json:"pattern"`  // regular expression, not anchored
	ApplyTo    string     `json:"apply-to"` // "" counts as "all"
	Priority   int        `json:"priority"` // higher wins
	Definition Definition `json:"definition"`
}

// UnmarshalJSON decodes a definition with its integers kept whole.
func (d *Definition) UnmarshalJSON(text []byte) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var raw map[string]any
	if err := decoder.Decode(&raw); err != nil {
		return fmt.Errorf("policy definition: %w", err)
	}
	for key, value := range raw {
		raw[key] = Normalise(value)
	}
	*d = raw
	return nil
}

// Normalise turns a value from any JSON decoder into the types that a
// Definition holds: json.Number and the Go integers become int64 or float64,
// lists and objects are walked. Whole float64 values stay float64, because
// only the text knows how they were written; decode with UseNumber to keep
// the difference. The lists and objects are changed in place.
func Normalise(value any) any {
	switch v := value.(type) {
	case json.Number:
		return number(v)
	case int:
		return int64(v)
	case []any:
		for i := range v {
			v[i] = Normalise(v[i])
		}
	case map[string]any:
		for key := range v {
			v[key] = Normalise(v[key])
		}
	}
	return value
}

func number(n json.Number) any {
	if !strings.ContainsAny(n.String(), ".eE") {
		if whole, err := n.Int64(); err == nil {
			return whole
		}
	}
	f, err := n.Float64()
	if err != nil {
		return n.String()
	}
	return f
}
