package mgmt

import (
	"encoding/json"

	"amqpd/cluster/meta"
)

// clusterName answers GET /api/cluster-name.
func clusterName(c *call) error {
	return c.item(obj(m("name", str(c.s.broker.ClusterName()))))
}

// putClusterName answers PUT /api/cluster-name, always with 204.
func putClusterName(c *call) error {
	b, err := c.bodyWith("name")
	if err != nil {
		return err
	}
	name, err := b.text("name", "")
	if err != nil {
		return err
	}
	text, err := json.Marshal(name)
	if err != nil {
		return err
	}
	return c.done(c.apply(meta.PutGlobalParameter{Parameter: meta.GlobalParameter{Name: meta.ClusterName, Value: text}}))
}
