package mgmt

import (
	"fmt"
	"math"
	"net/url"
	"slices"
	"strings"

	"amqpd/cluster/meta"
	"amqpd/policy"
)

// Parameters of federation and shovel. amqpd runs neither, but keeps what is
// configured for them, so that a definitions file that travels through it loses
// nothing, and a tool that sets one hears of its mistakes (management-api
// §14.3). docs/compatibility.md says that they have no effect.

// parameterKey is one key that a value of a component may have.
type parameterKey struct {
	component string
	key       string
	takes     string // "text", "number", "switch", "object", "uri", "after", or the words it may be, separated by |
}

// parameterKeys are all keys, in the order in which RabbitMQ checks them.
var parameterKeys = []parameterKey{
	{"federation-upstream", "uri", "uri"},
	{"federation-upstream", "prefetch-count", "number"},
	{"federation-upstream", "reconnect-delay", "number"},
	{"federation-upstream", "max-hops", "number"},
	{"federation-upstream", "expires", "number"},
	{"federation-upstream", "message-ttl", "number"},
	{"federation-upstream", "exchange", "text"},
	{"federation-upstream", "queue", "text"},
	{"federation-upstream", "consumer-tag", "text"},
	{"federation-upstream", "ha-policy", "text"},
	{"federation-upstream", "ack-mode", "no-ack|on-publish|on-confirm"},
	{"federation-upstream", "resource-cleanup-mode", "default|never"},
	{"federation-upstream", "channel-use-mode", "multiple|single"},
	{"federation-upstream", "trust-user-id", "switch"},
	{"federation-upstream", "bind-nowait", "switch"},
	{"shovel", "src-protocol", "amqp091|amqp10"},
	{"shovel", "dest-protocol", "amqp091|amqp10"},
	{"shovel", "src-uri", "uri"},
	{"shovel", "dest-uri", "uri"},
	{"shovel", "src-exchange", "text"},
	{"shovel", "src-exchange-key", "text"},
	{"shovel", "src-queue", "text"},
	{"shovel", "src-address", "text"},
	{"shovel", "dest-exchange", "text"},
	{"shovel", "dest-exchange-key", "text"},
	{"shovel", "dest-queue", "text"},
	{"shovel", "dest-address", "text"},
	{"shovel", "src-queue-args", "object"},
	{"shovel", "src-consumer-args", "object"},
	{"shovel", "dest-queue-args", "object"},
	{"shovel", "src-prefetch-count", "number"},
	{"shovel", "prefetch-count", "number"},
	{"shovel", "reconnect-delay", "number"},
	{"shovel", "ack-mode", "no-ack|on-publish|on-confirm"},
	{"shovel", "src-delete-after", "after"},
	{"shovel", "delete-after", "after"},
	{"shovel", "dest-add-forward-headers", "switch"},
	{"shovel", "add-forward-headers", "switch"},
	{"shovel", "dest-add-timestamp-header", "switch"},
	{"shovel", "dest-publish-properties", "object"},
	{"shovel", "publish-properties", "object"},
	{"shovel", "dest-properties", "object"},
	{"shovel", "dest-application-properties", "object"},
	{"shovel", "dest-message-annotations", "object"},
}

// mandatoryKeys are those that a value must have.
var mandatoryKeys = map[string][]string{
	"federation-upstream": {"uri"},
	"shovel":              {"src-uri", "dest-uri"},
}

// oneOfKeys are pairs of which a shovel of AMQP 0-9-1 has exactly one.
var oneOfKeys = [][2]string{{"src-exchange", "src-queue"}, {"dest-exchange", "dest-queue"}}

// pluginParameter checks a value and gives the command that keeps it.
func pluginParameter(c *call, value map[string]any) ([]meta.Command, error) {
	component, name := c.path("component"), c.path("name")
	var faults []string
	for _, key := range mandatoryKeys[component] {
		if _, given := value[key]; !given {
			faults = append(faults, fmt.Sprintf("Key %q not found in %s", key, name))
		}
	}
	known := map[string]bool{}
	for _, k := range parameterKeys {
		if k.component != component {
			continue
		}
		known[k.key] = true
		if v, given := value[k.key]; given {
			faults = append(faults, k.faults(policy.Normalise(v))...)
		}
	}
	if component == "shovel" {
		faults = append(faults, endsFaults(value)...)
	}
	faults = append(faults, unknownKeys(value, known, name)...)
	if len(faults) > 0 {
		return nil, &policy.InvalidError{Faults: faults}
	}
	return []meta.Command{c.keep(value)}, nil
}

