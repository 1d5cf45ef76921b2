package mgmt

import (
	"math"

	"amqpd/policy"
)

// policyKeyShape is a row of the table of arguments and policy keys, as a form
// needs it. It is ours; RabbitMQ's console has the same knowledge in its pages.
var policyKeyShape = shape[*policy.Row]{
	{"key", func(r *policy.Row) value { return strOrMissing(r.Key) }},
	{"argument", func(r *policy.Row) value { return strOrMissing(r.Argument) }},
	{"type", func(r *policy.Row) value { return str(formNames[keyCheck(r).Form]) }},
	{"choices", func(r *policy.Row) value {
		if c := keyCheck(r); c.Words != nil {
			return strs(c.Words)
		}
		return missing
	}},
	{"minimum", func(r *policy.Row) value {
		if c := keyCheck(r); bounded(c) && c.Min != math.MinInt64 {
			return whole(c.Min)
		}
		return missing
	}},
	{"maximum", func(r *policy.Row) value {
		if c := keyCheck(r); bounded(c) && c.Max != math.MaxInt64 {
			return whole(c.Max)
		}
		return missing
	}},
	{"argument_kinds", func(r *policy.Row) value {
		return keyKinds(r, r.Argument != "", func(u policy.Use) bool { return u.Position > 0 })
	}},
	{"policy_kinds", func(r *policy.Row) value {
		return keyKinds(r, r.Key != "", func(u policy.Use) bool { return u.Policy > policy.Ignored })
	}},
	{"operator", func(r *policy.Row) value { return flag(r.Operator != policy.Refused) }},
	{"description", func(r *policy.Row) value { return str(r.Doc) }},
}

// formNames are what a form asks for.
var formNames = [...]string{
	policy.FormAny: "any", policy.FormInteger: "integer", policy.FormText: "text", policy.FormWord: "choice",
	policy.FormFlag: "boolean", policy.FormAge: "age", policy.FormNodes: "nodes", policy.FormCount: "integer or choice",
	policy.FormOffset: "offset", policy.FormCredit: "table",
}

// keyCheck is what the policy key has to be, else the argument.
func keyCheck(r *policy.Row) *policy.Check {
	if r.Key != "" {
		return &r.Policy
	}
	return &r.Arg
}

func bounded(c *policy.Check) bool {
	return c.Form == policy.FormInteger || c.Form == policy.FormCount
}

// keyKinds lists what a row is for: kinds of queues, or exchanges.
func keyKinds(r *policy.Row, has bool, uses func(policy.Use) bool) value {
	var all []value
	switch {
	case !has:
	case r.On == policy.OnExchange:
		all = append(all, str("exchange"))
	default:
		for k, use := range r.Kinds {
			if uses(use) {
				all = append(all, str(policy.Kind(k).String()))
			}
		}
	}
	return list(all...)
}

// getPolicyKeys answers GET /api/policy-keys.
func getPolicyKeys(c *call) error {
	var rows []*policy.Row
	for i := range policy.Table {
		if r := &policy.Table[i]; r.On != policy.OnConsumer {
			rows = append(rows, r)
		}
	}
	return items(c, policyKeyShape, rows)
}
