package mgmt

import "amqpd/broker"

// agentAndBody gives who declares for the caller in the path's virtual host, and
// what is asked for.
func (c *call) agentAndBody() (*broker.Agent, body, error) {
	a, err := c.agent()
	if err != nil {
		return nil, nil, err
	}
	b, err := c.body()
	return a, b, err
}

// onThisNode refuses a declaration on a node that is not there.
func (c *call) onThisNode(b body) error {
	node, err := b.text("node", "")
	if err == nil && node != "" && node != c.s.broker.NodeName() {
		return badRequest("Node %s could not be contacted", node)
	}
	return err
}

// flagTo is a key of a body that is a boolean, and where it goes.
type flagTo struct {
	key string
	to  *bool
}

// flags reads booleans that are false when they are missing.
func (b body) flags(flags ...flagTo) (err error) {
	for _, f := range flags {
		if *f.to, err = b.flag(f.key, false); err != nil {
			return err
		}
	}
	return nil
}