// keep is the command that stores a parameter's value.
func (c *call) keep(value any) meta.Command {
	return meta.PutParameter{Parameter: meta.Parameter{
		Vhost: c.path("vhost"), Component: c.path("component"), Name: c.path("name"),
		Value: []byte(scalar(policy.Normalise(value)).json()),
	}}
}

// faults tells what is wrong with a value of the key.
func (k parameterKey) faults(v any) []string {
	text, isText := v.(string)
	bad := func(should string) []string {
		return []string{k.key + " should be " + should + ", actually was " + policy.Term(v)}
	}
	switch k.takes {
	case "text":
		if !isText {
			return bad("binary")
		}
	case "number":
		if !isNumber(v) {
			return bad("a number")
		}
	case "switch":
		if _, is := v.(bool); !is {
			return bad("boolean")
		}
	case "object":
		if _, is := v.(map[string]any); !is {
			return bad("a map")
		}
	case "after":
		if n, _ := v.(int64); text != "never" && text != "queue-length" && (!isNumber(v) || n < 0) {
			return bad(`a number greater than or equal to 0, "never" or "queue-length"`)
		}
	case "uri":
		return uriFaults(v)
	default:
		words := strings.Split(k.takes, "|")
		if !isText || !slices.Contains(words, text) {
			quoted := make([]any, len(words))
			for i, w := range words {
				quoted[i] = w
			}
			return bad("one of " + policy.Term(quoted))
		}
	}
	return nil
}

// isNumber tells whether a decoded value is a finite number.
func isNumber(v any) bool {
	switch n := v.(type) {
	case int64:
		return true
	case float64:
		return !math.IsInf(n, 0)
	}
	return false
}

// uriFaults checks one address or a list of them.
func uriFaults(v any) (faults []string) {
	addresses := []any{v}
	if list, is := v.([]any); is {
		addresses = list
	}
	for _, a := range addresses {
		text, is := a.(string)
		u, err := url.Parse(text)
		switch {
		case !is:
			faults = append(faults, "uri should be binary, actually was "+policy.Term(a))
		case err != nil || u.Scheme == "":
			faults = append(faults, fmt.Sprintf(`%q not a valid URI: {{unable_to_parse_uri,no_scheme},%q}`, text, text))
		case u.Scheme != "amqp" && u.Scheme != "amqps":
			faults = append(faults, fmt.Sprintf(`%q not a valid URI: {{unexpected_uri_scheme,%q},%q}`, text, u.Scheme, text))
		}
	}
	return faults
}

// endsFaults checks that each end of a shovel is either queue or exchange.
func endsFaults(value map[string]any) (faults []string) {
	for _, pair := range oneOfKeys {
		side, _, _ := strings.Cut(pair[0], "-")
		if value[side+"-protocol"] == "amqp10" {
			continue
		}
		_, exchange := value[pair[0]]
		_, queue := value[pair[1]]
		switch {
		case exchange && queue:
			faults = append(faults, fmt.Sprintf("Cannot specify '%s' and '%s'", pair[0], pair[1]))
		case !exchange && !queue && side == "src":
			faults = append(faults, fmt.Sprintf("Must specify '%s' or '%s'", pair[0], pair[1]))
		}
	}
	return faults
}

// unknownKeys tells which keys the component does not have.
func unknownKeys(value map[string]any, known map[string]bool, name string) []string {
	unknown := map[string]any{}
	for key, v := range value {
		if !known[key] {
			unknown[key] = v
		}
	}
	if len(unknown) == 0 {
		return nil
	}
	return []string{"Unrecognised terms " + policy.PairsTerm(unknown) + " in " + name}
}

// upstreamSetParameter checks a list of upstreams.
func upstreamSetParameter(c *call, value any) ([]meta.Command, error) {
	list, isList := value.([]any)
	if !isList {
		return nil, invalid(c.path("name") + " not a list " + policy.Term(policy.Normalise(value)))
	}
	for _, item := range list {
		if one, _ := item.(map[string]any); one["upstream"] == nil {
			return nil, invalid(`Key "upstream" not found in ` + c.path("name"))
		}
	}
	return []meta.Command{c.keep(value)}, nil
}
