package policy

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

// decode turns the JSON form of a definition into one.
func decode(t *testing.T, text string) Definition {
	t.Helper()
	var d Definition
	if err := json.Unmarshal([]byte(text), &d); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return d
}

// TestValidationTexts has the lines of amqp-behaviour §9.3. All texts were
// compared with those of RabbitMQ 3.10.8.
func TestValidationTexts(t *testing.T) {
	tests := []struct {
		operator   bool
		definition string
		want       string
	}{
		{false, `{"ha-mode":"zzz"}`, `<<"zzz">> is not a valid ha-mode value`},
		{false, `{"ha-mode":"zzz","ha-params":1}`, `<<"zzz">> is not a valid ha-mode value`},
		{false, `{"ha-params":2}`, `ha-mode must be specified to specify ha-params, ha-sync-mode or ha-promote-on-shutdown`},
		{false, `{"ha-sync-batch-size":0}`, `ha-mode must be specified to specify ha-params, ha-sync-mode or ha-promote-on-shutdown`},
		{false, `{"ha-min-in-sync":2}`, `ha-mode must be specified to specify ha-params, ha-sync-mode or ha-promote-on-shutdown`},
		{false, `{"ha-mode":"all","ha-params":2}`, `ha-mode="all" does not take parameters`},
		{false, `{"ha-mode":"exactly"}`, `ha-mode="exactly" takes an integer, none given`},
		{false, `{"ha-mode":"exactly","ha-params":0}`, `ha-mode="exactly" takes an integer, 0 given`},
		{false, `{"ha-mode":"exactly","ha-params":["a"]}`, `ha-mode="exactly" takes an integer, [<<"a">>] given`},
		{false, `{"ha-mode":"nodes"}`, `ha-mode="nodes" takes a list, none given`},
		{false, `{"ha-mode":"nodes","ha-params":5}`, `ha-mode="nodes" takes a list, 5 given`},
		{false, `{"ha-mode":"nodes","ha-params":[]}`, `ha-mode="nodes" list must be non-empty`},
		{false, `{"ha-mode":"nodes","ha-params":[5,"a",6]}`, `ha-mode="nodes" takes a list of strings, [5,6] was not a string`},
		{false, `{"ha-mode":"nodes","ha-params":[97,"a",98]}`, `ha-mode="nodes" takes a list of strings, "ab" was not a string`},
		{false, `{"ha-mode":"all","ha-sync-mode":"zzz"}`, `ha-sync-mode must be "manual" or "automatic", got <<"zzz">>`},
		{false, `{"ha-mode":"all","ha-sync-batch-size":0}`, `ha-sync-batch-size takes an integer greater than 0, 0 given`},
		{false, `{"ha-mode":"all","ha-promote-on-failure":"y","ha-promote-on-shutdown":"x"}`,
			`ha-promote-on-shutdown must be "always" or "when-synced", got <<"x">>`},
		{false, `{"ha-mode":"all","ha-promote-on-failure":"y"}`, `ha-promote-on-failure must be "always" or "when-synced", got <<"y">>`},
		{false, `{"ha-mode":"all","ha-min-in-sync":"most"}`, `ha-min-in-sync takes an integer greater than 0 or "majority", <<"most">> given`},
		{true, `{"ha-min-in-sync":2}`, ``},
		{false, `{"ha-mode":"exactly","ha-params":3,"ha-sync-mode":"manual","ha-min-in-sync":"majority"}`, ``},
		{false, `{"queue-master-locator":"zzz"}`, `<<"zzz">> invalid queue-master-locator value`},
		{false, `{"message-ttl":-1}`, `-1 is not a valid message TTL`},
		{false, `{"message-ttl":1.5}`, `1.5 is not a valid message TTL`},
		{false, `{"message-ttl":1e3}`, `1.0e3 is not a valid message TTL`},
		{false, `{"message-ttl":1000.0}`, `1.0e3 is not a valid message TTL`},
		{false, `{"message-ttl":null}`, `null is not a valid message TTL`},
		{false, `{"message-ttl":true}`, `true is not a valid message TTL`},
		{false, `{"message-ttl":""}`, `<<>> is not a valid message TTL`},
		{false, `{"message-ttl":"日"}`, `<<230,151,165>> is not a valid message TTL`},
		{false, `{"message-ttl":"a\"b\n\\"}`, `<<"a\"b\n\\">> is not a valid message TTL`},
		{false, `{"message-ttl":{"a":1,"0":[]}}`, `#{<<"0">> => [],<<"a">> => 1} is not a valid message TTL`},
		{false, `{"message-ttl":400000000000}`, ``},
		{false, `{"expires":0}`, `0 is not a valid queue expiry`},
		{false, `{"max-length":-1}`, `-1 is not a valid maximum length`},
		{false, `{"max-length-bytes":-1}`, `-1 is not a valid maximum length in bytes`},
		{false, `{"max-in-memory-length":-1}`, `-1 is not a valid maximum memory in bytes`},
		{false, `{"max-in-memory-bytes":-1}`, `-1 is not a valid maximum memory in bytes`},
		{false, `{"overflow":"zzz"}`, `<<"zzz">> is not a valid overflow value`},
		{false, `{"queue-mode":"zzz"}`, `<<"zzz">> is not a valid queue-mode value`},
		{false, `{"queue-version":3}`, `3 is not a valid queue-version value`},
		{false, `{"dead-letter-exchange":5}`, `5 is not a valid dead letter exchange name`},
		{false, `{"dead-letter-routing-key":5}`, `5 is not a valid dead letter routing key`},
		{false, `{"dead-letter-routing-key":"k"}`, ``},
		{false, `{"dead-letter-strategy":"zzz"}`, `<<"zzz">> is not a valid dead letter strategy`},
		{false, `{"delivery-limit":-1}`, `-1 is not a valid delivery limit`},
		{false, `{"queue-leader-locator":"zzz"}`, `<<"zzz">> is not a valid queue leader locator value`},
		{false, `{"max-age":"1x"}`, `<<"1x">> is not a valid max age`},
		{false, `{"max-age":"x"}`, `<<"x">> is not a valid max age`},
		{false, `{"initial-cluster-size":-1}`, `-1 is not a valid cluster size`},
		{false, `{"stream-max-segment-size-bytes":3000000001}`, `3000000001 is not a valid segment size`},
		{false, `{"alternate-exchange":5}`, `5 is not a valid alternate exchange name`},
		{false, `{"bogus":1}`, `[{<<"bogus">>,1}] are not recognised policy settings`},
		{false, `{"max-priority":5}`, `[{<<"max-priority">>,5}] are not recognised policy settings`},
		{false, `{"bogus":1,"axe":"x","expires":5}`, `[{<<"axe">>,<<"x">>},{<<"bogus">>,1}] are not recognised policy settings`},
		{true, `{"ha-mode":"all"}`, `[{<<"ha-mode">>,<<"all">>}] are not recognised policy settings`},
		{true, `{"overflow":"zzz"}`, `[{<<"overflow">>,<<"zzz">>}] are not recognised policy settings`},
		{true, `{"expires":0}`, `0 is not a valid queue expiry`},
		{false, `{}`, `no policy provided`},
		{false, `{"aaaaaaaaaaaaaaaa":"1234567890","bbbbbbbbbbbbb":"1234567"}`,
			"[{<<\"aaaaaaaaaaaaaaaa\">>,<<\"1234567890\">>},\n {<<\"bbbbbbbbbbbbb\">>,<<\"1234567\">>}] are not recognised policy settings"},
		{true, `{"stream-max-segment-size-bytes":{"kk":"reject-publish-dlx"}}`,
			"[{<<\"stream-max-segment-size-bytes\">>,\n  #{<<\"kk\">> => <<\"reject-publish-dlx\">>}}] are not recognised policy settings"},

		// Order of the checks.
		{false, `{"message-ttl":-1,"ha-mode":"zzz","queue-master-locator":"q"}`, `<<"q">> invalid queue-master-locator value`},
		{false, `{"message-ttl":-1,"ha-mode":"zzz"}`, `-1 is not a valid message TTL`},
		{false, `{"message-ttl":-1,"expires":"q"}`, `<<"q">> is not a valid queue expiry`},
		{false, `{"bogus":1,"message-ttl":"z"}`, `<<"z">> is not a valid message TTL`},
	}
	for _, test := range tests {
		p := Policy{Name: "nm", Pattern: ".*", ApplyTo: "all", Definition: decode(t, test.definition)}
		got := ""
		if err := ValidatePolicy(p, test.operator); err != nil {
			got = err.Error()
		}
		if got != test.want {
			t.Errorf("%s:\n got %s\nwant %s", test.definition, got, test.want)
		}
	}
}

