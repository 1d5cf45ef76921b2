package meta

import (
	"encoding/json"
	"errors"
	"fmt"
	"iter"
)

// Names of the sections of RabbitMQ's definitions JSON (management-api §13).
const (
	sectionUsers            = "users"
	sectionVhosts           = "vhosts"
	sectionPermissions      = "permissions"
	sectionTopicPermissions = "topic_permissions"
	sectionParameters       = "parameters"
	sectionGlobalParameters = "global_parameters"
	sectionPolicies         = "policies"
	sectionQueues           = "queues"
	sectionExchanges        = "exchanges"
	sectionBindings         = "bindings"
)

// RabbitMQVersion is the version whose definitions Export writes, and the value
// of rabbit_version in them.
const RabbitMQVersion = "3.10.8"

// ErrNotJSON says that definitions are not one JSON object.
var ErrNotJSON = errors.New("definitions are not a JSON object")

// ImportError says what is wrong with definitions, and where.
type ImportError struct {
	Section string // "queues", "users", ...
	Index   int    // of the item in its section; -1 for the section itself
	Object  string // what the item says it is, such as "queue 'q1' in vhost '/'"; "" when that is not known
	Field   string // "" when the fault is not in one field

	// Err is the reason. It may be a *policy.InvalidError, a
	// *policy.ArgumentError or an *Error; an *Error of Kind "vhost" with
	// ErrNotFound is RabbitMQ's no_such_vhost.
	Err error
}

// Error reads like
// `definitions: queues[3], queue 'q1' in vhost '/', field "durable": missing`.
func (e *ImportError) Error() string {
	text := "definitions: " + e.Section
	if e.Index >= 0 {
		text += fmt.Sprintf("[%d]", e.Index)
	}
	if e.Object != "" {
		text += ", " + e.Object
	}
	if e.Field != "" {
		text += fmt.Sprintf(", field %q", e.Field)
	}
	return text + ": " + e.Err.Error()
}

// Unwrap gives the reason.
func (e *ImportError) Unwrap() error { return e.Err }

// LimitsParameterName is the name of the one parameter of the component
// ComponentVhostLimits.
const LimitsParameterName = "limits"

// RuntimeParameters walks the parameters of a virtual host as RabbitMQ shows
// them: those of Parameters, and after them the operator policies and the
// limits, which are parameters there.
func (v *View) RuntimeParameters(vhost string) iter.Seq[*Parameter] {
	return func(yield func(*Parameter) bool) {
		for p := range v.Parameters(vhost) {
			if !yield(p) {
				return
			}
		}
		for _, p := range v.OperatorPolicies(vhost) {
			if !yield(operatorPolicyParameter(p)) {
				return
			}
		}
		if info, ok := v.Vhost(vhost); ok && len(info.Limits) > 0 {
			value := mustJSON(limitsJSON(info.Limits))
			yield(&Parameter{info.Name, ComponentVhostLimits, LimitsParameterName, value})
		}
	}
}

// RuntimeParameters is [View.RuntimeParameters] now.
func (s *State) RuntimeParameters(vhost string) iter.Seq[*Parameter] {
	return s.View().RuntimeParameters(vhost)
}

func operatorPolicyParameter(p Policy) *Parameter {
	return &Parameter{p.Vhost, ComponentOperatorPolicy, p.Name, mustJSON(struct {
		ApplyTo    string          `json:"apply-to"`
		Definition json.RawMessage `json:"definition"`
		Pattern    string          `json:"pattern"`
		Priority   int             `json:"priority"`
	}{p.ApplyTo, definitionJSON(p.Definition), p.Pattern, p.Priority})}
}

// mustJSON writes what is made of texts, numbers and valid JSON only.
func mustJSON(value any) json.RawMessage {
	text, err := json.Marshal(value)
	if err != nil {
		panic(fmt.Sprintf("BUG: meta: %T cannot be JSON: %v", value, err))
	}
	return text
}
