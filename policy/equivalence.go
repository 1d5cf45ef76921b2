package policy

import "amqpd/amqp"

// Inequivalent compares the arguments of an existing queue of kind k with
// those of another declaration of it. It returns nil if they agree, else the
// text of the first difference, to be rendered with the name of the queue as
// in ArgumentError.Text; the reply code is 406. Arguments unknown to the kind
// are not compared, and policies play no part (amqp-behaviour §4.2).
func Inequivalent(k Kind, have, want amqp.Table) (text func(resource string) string) {
	if len(have) == 0 && len(want) == 0 {
		return nil
	}
	for _, row := range index.equivalence[k] {
		if text := difference(row.Argument, have, want); text != nil {
			return text
		}
	}
	return nil
}

// Changeable tells whether the argument of a queue of kind k may be changed while
// the queue is there. One that is not known to the kind may not.
func Changeable(k Kind, argument string) bool {
	row := index.byArgument[argument]
	return row != nil && row.On == OnQueue && row.Running && row.Kinds[k].Position > 0
}

// InequivalentExchange is Inequivalent for an exchange, of whose arguments
// only alternate-exchange is compared (amqp-behaviour §3.2).
func InequivalentExchange(have, want amqp.Table) (text func(resource string) string) {
	return difference("alternate-exchange", have, want)
}

func difference(name string, have, want amqp.Table) func(resource string) string {
	current, had := have.Get(name)
	received, has := want.Get(name)
	switch {
	case !had && !has:
		return nil
	case had && has:
		if current.Equivalent(received) {
			return nil
		}
		return inequivalent(name, quoted(received), quoted(current))
	case had && !implied(name, current):
		return inequivalent(name, "none", current.Describe())
	case has && !implied(name, received):
		return inequivalent(name, received.Describe(), "none")
	}
	return nil
}

// implied reports whether leaving the argument out says the same.
func implied(name string, v amqp.Value) bool {
	return name == "x-queue-type" && v == amqp.LongStr(Classic.String())
}

// quoted prints a value of which the type goes without saying. A void counts
// as none.
func quoted(v amqp.Value) string {
	if v.Kind() == amqp.KindVoid {
		return "none"
	}
	return "'" + v.Format() + "'"
}

func inequivalent(name, received, current string) func(resource string) string {
	return func(resource string) string {
		return "inequivalent arg '" + name + "' for " + resource +
			": received " + received + " but current is " + current
	}
}
