package policy

import (
	"slices"
	"strings"
)

// InvalidError lists what is wrong with a policy, one plain text each, in
// RabbitMQ's order and words (amqp-behaviour §9.3). The HTTP layer puts
// "Validation failed" before them and escapes them where RabbitMQ does.
type InvalidError struct {
	Faults []string
}

// Error is the texts on lines of their own.
func (e *InvalidError) Error() string { return strings.Join(e.Faults, "\n") }

// applyTargets says what each value of apply-to reaches. RabbitMQ 3.10 knows
// the first three; the others came with 3.12 and are accepted so that its
// definitions can be loaded.
var applyTargets = map[string]targetSet{
	"all":            targetsOf(TargetClassic, TargetQuorum, TargetStream, TargetExchange),
	"queues":         targetsOf(TargetClassic, TargetQuorum, TargetStream),
	"exchanges":      targetsOf(TargetExchange),
	"classic_queues": targetsOf(TargetClassic),
	"quorum_queues":  targetsOf(TargetQuorum),
	"streams":        targetsOf(TargetStream),
	applyToDefault:   targetsOf(TargetClassic, TargetQuorum, TargetStream, TargetExchange),
}

// applyToDefault is the apply-to of a policy that does not say.
const applyToDefault = ""

// ValidatePolicy returns nil if p may be set as a policy, or as an operator
// policy, and an *InvalidError otherwise.
func ValidatePolicy(p Policy, operator bool) error {
	var faults []string
	faults = appendFault(faults, definitionFault(p.Definition, operator))
	if _, known := applyTargets[p.ApplyTo]; !known {
		faults = append(faults, applyToFault(p.ApplyTo))
	}
	faults = appendFault(faults, patternFaultText(p.Pattern))
	if len(faults) > 0 {
		return &InvalidError{faults}
	}
	return nil
}

// DecodePolicy makes and validates a policy out of a decoded JSON object with
// the members pattern, definition, priority and apply-to, as an HTTP request
// or a definitions file has it. The latter two may be left out; members that
// are none of them are ignored. A fraction of the priority is cut off. The
// values of raw are normalised in place and shared with the policy. The error
// is an *InvalidError.
func DecodePolicy(vhost, name string, raw map[string]any, operator bool) (Policy, error) {
	p := Policy{Vhost: vhost, Name: name, ApplyTo: "all"}
	var faults []string
	fault := func(text string) { faults = appendFault(faults, text) }

	fault(p.decodeDefinition(raw, operator))
	if v, there := raw["apply-to"]; there {
		p.ApplyTo = plainText(Normalise(v))
		if _, known := applyTargets[p.ApplyTo]; !known || p.ApplyTo == "" {
			fault(applyToFault(p.ApplyTo))
		}
	}
	fault(p.decodePattern(raw))
	fault(p.decodePriority(raw))
	if len(faults) > 0 {
		return Policy{}, &InvalidError{faults}
	}
	return p, nil
}

func (p *Policy) decodeDefinition(raw map[string]any, operator bool) (fault string) {
	v, there := raw["definition"]
	if !there {
		return missing("definition", p.Name)
	}
	switch v := Normalise(v).(type) {
	case map[string]any:
		p.Definition = v
		return definitionFault(v, operator)
	case Definition:
		p.Definition = v
		return definitionFault(v, operator)
	case []any:
		if len(v) == 0 {
			return definitionFault(nil, operator)
		}
		return "definition must be a dictionary: " + term(v)
	default:
		validator := "policy_validator"
		if operator {
			validator = "operator_policy_validator"
		}
		return "parse error while reading policy definition: " + term(v) + ". Validator: " + validator + "."
	}
}

func (p *Policy) decodePattern(raw map[string]any) (fault string) {
	v, there := raw["pattern"]
	if !there {
		return missing("pattern", p.Name)
	}
	pattern, isText := v.(string)
	if !isText {
		return "pattern should be a binary but was " + term(Normalise(v))
	}
	p.Pattern = pattern
	return patternFaultText(pattern)
}

func (p *Policy) decodePriority(raw map[string]any) (fault string) {
	v, there := raw["priority"]
	if !there {
		return ""
	}
	switch v := Normalise(v).(type) {
	case int64:
		p.Priority = int(v)
	case float64:
		p.Priority = int(v)
	default:
		return "priority should be a number, actually was " + term(v)
	}
	return ""
}

