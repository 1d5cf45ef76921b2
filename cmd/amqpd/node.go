package main

import (
	"log/slog"

	"amqpd/broker"
)

// openBroker opens the broker on the data directory.
func openBroker(c *config, log *slog.Logger) (node, error) {
	b, err := broker.Open(broker.Options{
		NodeName:         c.nodeName,
		DataDir:          c.dataDir,
		Log:              log,
		Sync:             c.sync,
		ChannelMax:       c.channelMax,
		FrameMax:         c.frameMax,
		Heartbeat:        c.heartbeat,
		MaxMessageSize:   c.maxMessageSize,
		HandshakeTimeout: c.handshakeTimeout,
		ConsumerTimeout:  c.consumerTimeout,
		LoopbackUsers:    c.loopbackUsers,
		Definitions:      c.definitions,
	})
	if err != nil {
		return nil, err
	}
	return b, nil
}
