package mgmt

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"

	"amqpd/amqp"
)

// Sizes of request bodies. RabbitMQ 3.10 has no limit; later releases have one
// and these words (management-api §1).
const (
	maxBody      = 20 << 20
	maxLargeBody = 512 << 20 // definitions, messages to publish
)

// body is the decoded JSON object of a request.
type body map[string]json.RawMessage

// readAll reads the request's body, up to the limit of its route.
func (c *call) readAll() ([]byte, error) {
	limit := int64(maxBody)
	if c.row.media&largeIn != 0 {
		limit = maxLargeBody
	}
	text, err := io.ReadAll(http.MaxBytesReader(c.w, c.r.Body, limit))
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		return nil, badRequest("Exceeded HTTP request body size limit")
	}
	if err != nil {
		return nil, badRequest("the request body ended early")
	}
	return text, nil
}

// body reads the request's object. Nothing and null count as {}.
func (c *call) body() (body, error) {
	text, err := c.readAll()
	if err != nil {
		return nil, err
	}
	return decodeBody(text)
}

// bodyWith is body, which must have keys.
func (c *call) bodyWith(keys ...string) (body, error) {
	b, err := c.body()
	if err != nil {
		return nil, err
	}
	return b, b.require(keys...)
}

// decodeBody decodes an object as RabbitMQ takes it (management-api §2.2).
func decodeBody(text []byte) (body, error) {
	text = bytes.TrimSpace(text)
	if len(text) == 0 || string(text) == "null" {
		return body{}, nil
	}
	if text[0] == '"' && json.Valid(text) {
		return nil, badRequest("invalid payload: the request body JSON-decoded to a string. Is the input doubly-JSON-encoded?")
	}
	var b body
	if json.Unmarshal(text, &b) != nil {
		return nil, badRequest("not_json")
	}
	return b, nil
}

// require refuses a body without some of keys, and names all that it lacks.
func (b body) require(keys ...string) error {
	var lacking []string
	for _, key := range keys {
		if _, has := b[key]; !has {
			lacking = append(lacking, key)
		}
	}
	if len(lacking) == 0 {
		return nil
	}
	return badRequest("%s", keysMissing(lacking))
}

// keysMissing writes missing keys as Erlang prints such a list: broken into
// lines when it is 79 columns or wider.
func keysMissing(keys []string) string {
	terms := make([]string, len(keys))
	for i, key := range keys {
		terms[i] = "{key_missing," + key + "}"
	}
	if line := "[" + strings.Join(terms, ",") + "]"; len(line) < 79 {
		return line
	}
	return "[" + strings.Join(terms, ",\n ") + "]"
}

// has tells whether there is a key with a value other than null.
func (b body) has(key string) bool {
	text, is := b[key]
	return is && string(text) != "null"
}

// text gives a string, def when the key is missing or null.
func (b body) text(key, def string) (string, error) {
	if !b.has(key) {
		return def, nil
	}
	var s string
	if json.Unmarshal(b[key], &s) != nil {
		return "", badValue("not_string", string(b[key]))
	}
	return s, nil
}

// flag gives a boolean, also written as text; def when the key is missing.
func (b body) flag(key string, def bool) (bool, error) {
	if !b.has(key) {
		return def, nil
	}
	switch word := strings.Trim(string(b[key]), `"`); word {
	case "true":
		return true, nil
	case "false":
		return false, nil
	default:
		return false, badValue("not_boolean", word)
	}
}

// integer gives a whole number, also written as text; def when the key is
// missing.
func (b body) integer(key string, def int64) (int64, error) {
	if !b.has(key) {
		return def, nil
	}
	word := strings.Trim(string(b[key]), `"`)
	n, err := strconv.ParseInt(word, 10, 64)
	if err != nil {
		return 0, badValue("not_integer", word)
	}
	return n, nil
}

// mandatoryText gives a string that must be one.
func (b body) mandatoryText(key string) (string, error) {
	var s *string
	if json.Unmarshal(b[key], &s) != nil || s == nil {
		return "", badValue("not_string", key)
	}
	return *s, nil
}

// decoded is the whole body with its numbers as they were written.
func (b body) decoded() (map[string]any, error) {
	raw := make(map[string]any, len(b))
	for key, text := range b {
		v, err := decodeAny(text)
		if err != nil {
			return nil, err
		}
		raw[key] = v
	}
	return raw, nil
}

// decodeAny decodes JSON with its numbers as they were written.
func decodeAny(text json.RawMessage) (v any, err error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if d.Decode(&v) != nil {
		return nil, badRequest("not_json")
	}
	return v, nil
}

// table gives an AMQP table; nothing, null and an empty list count as an empty
// one (management-api §2.2).
func (b body) table(key string) (amqp.Table, error) {
	if !b.has(key) {
		return nil, nil
	}
	t, err := amqp.TableFromJSON(b[key])
	switch {
	case errors.Is(err, amqp.ErrNull):
		return nil, badRequest("null_not_allowed")
	case err != nil:
		return nil, badRequest("%s: %v", key, err)
	}
	return t, nil
}