func TestValidatePolicyListsAllFaults(t *testing.T) {
	err := ValidatePolicy(Policy{Pattern: "*", ApplyTo: "x", Definition: Definition{"expires": int64(0)}}, false)
	want := []string{
		"0 is not a valid queue expiry",
		"apply-to 'x' unrecognised; should be 'queues', 'exchanges' or 'all'",
		`pattern should be regular expression but is invalid: {"nothing to repeat",0}`,
	}
	var bad *InvalidError
	if !errors.As(err, &bad) || strings.Join(bad.Faults, "|") != strings.Join(want, "|") {
		t.Errorf("got %v", err)
	}
}

// TestDecodePolicyTexts has what only raw JSON can get wrong.
func TestDecodePolicyTexts(t *testing.T) {
	tests := []struct {
		operator  bool
		raw, want string
	}{
		{false, `{"pattern":"a","definition":{"expires":1}}`, ``},
		{false, `{"pattern":"a","definition":{"expires":1},"zzz":1}`, ``},
		{false, `{"pattern":"a","definition":{"expires":1},"priority":1.5}`, ``},
		{false, `{"pattern":"a","definition":{"expires":1},"priority":"5"}`, `priority should be a number, actually was <<"5">>`},
		{false, `{"pattern":"a","definition":{"expires":1},"priority":null}`, `priority should be a number, actually was null`},
		{false, `{"pattern":5,"definition":{"expires":1}}`, `pattern should be a binary but was 5`},
		{false, `{"pattern":"a","definition":{"expires":1},"apply-to":""}`, `apply-to '' unrecognised; should be 'queues', 'exchanges' or 'all'`},
		{false, `{"pattern":"a","definition":{"expires":1},"apply-to":5}`, `apply-to '5' unrecognised; should be 'queues', 'exchanges' or 'all'`},
		{false, `{"pattern":"a","definition":"text"}`, `parse error while reading policy definition: <<"text">>. Validator: policy_validator.`},
		{true, `{"pattern":"a","definition":5}`, `parse error while reading policy definition: 5. Validator: operator_policy_validator.`},
		{false, `{"pattern":"a","definition":[1,2]}`, `definition must be a dictionary: [1,2]`},
		{false, `{"pattern":"a","definition":[]}`, `no policy provided`},
		{false, `{}`, "Key \"definition\" not found in nm\nKey \"pattern\" not found in nm"},
	}
	for _, test := range tests {
		decoder := json.NewDecoder(strings.NewReader(test.raw))
		decoder.UseNumber()
		var raw map[string]any
		if err := decoder.Decode(&raw); err != nil {
			t.Fatal(err)
		}
		_, err := DecodePolicy("/", "nm", raw, test.operator)
		got := ""
		if err != nil {
			got = err.Error()
		}
		if got != test.want {
			t.Errorf("%s:\n got %s\nwant %s", test.raw, got, test.want)
		}
	}
}

