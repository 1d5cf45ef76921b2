package mgmt

import "amqpd/broker"

// route is one method of one path.
type route struct {
	method string
	path   string // "{name}" is a variable; "{vhost}" is one that access looks at
	access access
	media  media
	handle func(*call) error // answers, or returns an error for refusal.go
	doc    string            // what it does, for people; no full stop
}

// routes is every method of every path there is. Access, the header allow, 405,
// the reference page and the OpenAPI document follow from it. HEAD comes with
// GET, and OPTIONS with everything.
var routes = []route{
	// Who is here (whoami.go).
	{"GET", "/api/whoami", anyLogin, 0, whoami, "The name and tags of the user who asks"},
	{"GET", "/api/auth", open, 0, authSettings, "How to log in: whether OAuth 2 is used, which it is not"},
	{"POST", "/api/login", open, formIn, postLogin, "Begin a session for a browser: username and password as a form; sets a cookie"},
	{"DELETE", "/api/login", open, 0, deleteLogin, "End the session"},
	{"GET", "/api/auth/attempts/{node}", monitor, live | listOut, loginAttempts, "How often somebody logged in, or failed to, by protocol"},
	{"DELETE", "/api/auth/attempts/{node}", monitor, 0, resetLoginAttempts, "Count logins from zero"},
	{"GET", "/api/auth/attempts/{node}/source", monitor, listOut, attemptSources, "The same by address and user, which is not counted: an empty list"},
	{"DELETE", "/api/auth/attempts/{node}/source", monitor, 0, attemptSources, "Nothing is counted, so there is nothing to reset"},

	// For people and programs (reference.go).
	{"GET", "/api/index.html", open, anyOut, referencePage, "This page"},
	{"GET", "/api/openapi.json", open, 0, openAPI, "This page as an OpenAPI document"},
	{"GET", "/cli/index.html", open, anyOut, toolPage, "Where to get the command line tool"},
	{"GET", "/cli/rabbitmqadmin", open, anyOut, tool, "The command line tool, a Python program"},

	// The cluster (cluster.go, features.go).
	{"GET", "/api/extensions", anyLogin, 0, extensions, "The parts of the console that plugins bring"},
	{"GET", "/api/feature-flags", administrator, live | listOut, listFeatureFlags, "The feature flags of RabbitMQ; all are on"},
	{"PUT", "/api/feature-flags/{name}/enable", administrator, jsonIn | anyOut, enableFeatureFlag, "Turn a feature flag on, which it is"},
	{"POST", "/api/rebalance/queues", administrator, anyOut, rebalance, "Spread the queues over the nodes"},
	{"GET", "/api/cluster-name", anyLogin, live, clusterName, "The cluster's name"},
	{"PUT", "/api/cluster-name", administrator, 0, putClusterName, "Give the cluster another name: {\"name\":\"...\"}"},

	// Virtual hosts (vhosts.go).
	{"GET", "/api/vhosts", anyLogin, live | pagedOut, vhosts, "All virtual hosts that you may see; paged"},
	{"GET", "/api/vhosts/{vhost}", administrator, live, vhost, "One virtual host"},
	{"PUT", "/api/vhosts/{vhost}", administrator, 0, putVhost, "Make or change a virtual host: description, tags, tracing, default_queue_type"},
	{"DELETE", "/api/vhosts/{vhost}", administrator, 0, deleteVhost, "Delete a virtual host with everything in it"},
	{"POST", "/api/vhosts/{vhost}/start/{node}", administrator, anyOut, startVhost, "Start a virtual host on a node"},
	{"GET", "/api/vhosts/{vhost}/permissions", administrator, live | listOut, vhostPermissions, "All permissions in a virtual host"},
	{"GET", "/api/vhosts/{vhost}/topic-permissions", administrator, live | listOut, vhostTopicPermissions, "All topic permissions in a virtual host"},
	{"GET", "/api/vhost-limits", anyLogin, live | listOut, vhostLimits, "The limits of all virtual hosts"},
	{"GET", "/api/vhost-limits/{vhost}", anyLogin, live | listOut, vhostLimits, "The limits of one virtual host"},
	{"PUT", "/api/vhost-limits/{vhost}/{name}", administrator, jsonIn | anyOut, putVhostLimit, "Set max-connections or max-queues: {\"value\":100}"},
	{"DELETE", "/api/vhost-limits/{vhost}/{name}", administrator, anyOut, deleteVhostLimit, "Clear a limit of a virtual host"},

	// Users and what they may do (users.go, permissions.go, topic_permissions.go).
	{"GET", "/api/users", administrator, live | listOut, users, "All users"},
	{"GET", "/api/users/without-permissions", administrator, live | listOut, usersWithoutPermissions, "Users who may enter no virtual host"},
	{"POST", "/api/users/bulk-delete", administrator, 0, bulkDeleteUsers, "Delete several users: {\"users\":[\"a\",\"b\"]}"},
	{"GET", "/api/users/{user}", administrator, live, user, "One user"},
	{"PUT", "/api/users/{user}", administrator, 0, putUser, "Make or change a user: tags, and password or password_hash"},
	{"DELETE", "/api/users/{user}", administrator, 0, deleteUser, "Delete a user"},
	{"GET", "/api/users/{user}/permissions", administrator, live | listOut, userPermissions, "All permissions of a user"},
	{"GET", "/api/users/{user}/topic-permissions", administrator, live | listOut, userTopicPermissions, "All topic permissions of a user"},
	{"GET", "/api/user-limits", anyLogin, live | listOut, userLimits, "The limits of all users"},
	{"GET", "/api/user-limits/{user}", anyLogin, live | listOut, userLimits, "The limits of one user"},
	{"PUT", "/api/user-limits/{user}/{name}", administrator, jsonIn | anyOut, putUserLimit, "Set max-connections or max-channels: {\"value\":100}"},
	{"DELETE", "/api/user-limits/{user}/{name}", administrator, anyOut, deleteUserLimit, "Clear a limit of a user; the name all clears every one"},
	{"GET", "/api/permissions", administrator, live | listOut, permissions, "All permissions"},
	{"GET", "/api/permissions/{vhost}/{user}", administrator, live, permission, "What a user may do in a virtual host"},
	{"PUT", "/api/permissions/{vhost}/{user}", administrator, 0, putPermission, "Grant: {\"configure\":\".*\",\"write\":\".*\",\"read\":\".*\"}"},
	{"DELETE", "/api/permissions/{vhost}/{user}", administrator, 0, deletePermission, "Revoke"},
	{"GET", "/api/topic-permissions", administrator, live | listOut, topicPermissions, "All topic permissions"},
	{"GET", "/api/topic-permissions/{vhost}/{user}", administrator, live | listOut, topicPermission, "The topic permissions of a user in a virtual host"},
	{"PUT", "/api/topic-permissions/{vhost}/{user}", administrator, 0, putTopicPermission, "Narrow: {\"exchange\":\"amq.topic\",\"write\":\"^a\",\"read\":\".*\"}"},
	{"DELETE", "/api/topic-permissions/{vhost}/{user}", administrator, 0, deleteTopicPermissions, "Clear all topic permissions of a user in a virtual host"},
	{"GET", "/api/topic-permissions/{vhost}/{user}/{exchange}", administrator, live | listOut, topicPermission, "The topic permissions of a user in a virtual host, of all exchanges"},
	{"DELETE", "/api/topic-permissions/{vhost}/{user}/{exchange}", administrator, 0, deleteTopicPermission, "Clear the topic permission for one exchange"},

	// Policies and parameters (policies.go, parameters.go).
	{"GET", "/api/policies", vhostLogin, live | listOut, userPolicies.list, "All policies"},
	{"GET", "/api/policies/{vhost}", vhostLogin, live | listOut, userPolicies.list, "The policies of a virtual host"},
	{"GET", "/api/policies/{vhost}/{name}", policies, live, userPolicies.get, "One policy"},
	{"PUT", "/api/policies/{vhost}/{name}", policies, 0, userPolicies.put, "Make or change a policy: pattern, definition, priority, apply-to"},
	{"DELETE", "/api/policies/{vhost}/{name}", policies, 0, userPolicies.delete, "Delete a policy"},
	{"GET", "/api/operator-policies", vhostLogin, live | listOut, operatorPolicies.list, "All operator policies"},
	{"GET", "/api/operator-policies/{vhost}", vhostLogin, live | listOut, operatorPolicies.list, "The operator policies of a virtual host"},
	{"GET", "/api/operator-policies/{vhost}/{name}", administrator, live, operatorPolicies.get, "One operator policy"},
	{"PUT", "/api/operator-policies/{vhost}/{name}", administrator, jsonIn, operatorPolicies.put, "Make or change an operator policy: pattern, definition, priority, apply-to"},
	{"DELETE", "/api/operator-policies/{vhost}/{name}", administrator, 0, operatorPolicies.delete, "Delete an operator policy"},
	{"GET", "/api/policy-keys", anyLogin, listOut, getPolicyKeys, "The keys that policies and the arguments that queues and exchanges may have, with what they take; not in RabbitMQ"},
	{"GET", "/api/parameters", policies, live | listOut, parameters, "All runtime parameters"},
	{"GET", "/api/parameters/{component}", policies, live | listOut, parameters, "The runtime parameters of a component"},
	{"GET", "/api/parameters/{component}/{vhost}", policies, live | listOut, parameters, "The same in one virtual host"},
	{"GET", "/api/parameters/{component}/{vhost}/{name}", policies, live, parameter, "One runtime parameter"},
	{"PUT", "/api/parameters/{component}/{vhost}/{name}", policies, 0, putParameter, "Set a runtime parameter: {\"value\":...}"},
	{"DELETE", "/api/parameters/{component}/{vhost}/{name}", policies, 0, deleteParameter, "Clear a runtime parameter"},
	{"GET", "/api/global-parameters", policies, live | listOut, globalParameters, "All parameters of the whole cluster"},
	{"GET", "/api/global-parameters/{name}", policies, live, globalParameter, "One parameter of the whole cluster"},
	{"PUT", "/api/global-parameters/{name}", policies, 0, putGlobalParameter, "Set a parameter of the whole cluster: {\"value\":...}"},
	{"DELETE", "/api/global-parameters/{name}", policies, 0, deleteGlobalParameter, "Clear a parameter of the whole cluster"},

	// Bindings (bindings.go).
	{"GET", "/api/bindings", vhostLogin, live | listOut, bindings, "All bindings"},
	{"GET", "/api/bindings/{vhost}", vhostLogin, live | listOut, bindings, "The bindings of a virtual host"},
	{"GET", "/api/bindings/{vhost}/e/{source}/{type}/{destination}", vhostLogin, live | listOut, bindingsBetween, "The bindings between an exchange and a queue (type q) or exchange (type e)"},
	{"POST", "/api/bindings/{vhost}/e/{source}/{type}/{destination}", vhostLogin, 0, postBinding, "Bind: {\"routing_key\":\"\",\"arguments\":{}}"},
	{"GET", "/api/bindings/{vhost}/e/{source}/{type}/{destination}/{properties}", vhostLogin, live, binding, "One binding, by its properties_key"},
	{"DELETE", "/api/bindings/{vhost}/e/{source}/{type}/{destination}/{properties}", vhostLogin, 0, deleteBinding, "Unbind"},
	{"GET", "/api/queues/{vhost}/{name}/bindings", vhostLogin, live | listOut, queueBindings, "The bindings that lead to a queue"},
	{"GET", "/api/exchanges/{vhost}/{name}/bindings/source", vhostLogin, live | listOut, exchangeIsSource, "The bindings that lead from an exchange"},
	{"GET", "/api/exchanges/{vhost}/{name}/bindings/destination", vhostLogin, live | listOut, exchangeIsDestination, "The bindings that lead to an exchange"},

	// Definitions (definitions.go).
	{"GET", "/api/definitions", administrator, queryLogin, exportDefinitions, "Everything that is defined, as one file; ?download=NAME saves it"},
	{"POST", "/api/definitions", administrator, uploadIn | largeIn | queryLogin, importDefinitions, "Add what a definitions file says; nothing is removed"},
	{"GET", "/api/definitions/{vhost}", administrator, queryLogin, exportDefinitions, "What is defined in a virtual host"},
	{"POST", "/api/definitions/{vhost}", administrator, uploadIn | largeIn | queryLogin, importDefinitions, "Add what a definitions file says to a virtual host"},
	{"GET", "/api/all-configuration", administrator, queryLogin, exportDefinitions, "The old name of /api/definitions"},
	{"POST", "/api/all-configuration", administrator, uploadIn | largeIn | queryLogin, importDefinitions, "The old name of /api/definitions"},

	// The node and its figures (overview.go, nodes.go, memory.go).
	{"GET", "/api/overview", anyLogin, live, getOverview, "Totals, rates, listeners and versions"},
	{"GET", "/api/nodes", monitor, live | listOut, getNodes, "The nodes of the cluster"},
	{"GET", "/api/nodes/{node}", monitor, live, getNode, "One node; memory=true and binary=true add where its memory is"},
	{"GET", "/api/nodes/{node}/memory", monitor, live, getMemory, "Where a node's memory is, in octets"},
	{"GET", "/api/nodes/{node}/memory/relative", monitor, live, getMemoryShares, "Where a node's memory is, in percent"},
	{"GET", "/api/nodes/{node}/memory/ets", monitor, 0, getTables, "Memory of Erlang's tables: none"},
	{"GET", "/api/nodes/{node}/memory/ets/relative", monitor, 0, getTables, "Memory of Erlang's tables: none"},
	{"GET", "/api/nodes/{node}/memory/ets/{filter}", monitor, 0, getTables, "Memory of Erlang's tables: none"},
	{"GET", "/api/nodes/{node}/memory/ets/{filter}/relative", monitor, 0, getTables, "Memory of Erlang's tables: none"},
	{"DELETE", "/api/reset", administrator, 0, deleteStatistics, "Forget the past of all statistics"},
	{"DELETE", "/api/reset/{node}", administrator, 0, deleteStatistics, "Forget the past of a node's statistics"},

	// What happens (events.go).
	{"GET", "/api/events", anyLogin, anyOut, getEvents, "Server-sent events: what changes in the answers of topic=PATH, repeated, and objects=KINDS that come and go"},

	// Clients (connections.go, channels.go, consumers.go).
	{"GET", "/api/connections", ownOrMonitor, live | pagedOut, getConnections, "Open connections"},
	{"GET", "/api/connections/{connection}", ownOrMonitor, live, getConnection, "One connection"},
	{"DELETE", "/api/connections/{connection}", ownOrMonitor, 0, deleteConnection, "Close a connection; header X-Reason tells the client why"},
	{"GET", "/api/connections/{connection}/channels", ownOrMonitor, live | listOut, getConnectionChannels, "The channels of a connection"},
	{"GET", "/api/connections/username/{user}", ownOrMonitor, live | pagedOut, getUserConnections, "The connections of a user"},
	{"DELETE", "/api/connections/username/{user}", ownOrMonitor, 0, deleteUserConnections, "Close all connections of a user"},
	{"GET", "/api/vhosts/{vhost}/connections", ownOrMonitor, live | pagedOut, getConnections, "The connections of a virtual host"},
	{"GET", "/api/vhosts/{vhost}/channels", ownOrMonitor, live | pagedOut, getChannels, "The channels of a virtual host"},
	{"GET", "/api/channels", ownOrMonitor, live | pagedOut, getChannels, "Open channels"},
	{"GET", "/api/channels/{channel}", ownOrMonitor, live, getChannel, "One channel, with its consumers"},
	{"GET", "/api/consumers", ownOrMonitor, live | listOut, getConsumers, "Consumers"},
	{"GET", "/api/consumers/{vhost}", ownOrMonitor, live | listOut, getConsumers, "The consumers of a virtual host"},

	// Exchanges and queues (exchanges.go, queues.go, queue_changes.go, messages.go).
	{"GET", "/api/exchanges", anyLogin, live | pagedOut, getExchanges, "Exchanges"},
	{"GET", "/api/exchanges/{vhost}", vhostLogin, live | pagedOut, getExchanges, "The exchanges of a virtual host"},
	{"GET", "/api/exchanges/{vhost}/{exchange}", vhostLogin, live, getExchange, "One exchange"},
	{"PUT", "/api/exchanges/{vhost}/{exchange}", vhostLogin, 0, putExchange, "Declare an exchange"},
	{"DELETE", "/api/exchanges/{vhost}/{exchange}", vhostLogin, 0, deleteExchange, "Delete an exchange; if-unused=true only without bindings from it"},
	{"POST", "/api/exchanges/{vhost}/{exchange}/publish", vhostLogin, largeIn, postPublish, "Publish a message"},
	{"GET", "/api/queues", anyLogin, live | pagedOut, getQueues, "Queues"},
	{"GET", "/api/queues/{vhost}", vhostLogin, live | pagedOut, getQueues, "The queues of a virtual host"},
	{"GET", "/api/queues/{vhost}/{queue}", vhostLogin, live, getQueue, "One queue, with its consumers"},
	{"PUT", "/api/queues/{vhost}/{queue}", vhostLogin, 0, putQueue, "Declare a queue"},
	{"DELETE", "/api/queues/{vhost}/{queue}", vhostLogin, 0, deleteQueue, "Delete a queue; if-empty=true, if-unused=true"},
	{"PATCH", "/api/queues/{vhost}/{queue}/arguments", vhostLogin, 0, patchArguments, "Change arguments of a queue that is there, null removes one: {\"arguments\":{\"x-max-length\":100}}; not in RabbitMQ"},
	{"DELETE", "/api/queues/{vhost}/{queue}/contents", vhostLogin, 0, deleteQueueContents, "Drop the messages that wait in a queue"},
	{"POST", "/api/queues/{vhost}/{queue}/get", vhostLogin, 0, postGet, "Take messages from a queue"},
	{"GET", "/api/queues/{vhost}/{queue}/browse", vhostLogin, 0, getBrowse, "Look at messages without taking them, page by page: limit, cursor, order, state, and conditions; not in RabbitMQ"},
	{"POST", "/api/queues/{vhost}/{queue}/transfers", vhostLogin, jsonIn, postTransfer, "Move, copy or redrive messages: {\"action\":\"move\",\"destination\":{\"queue\":\"q\"}}; not in RabbitMQ"},
	{"POST", "/api/queues/{vhost}/{queue}/actions", administrator, 0, postQueueAction, "Synchronise the copies of a queue, or stop that"},

	// Copies of quorum queues (replicas.go).
	{"GET", "/api/queues/quorum/{vhost}/{queue}/status", vhostLogin, listOut, getReplicas, "The copies of a quorum queue"},
	{"POST", "/api/queues/quorum/{vhost}/{queue}/replicas/add", administrator, anyOut, postReplica, "Put a copy of a quorum queue on a node: {\"node\":\"...\"}"},
	{"DELETE", "/api/queues/quorum/{vhost}/{queue}/replicas/delete", administrator, anyOut, deleteReplica, "Take the copy of a quorum queue from a node: {\"node\":\"...\"}"},
	{"POST", "/api/queues/quorum/replicas/on/{node}/grow", administrator, anyOut, postGrow, "Put copies of quorum queues on a node: vhost_pattern, queue_pattern, strategy"},
	{"DELETE", "/api/queues/quorum/replicas/on/{node}/shrink", administrator, anyOut, deleteShrink, "Take the copies of quorum queues from a node"},

	// Messages on their way between queues (transfers.go).
	{"GET", "/api/transfers", anyLogin, live | listOut, getTransfers, "Transfers in the virtual hosts that you may see; not in RabbitMQ"},
	{"GET", "/api/transfers/{id}", anyLogin, live, getTransfer, "One transfer; not in RabbitMQ"},
	{"DELETE", "/api/transfers/{id}", anyLogin, 0, deleteTransfer, "Stop a transfer, if it runs, and forget it; its user or an administrator"},
	{"POST", "/api/transfers/{id}/pause", anyLogin, anyOut, transferOrder((*broker.Broker).PauseTransfer), "Let a transfer wait; its user or an administrator"},
	{"POST", "/api/transfers/{id}/resume", anyLogin, anyOut, transferOrder((*broker.Broker).ResumeTransfer), "Let a transfer go on; its user or an administrator"},
	{"POST", "/api/transfers/{id}/stop", anyLogin, anyOut, transferOrder((*broker.Broker).StopTransfer), "End a transfer; its user or an administrator"},

	// Health (health.go, aliveness.go).
	{"GET", "/api/aliveness-test/{vhost}", vhostLogin, 0, getAliveness, "Declare a queue, publish to it, get the message"},
	{"GET", "/api/healthchecks/node", anyLogin, 0, getNodeHealth, "Whether an alarm is on"},
	{"GET", "/api/healthchecks/node/{node}", anyLogin, 0, getNodeHealth, "Whether an alarm is on"},
	{"GET", "/api/health/checks/alarms", anyLogin, 0, checkAlarms("There are alarms in effect in the cluster"), "Fails while an alarm is on in the cluster"},
	{"GET", "/api/health/checks/local-alarms", anyLogin, 0, checkAlarms("There are alarms in effect on the node"), "Fails while an alarm is on on this node"},
	{"GET", "/api/health/checks/certificate-expiration/{within}/{unit}", anyLogin, 0, getCertificateHealth, "Fails when a certificate expires within that time"},
	{"GET", "/api/health/checks/port-listener/{port}", anyLogin, 0, getPortHealth, "Fails when nothing listens on a port"},
	{"GET", "/api/health/checks/protocol-listener/{protocol}", anyLogin, 0, getProtocolHealth, "Fails when nothing listens for a protocol"},
	{"GET", "/api/health/checks/virtual-hosts", anyLogin, 0, getVhostHealth, "Fails when a virtual host is down"},
	{"GET", "/api/health/checks/node-is-mirror-sync-critical", anyLogin, 0, getCopiesHealth, "Fails when a queue's only copy in sync is on this node"},
	{"GET", "/api/health/checks/node-is-quorum-critical", anyLogin, 0, getCopiesHealth, "Fails when a quorum queue needs this node"},
	{"GET", "/api/health/checks/is-in-service", open, 0, getInService, "Fails when the node does not serve clients"},
	{"GET", "/api/health/checks/below-node-connection-limit", open, 0, getInService, "Fails when no more connections are taken"},
	{"GET", "/api/health/checks/ready-to-serve-clients", open, 0, getInService, "Fails when the node does not serve clients"},
}
