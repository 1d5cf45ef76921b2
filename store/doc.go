// Package store keeps the node's durable bytes: message payloads, which queue holds
// which of them, and the definitions. It knows no AMQP.
package store
