package broker

import (
	"net"
	"slices"
	"strings"
)

// Listener is an address that the node listens on, for views.
type Listener struct {
	Protocol string // "amqp", "amqp/ssl", "http", "https", "http/prometheus", "clustering"
	Host     string
	Port     int
}

// protocolOf is what a listener that Serve was given speaks: a listener with a
// method Protocol() string says so itself.
func protocolOf(l net.Listener) string {
	if p, ok := l.(interface{ Protocol() string }); ok {
		return p.Protocol()
	}
	return "amqp"
}

// Announce shows an address on which something else than AMQP is served.
func (b *Broker) Announce(protocol string, a net.Addr) {
	l := Listener{Protocol: protocol}
	l.Host, l.Port = hostPort(a)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.announced = append(b.announced, l)
}

// Listeners lists where the node listens, by protocol and port.
func (b *Broker) Listeners() []Listener {
	b.mu.Lock()
	list := slices.Clone(b.announced)
	for l := range b.listeners {
		v := Listener{Protocol: protocolOf(l)}
		v.Host, v.Port = hostPort(l.Addr())
		list = append(list, v)
	}
	b.mu.Unlock()
	slices.SortFunc(list, func(x, y Listener) int {
		if c := strings.Compare(x.Protocol, y.Protocol); c != 0 {
			return c
		}
		return x.Port - y.Port
	})
	return list
}
