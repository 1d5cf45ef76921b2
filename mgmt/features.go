package mgmt

import "slices"

// featureFlag is a flag of RabbitMQ whose behaviour amqpd has. None can be off.
type featureFlag struct{ name, doc, by string }

// featureFlags are the flags of RabbitMQ 3.10, by name. Tools ask for some of
// them before they use what the flag stands for.
var featureFlags = []featureFlag{
	{"classic_mirrored_queue_version", "Support setting version for classic mirrored queues", "rabbit"},
	{"drop_unroutable_metric", "Count unroutable publishes to be dropped in stats", "rabbitmq_management_agent"},
	{"empty_basic_get_metric", "Count AMQP `basic.get` on empty queues in stats", "rabbitmq_management_agent"},
	{"implicit_default_bindings", "Default bindings are now implicit, instead of being stored in the database", "rabbit"},
	{"maintenance_mode_status", "Maintenance mode status", "rabbit"},
	{"quorum_queue", "Support queues of type `quorum`", "rabbit"},
	{"user_limits", "Configure connection and channel limits for a user", "rabbit"},
	{"virtual_host_metadata", "Virtual host metadata (description, tags, etc)", "rabbit"},
}

var featureFlagShape = shape[featureFlag]{
	{"name", func(f featureFlag) value { return str(f.name) }},
	{"desc", func(f featureFlag) value { return str(f.doc) }},
	{"doc_url", func(featureFlag) value { return str("") }},
	{"state", func(featureFlag) value { return str("enabled") }},
	{"stability", func(featureFlag) value { return str("stable") }},
	{"provided_by", func(f featureFlag) value { return str(f.by) }},
}

// listFeatureFlags answers GET /api/feature-flags.
func listFeatureFlags(c *call) error { return items(c, featureFlagShape, slices.Clone(featureFlags)) }

// enableFeatureFlag answers PUT /api/feature-flags/{name}/enable: there is
// nothing to do.
func enableFeatureFlag(c *call) error {
	if !slices.ContainsFunc(featureFlags, func(f featureFlag) bool { return f.name == c.path("name") }) {
		return badRequest("unsupported")
	}
	return c.noContent()
}

// extensions answers GET /api/extensions: the scripts of RabbitMQ's console, of
// which the first is always there.
func extensions(c *call) error {
	return c.whole(array{of(obj(m("javascript", str("dispatcher.js"))))})
}

// rebalance answers POST /api/rebalance/queues. On one node every queue is where
// it belongs.
func rebalance(c *call) error { return c.noContent() }
