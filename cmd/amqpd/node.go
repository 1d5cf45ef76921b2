package main

import (
	"os"
	"time"

	"amqpd/broker"
	"amqpd/mgmt"
	"amqpd/mgmt/metrics"
)

// transientShare: transient messages may take one part in so many of the memory limit, the
// oldest go to disk beyond that. Three quarters are for everything else, among it as much
// again that the garbage collector has not looked at yet; so the alarm is the last resort.
const transientShare = 4

// openBroker opens the broker on the data directory, and its sites. certs may be
// nil.
func openBroker(c *config, l logs, certs *certificates) (services, error) {
	b, err := broker.Open(broker.Options{
		NodeName:         c.nodeName,
		DataDir:          c.dataDir,
		Log:              l.log,
		Audit:            l.audit,
		Sync:             c.sync,
		SegmentSize:      int(c.segmentSize),
		TransientMemory:  int(c.memoryLimit.of(totalMemory(os.DirFS("/"))) / transientShare),
		DiskLeft:         c.diskFreeLimit,
		ChannelMax:       c.channelMax,
		FrameMax:         c.frameMax,
		Heartbeat:        c.heartbeat,
		NoHeartbeat:      c.heartbeat == 0,
		MaxMessageSize:   c.maxMessageSize,
		HandshakeTimeout: c.handshakeTimeout,
		ConsumerTimeout:  orForever(c.consumerTimeout),
		LoopbackUsers:    c.loopbackUsers,
		PasswordHashing:  c.passwordHashing,
		Definitions:      c.definitions,
	})
	if err != nil {
		return services{}, err
	}
	return services{
		node:    b,
		api:     mgmt.New(mgmt.Options{Broker: b, Log: l.log, Certificate: certs.expiry()}),
		metrics: metrics.New(metrics.Options{Broker: b, Log: l.log}),
	}, nil
}

// orForever turns the setting's 0, for ever, into the broker's, which is below
// 0 because its 0 is the default.
func orForever(d time.Duration) time.Duration {
	if d == 0 {
		return -1
	}
	return d
}