func TestDecodePolicyFills(t *testing.T) {
	raw := map[string]any{"pattern": "^a", "definition": map[string]any{"expires": json.Number("5")}, "priority": json.Number("7.9")}
	p, err := DecodePolicy("/", "nm", raw, false)
	if err != nil || p.Vhost != "/" || p.Name != "nm" || p.Pattern != "^a" || p.ApplyTo != "all" || p.Priority != 7 || p.Definition["expires"] != int64(5) {
		t.Errorf("%+v, %v", p, err)
	}
}

func TestPolicyJSON(t *testing.T) {
	const text = `{"vhost":"/","name":"n","pattern":"^a","apply-to":"queues","priority":3,` +
		`"definition":{"a":[1,2.5,{"b":3}],"max-length":9007199254740993,"ttl":5.0}}`
	var p Policy
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		t.Fatal(err)
	}
	list := p.Definition["a"].([]any)
	if p.Definition["max-length"] != int64(9007199254740993) || list[0] != int64(1) || list[1] != 2.5 ||
		p.Definition["ttl"] != 5.0 || list[2].(map[string]any)["b"] != int64(3) {
		t.Errorf("definition came out as %#v", p.Definition)
	}
	if err := json.Unmarshal([]byte(`{"definition":5}`), &p); err == nil {
		t.Error("a number is no definition")
	}
	for in, want := range map[any]any{5: int64(5), json.Number("1e400"): "1e400", json.Number("99999999999999999999"): 1e20, "x": "x"} {
		if got := Normalise(in); got != want {
			t.Errorf("Normalise(%v) = %#v, want %#v", in, got, want)
		}
	}
}

func TestLimits(t *testing.T) {
	tests := []struct {
		scope LimitScope
		in    map[string]any
		want  string
	}{
		{VhostLimits, map[string]any{"max-queues": int64(5), "max-connections": int64(-1)}, ``},
		{VhostLimits, map[string]any{"max-queues": "x"}, `max-queues should be a number, actually was <<"x">>`},
		{VhostLimits, map[string]any{"bogus": int64(6)}, `Unrecognised terms [{<<"bogus">>,6}] in limits`},
		{UserLimits, map[string]any{"max-queues": int64(6)}, `Unrecognised terms [{<<"max-queues">>,6}] in user-limits`},
		{UserLimits, map[string]any{"max-channels": "x"}, `max-channels should be a number, actually was <<"x">>`},
		{UserLimits, map[string]any{"b": 1, "max-channels": 1.5},
			"Unrecognised terms [{<<\"b\">>,1}] in user-limits\nmax-channels should be a number, actually was 1.5"},
	}
	for _, test := range tests {
		got := ""
		if err := ValidateLimits(test.scope, test.in); err != nil {
			got = err.Error()
		}
		if got != test.want {
			t.Errorf("%v:\n got %s\nwant %s", test.in, got, test.want)
		}
	}
	for _, limit := range Limits {
		if !strings.HasSuffix(limit.Doc, ".") {
			t.Errorf("%s: Doc is %q, want a sentence", limit.Name, limit.Doc)
		}
	}
}
