package policy

import (
	"strings"

	"amqpd/amqp"
)

// ArgumentError is the fault of one argument, for the method's sender. The
// resource that it concerns is named only when it is rendered, because the
// checks do not know it.
type ArgumentError struct {
	Arg   string // name of the argument
	Tail  string // what follows "invalid arg … for …: "
	Whole string // the whole text where it has another form, with {arg} and {res}
	Code  uint16 // reply code: 406, or 541 where RabbitMQ's channel crashes
}

// Text renders the reply text without its code's name. The resource is given
// in RabbitMQ's form, for instance "queue 'q1' in vhost '/'". With code 541
// the text is empty: the peer gets the bare "INTERNAL_ERROR" and ids 0/0
// (amqp-behaviour §0.2, §4.4).
func (e *ArgumentError) Text(resource string) string {
	if e.Code == amqp.CodeInternalError {
		return ""
	}
	return e.render(resource)
}

func (e *ArgumentError) render(resource string) string {
	if e.Whole != "" {
		return strings.NewReplacer("{arg}", e.Arg, "{res}", resource).Replace(e.Whole)
	}
	return "invalid arg '" + e.Arg + "' for " + resource + ": " + e.Tail
}

// Error is the text for logs, which know the resource from their context.
func (e *ArgumentError) Error() string { return e.render("the resource") }
