package mgmt

import (
	"net/http"
	"net/url"
	"slices"

	"amqpd/broker"
	"amqpd/broker/auth"
	"amqpd/cluster/meta"
)

// call is one request on its way through its handler. It belongs to one
// goroutine and ends with the answer.
type call struct {
	s       *Server
	w       http.ResponseWriter
	r       *http.Request
	control *http.ResponseController
	row     route

	names, values []string // the variables of the path
	asked         url.Values
	user          auth.User // the caller; empty on an open route
	tags          auth.Tags
	session       *sessionID // by which the caller is known; nil: by password
	definitions   *meta.View // as they were when first asked for
}

// path gives the decoded variable of the path. The row must have it.
func (c *call) path(name string) string {
	i := slices.Index(c.names, name)
	if i < 0 {
		panic("BUG: " + c.row.path + " has no variable " + name)
	}
	return c.values[i]
}

// has tells whether the path has a variable of that name.
func (c *call) has(name string) bool { return slices.Contains(c.names, name) }

// exchange is the path's variable of that name with "amq.default" as what it
// stands for (management-api §1.1).
func (c *call) exchange(name string) string {
	if x := c.path(name); x != "amq.default" {
		return x
	}
	return ""
}

// query gives the first value of a query parameter, "" when there is none.
func (c *call) query(name string) string {
	return c.queries().Get(name)
}

// queries gives the query, parsed once. Parts that do not parse are left out.
func (c *call) queries() url.Values {
	if c.asked == nil {
		c.asked = c.r.URL.Query()
	}
	return c.asked
}

// view is the definitions, the same ones during the whole call.
func (c *call) view() *meta.View {
	if c.definitions == nil {
		c.definitions = c.s.broker.Definitions()
	}
	return c.definitions
}

// vhost gives the virtual host of the path, or the refusal that it is missing.
func (c *call) vhost() (*meta.Vhost, error) {
	v, exists := c.view().Vhost(c.path("vhost"))
	if !exists {
		return nil, notFound()
	}
	return v, nil
}

// actor is the caller as the audit log names it.
func (c *call) actor() broker.Actor {
	return broker.Actor{User: c.user.Name, Peer: c.r.RemoteAddr, Via: "http"}
}

// apply changes definitions for the caller. The change is in force and durable
// when it returns, and view shows it.
func (c *call) apply(command meta.Command) error {
	err := c.s.broker.ApplyFor(c.actor(), command)
	c.definitions = nil
	return err
}

// agent gives who acts on queues and exchanges of the path's virtual host for
// the caller, with the caller's AMQP permissions.
func (c *call) agent() (*broker.Agent, error) {
	if _, exists := c.view().Vhost(c.path("vhost")); !exists {
		return nil, noVhost()
	}
	return c.s.broker.As(c.actor(), c.path("vhost"))
}
