package meta

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Description says in words what a command wants: for the audit log. It holds
// no secret: neither passwords nor their hashes, nor the values of parameters,
// which may be addresses with passwords in them.
type Description struct {
	Action string // "queue.put", "user.delete", ...: what kind of thing, and what happens to it
	Vhost  string // "" where the thing is in none
	Object string // its name; of a permission the user
	Detail string // what else matters, "key=value" separated by spaces; "" nothing
}

// Describe describes a command. Of a Batch it gives the number of commands;
// describe those one by one.
func Describe(c Command) Description { return c.describe() }

func (c PutVhost) describe() Description {
	return Description{"vhost.put", c.Vhost.Name, c.Vhost.Name, fmt.Sprintf("tracing=%t", c.Vhost.Tracing)}
}

func (c DeleteVhost) describe() Description {
	return Description{"vhost.delete", c.Name, c.Name, ""}
}

func (c PutUser) describe() Description {
	return Description{"user.put", "", c.User.Name, "tags=" + strings.Join(c.User.Tags, ",")}
}

func (c DeleteUser) describe() Description { return Description{"user.delete", "", c.Name, ""} }

func (c PutPermission) describe() Description {
	p := &c.Permission
	return Description{"permission.put", p.Vhost, p.User, fmt.Sprintf("configure=%q write=%q read=%q", p.Configure, p.Write, p.Read)}
}

func (c DeletePermission) describe() Description {
	return Description{"permission.delete", c.Vhost, c.User, ""}
}

func (c PutTopicPermission) describe() Description {
	p := &c.Permission
	return Description{"topic-permission.put", p.Vhost, p.User, fmt.Sprintf("exchange=%q write=%q read=%q", p.Exchange, p.Write, p.Read)}
}

func (c DeleteTopicPermission) describe() Description {
	if c.All {
		return Description{"topic-permission.delete", c.Vhost, c.User, "all"}
	}
	return Description{"topic-permission.delete", c.Vhost, c.User, fmt.Sprintf("exchange=%q", c.Exchange)}
}

func (c PutExchange) describe() Description {
	return Description{"exchange.put", c.Exchange.Vhost, c.Exchange.Name, "type=" + c.Exchange.Type}
}

func (c DeleteExchange) describe() Description {
	return Description{"exchange.delete", c.Vhost, c.Name, ""}
}

func (c PutQueue) describe() Description {
	return Description{"queue.put", c.Queue.Vhost, c.Queue.Name, "type=" + c.Queue.Kind}
}

func (c DeleteQueue) describe() Description {
	return Description{"queue.delete", c.Vhost, c.Name, ""}
}

func (c SetQueueArguments) describe() Description {
	detail := make([]string, len(c.Arguments))
	for i, f := range c.Arguments {
		detail[i] = f.Key + "=" + f.Value.Format()
	}
	return Description{"queue.set-arguments", c.Vhost, c.Name, strings.Join(detail, " ")}
}

func (c DeleteTransient) describe() Description {
	return Description{"queue.delete-transient", "", c.Home, ""}
}

func (c Bind) describe() Description   { return c.Binding.describe("binding.put") }
func (c Unbind) describe() Description { return c.Binding.describe("binding.delete") }

func (b *Binding) describe(action string) Description {
	return Description{action, b.Vhost, b.Source, fmt.Sprintf("%s=%q key=%q", b.DestinationType, b.Destination, b.Key)}
}

// policyActions names policies and operator policies apart.
var policyActions = map[bool]string{false: "policy", true: "operator-policy"}

func (c PutPolicy) describe() Description {
	p := &c.Policy
	definition, _ := json.Marshal(p.Definition)
	return Description{policyActions[c.Operator] + ".put", p.Vhost, p.Name,
		fmt.Sprintf("pattern=%q apply-to=%s priority=%d definition=%s", p.Pattern, p.ApplyTo, p.Priority, definition)}
}

func (c DeletePolicy) describe() Description {
	return Description{policyActions[c.Operator] + ".delete", c.Vhost, c.Name, ""}
}

func (c PutParameter) describe() Description {
	p := &c.Parameter
	return Description{"parameter.put", p.Vhost, p.Name, "component=" + p.Component}
}

func (c DeleteParameter) describe() Description {
	return Description{"parameter.delete", c.Vhost, c.Name, "component=" + c.Component}
}

func (c PutGlobalParameter) describe() Description {
	return Description{"global-parameter.put", "", c.Parameter.Name, ""}
}

func (c DeleteGlobalParameter) describe() Description {
	return Description{"global-parameter.delete", "", c.Name, ""}
}

func (c PutVhostLimit) describe() Description {
	return Description{"vhost-limit.put", c.Vhost, c.Vhost, fmt.Sprintf("%s=%d", c.Limit.Name, c.Limit.Value)}
}

func (c DeleteVhostLimit) describe() Description {
	return Description{"vhost-limit.delete", c.Vhost, c.Vhost, c.Name}
}

func (c PutUserLimit) describe() Description {
	return Description{"user-limit.put", "", c.User, fmt.Sprintf("%s=%d", c.Limit.Name, c.Limit.Value)}
}

func (c DeleteUserLimit) describe() Description {
	return Description{"user-limit.delete", "", c.User, c.Name}
}

func (c Batch) describe() Description {
	return Description{"batch", "", "", fmt.Sprintf("commands=%d", len(c.Commands))}
}
