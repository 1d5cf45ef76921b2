package policy

import "amqpd/amqp"

// Resolve works out the settings of a queue of kind k from its arguments, its
// policy and its operator policy, either of which may be nil. It also returns
// the two policies merged, as the management API shows them: nil without
// policies, and read only, because it may be the definition of one of them
// (amqp-behaviour §9.2).
//
// The policies must be those that a Matcher found for this queue.
func Resolve(k Kind, args amqp.Table, p, operator *Policy) (settings Settings, effective Definition) {
	effective = Merge(p, operator)
	if len(args) == 0 && len(effective) == 0 {
		return NewSettings(k), effective
	}
	return resolve(k, args, effective), effective
}

func resolve(k Kind, args amqp.Table, effective Definition) Settings {
	settings := NewSettings(k)
	for _, row := range index.settings[k] {
		if v := row.inForce(row.Kinds[k], args, effective); v != nil {
			row.Set(&settings, v)
		}
	}
	settings.reconcile()
	return settings
}

// ResolveExchange works out the settings of an exchange from its arguments and
// its policy, which may be nil. Operator policies have nothing for exchanges.
func ResolveExchange(args amqp.Table, p *Policy) Settings {
	settings := NewSettings(Classic)
	row := index.byArgument["alternate-exchange"]
	use := Use{Position: 1, Policy: ArgumentWins}
	if v := row.inForce(use, args, Merge(p, nil)); v != nil {
		row.Set(&settings, v)
	}
	return settings
}

// Merge joins a policy with an operator policy: keys of either side are kept,
// and where both have a key the row says which value counts. The result is
// read only.
func Merge(p, operator *Policy) Definition {
	switch {
	case p == nil && operator == nil:
		return nil
	case operator == nil:
		return p.Definition
	case p == nil:
		return operator.Definition
	}
	merged := make(Definition, len(p.Definition)+len(operator.Definition))
	for key, v := range p.Definition {
		merged[key] = v
	}
	for key, v := range operator.Definition {
		mine, both := merged[key]
		if row := index.byKey[key]; both && row != nil {
			v = row.Operator.choose(mine, v)
		}
		merged[key] = v
	}
	return merged
}

// inForce returns the value of the row that counts, nil if nothing sets it.
func (r *Row) inForce(use Use, args amqp.Table, effective Definition) any {
	var fromPolicy, fromArgument any
	if r.Key != "" && use.Policy > Ignored {
		fromPolicy = effective[r.Key]
	}
	if use.Position > 0 {
		if v, found := args.Get(r.Argument); found && !unset(plain(v)) {
			fromArgument = plain(v)
		}
	}
	switch {
	case fromArgument == nil:
		return fromPolicy
	case fromPolicy == nil:
		return fromArgument
	}
	return use.Policy.choose(fromArgument, fromPolicy)
}

// unset reports whether an argument says that there is no limit: an argument
// that nobody checks, x-delivery-limit, may be negative.
func unset(v any) bool {
	n, isNumber := v.(int64)
	return isNumber && n < 0
}

// choose returns the value that counts of an argument and a policy, or of a
// policy and an operator policy. Numbers cannot be compared with words; the
// second, which has the higher authority, counts then.
func (r Rule) choose(first, second any) any {
	if r == ArgumentWins {
		return first
	}
	a, aNumber := first.(int64)
	b, bNumber := second.(int64)
	if !aNumber || !bNumber {
		return second
	}
	switch r {
	case Minimum:
		return min(a, b)
	case Maximum:
		return max(a, b)
	default:
		return second
	}
}

// reconcile replaces combinations that a quorum queue does not do by what it
// does instead (amqp-behaviour §4.4, §5.8).
func (s *Settings) reconcile() {
	if s.Kind != Quorum {
		return
	}
	if s.Overflow == RejectPublishDLX {
		s.Overflow = DropHead
	}
	if s.DeadLetterStrategy == "at-least-once" && s.Overflow != RejectPublish {
		s.DeadLetterStrategy = "at-most-once"
	}
}