func appendFault(faults []string, fault string) []string {
	if fault == "" {
		return faults
	}
	return append(faults, fault)
}

func missing(key, name string) string { return `Key "` + key + `" not found in ` + name }

func applyToFault(v string) string {
	return "apply-to '" + v + "' unrecognised; should be 'queues', 'exchanges' or 'all'"
}

// patternFaultText is the text for a pattern that does not compile. The
// offset goes to a line of its own when it does not fit on the first.
func patternFaultText(pattern string) string {
	_, err := CompilePattern(pattern)
	if err == nil {
		return ""
	}
	bad := err.(*PatternError)
	const start = "pattern should be regular expression but is invalid: "
	message, _ := quoteTerm(bad.Message)
	line := start + "{" + message + "," + term(bad.Offset) + "}"
	if len(line) > lineWidth {
		line = start + "{" + message + ",\n" + strings.Repeat(" ", len(start)+1) + term(bad.Offset) + "}"
	}
	return line
}

// definitionFault is the first fault of a policy's body, "" if there is none.
// Unknown keys are reported only when all known ones are right.
func definitionFault(d Definition, operator bool) string {
	if len(d) == 0 {
		return "no policy provided"
	}
	var unknown []string
	for _, key := range sortedKeys(d) {
		row := index.byKey[key]
		if row == nil || operator && row.Operator == Refused {
			unknown = append(unknown, key)
		}
	}
	for _, row := range validationOrder {
		v, there := d[row.Key]
		if !there || operator && row.Operator == Refused {
			continue
		}
		if fault := row.policyFault(v, d, operator); fault != "" {
			return fault
		}
	}
	if len(unknown) > 0 {
		return pairsTerm(d, unknown) + " are not recognised policy settings"
	}
	return ""
}

// validationOrder is every row with a policy key in the order of checking.
var validationOrder = orderForValidation(Table)

func orderForValidation(table []Row) []*Row {
	var rows []*Row
	for i := range table {
		if table[i].Key != "" {
			rows = append(rows, &table[i])
		}
	}
	slices.SortStableFunc(rows, func(a, b *Row) int {
		if a.Group != b.Group {
			return int(a.Group) - int(b.Group)
		}
		if a.Group == GroupMirror {
			return 0
		}
		return strings.Compare(a.Key, b.Key)
	})
	return rows
}

// policyFault is what value v of the row's key gets in policy d.
func (r *Row) policyFault(v any, d Definition, operator bool) string {
	if r.Group == GroupMirror && !operator {
		if _, there := d["ha-mode"]; !there {
			return "ha-mode must be specified to specify ha-params, ha-sync-mode or ha-promote-on-shutdown"
		}
	}
	if r.Key == "ha-mode" {
		if !r.Policy.accepts(v) {
			return strings.ReplaceAll(r.Invalid, "{v}", term(v))
		}
		return paramsFault(v.(string), d)
	}
	if r.Policy.accepts(v) {
		return ""
	}
	return strings.ReplaceAll(r.Invalid, "{v}", term(v))
}

// paramsFault checks ha-params, present or not, against a known ha-mode.
func paramsFault(mode string, d Definition) string {
	params, there := d["ha-params"]
	switch mode {
	case "all":
		if there {
			return `ha-mode="all" does not take parameters`
		}
	case "exactly":
		if n, ok := params.(int64); ok && n > 0 {
			return ""
		}
		return `ha-mode="exactly" takes an integer, ` + given(params, there) + " given"
	case "nodes":
		return nodesFault(params, there)
	}
	return ""
}

func nodesFault(params any, there bool) string {
	nodes, isList := params.([]any)
	if !isList {
		return `ha-mode="nodes" takes a list, ` + given(params, there) + " given"
	}
	if len(nodes) == 0 {
		return `ha-mode="nodes" list must be non-empty`
	}
	var others []any
	for _, node := range nodes {
		if _, isText := node.(string); !isText {
			others = append(others, node)
		}
	}
	if len(others) > 0 {
		return `ha-mode="nodes" takes a list of strings, ` + term(others) + " was not a string"
	}
	return ""
}

// given prints a value that may be missing.
func given(v any, there bool) string {
	if !there {
		return "none"
	}
	return term(v)
}
