package mgmt

import (
	"encoding/json"

	"amqpd/broker"
	"amqpd/broker/auth"
	"amqpd/cluster/meta"
	"amqpd/policy"
)

// vhostRow is a virtual host as a list or an item shows it.
type vhostRow struct {
	*meta.Vhost
	node   string
	totals broker.Totals
	read   readout
}

// vhostRows makes rows of virtual hosts.
func (c *call) vhostRows(w windows, vhosts ...*meta.Vhost) []*vhostRow {
	b, s := c.s.broker, c.s.sampler
	b.Totals() // brings those of virtual hosts up to date
	rows := make([]*vhostRow, len(vhosts))
	for i, v := range vhosts {
		t, _ := b.VhostTotals(v.Name, false)
		rows[i] = &vhostRow{v, b.NodeName(), t, readoutOf(s, &s.vhosts, v.Name, retainGlobal, w)}
	}
	return rows
}

// vhostShape is management-api §8.8.
var vhostShape = append(shape[*vhostRow]{
	{"name", func(v *vhostRow) value { return str(v.Name) }},
	{"description", func(v *vhostRow) value { return str(v.Description) }},
	{"tags", func(v *vhostRow) value { return strs(v.Tags) }},
	{"default_queue_type", func(v *vhostRow) value {
		if v.DefaultQueueType == "" {
			return str("undefined")
		}
		return str(v.DefaultQueueType)
	}},
	{"metadata", func(v *vhostRow) value {
		return of(obj(m("description", str(v.Description)), m("tags", strs(v.Tags)),
			m("default_queue_type", strOrMissing(v.DefaultQueueType))))
	}},
	{"tracing", func(v *vhostRow) value { return flag(v.Tracing) }},
	{"cluster_state", func(v *vhostRow) value { return of(obj(m(v.node, str("running")))) }},
}, vhostFigures...)

// vhosts answers GET /api/vhosts: every name for a monitor, else what the caller
// may enter.
func vhosts(c *call) error {
	w, err := c.windows(listRangeFault)
	if err != nil {
		return err
	}
	var shown []*meta.Vhost
	for v := range c.view().Vhosts() {
		if c.isMonitor() || c.mayEnter(v.Name) {
			shown = append(shown, v)
		}
	}
	return paged(c, vhostShape, c.vhostRows(w, shown...), func(v *vhostRow) string { return v.Name })
}

// vhost answers GET /api/vhosts/{vhost}.
func vhost(c *call) error {
	v, err := c.vhost()
	if err != nil {
		return err
	}
	w, err := c.windows(rangeFault)
	if err != nil {
		return err
	}
	return single(c, vhostShape, c.vhostRows(w, v)[0])
}

// putVhost answers PUT /api/vhosts/{vhost}. Description and tags that are not
// given are cleared; who makes a virtual host may do everything in it.
func putVhost(c *call) error {
	b, err := c.body()
	if err != nil {
		return err
	}
	name := c.path("vhost")
	v := meta.Vhost{Name: name}
	old, exists := c.view().Vhost(name)
	if exists {
		v.DefaultQueueType, v.Tracing = old.DefaultQueueType, old.Tracing
	}
	if err := b.vhost(&v); err != nil {
		return err
	}
	commands := []meta.Command{meta.PutVhost{Vhost: v}}
	if !exists {
		commands = append(commands, meta.PutPermission{Permission: allOf(c.user, name)})
	}
	if err := c.apply(meta.Batch{Commands: commands}); err != nil {
		return err
	}
	return c.created(!exists)
}

// allOf is the permission to do everything.
func allOf(user auth.User, vhost string) meta.Permission {
	return meta.Permission{User: user.Name, Vhost: vhost, Configure: ".*", Write: ".*", Read: ".*"}
}

// vhost fills in what the body says of a virtual host (management-api §7.1).
func (b body) vhost(v *meta.Vhost) (err error) {
	if v.Description, err = b.text("description", ""); err != nil {
		return err
	}
	if v.Tags, err = b.tags("tags"); err != nil {
		return err
	}
	if v.Tracing, err = b.flag("tracing", v.Tracing); err != nil {
		return err
	}
	for _, key := range []string{"defaultqueuetype", "default_queue_type"} {
		kind, err := b.text(key, "")
		if err != nil {
			return err
		}
		if kind == "" || kind == "undefined" {
			continue
		}
		if _, known := policy.ParseKind(kind); !known {
			return badRequest("invalid_queue_type")
		}
		v.DefaultQueueType = kind
	}
	return nil
}

// tags reads a list of texts, or one text with commas.
func (b body) tags(key string) ([]string, error) {
	if !b.has(key) {
		return []string{}, nil
	}
	var text string
	if json.Unmarshal(b[key], &text) == nil {
		return auth.SplitTags(text), nil
	}
	var list []string
	if json.Unmarshal(b[key], &list) != nil {
		return nil, badRequest("%s must be a list of strings, or one string with commas", key)
	}
	tags := []string{}
	for _, item := range list {
		tags = append(tags, auth.SplitTags(item)...)
	}
	return tags, nil
}

// deleteVhost answers DELETE /api/vhosts/{vhost}.
func deleteVhost(c *call) error {
	if _, err := c.vhost(); err != nil {
		return err
	}
	return c.done(c.apply(meta.DeleteVhost{Name: c.path("vhost")}))
}

// startVhost answers POST /api/vhosts/{vhost}/start/{node}. A virtual host of
// this node is never stopped.
func startVhost(c *call) error {
	if node := c.path("node"); node != c.s.broker.NodeName() {
		return badRequest("Request to node %s failed with nodedown", node)
	}
	if _, err := c.vhost(); err != nil {
		return err
	}
	return c.noContent()
}
