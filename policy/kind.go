package policy

import "fmt"

// Kind is the type of a queue, chosen once by its x-queue-type argument and
// never changed afterwards (amqp-behaviour §4.4).
type Kind uint8

// The queue kinds, in the order in which tables indexed by Kind list them.
const (
	Classic Kind = iota
	Quorum
	Stream

	kinds = 3
)

var kindNames = [kinds]struct{ name, module, applyTo string }{
	Classic: {"classic", "rabbit_classic_queue", "classic_queues"},
	Quorum:  {"quorum", "rabbit_quorum_queue", "quorum_queues"},
	Stream:  {"stream", "rabbit_stream_queue", "streams"},
}

// String is the value of x-queue-type that asks for the kind: "classic",
// "quorum" or "stream".
func (k Kind) String() string {
	if int(k) >= kinds {
		return fmt.Sprintf("Kind(%d)", uint8(k))
	}
	return kindNames[k].name
}

// ModuleName is the name that RabbitMQ's error texts give the kind, for
// instance "rabbit_classic_queue" (amqp-behaviour §4.4).
func (k Kind) ModuleName() string {
	if int(k) >= kinds {
		return k.String()
	}
	return kindNames[k].module
}

// ParseKind turns a value of x-queue-type into a Kind. It reports false for
// anything but the three names, which are case-sensitive.
func ParseKind(name string) (Kind, bool) {
	for k := range kindNames {
		if kindNames[k].name == name {
			return Kind(k), true
		}
	}
	return Classic, false
}
