package powercut

import (
	"context"
	"net"
	"testing"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"amqpd/broker"
	"amqpd/store"
)

const (
	patience    = 30 * time.Second
	segmentSize = 16 << 10 // small, so that the log goes through many
)

// node is a running broker.
type node struct {
	t testing.TB
	*broker.Broker
	address string
}

// start opens a broker on a disk.
func start(t testing.TB, disk store.FS, sync store.SyncMode) (*node, error) {
	b, err := broker.Open(broker.Options{
		NodeName: "amqpd@test", DataDir: "data", FS: disk, Sync: sync, SegmentSize: segmentSize, LoopbackUsers: []string{},
	})
	if err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = b.Serve(l) }()
	return &node{t: t, Broker: b, address: l.Addr().String()}, nil
}

// stop stops the broker.
func (n *node) stop() {
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	if err := n.Stop(ctx); err != nil {
		n.t.Errorf("stop: %v", err)
	}
}

// channel opens a channel on a connection of its own.
func (n *node) channel() (*amqp.Connection, *amqp.Channel) {
	n.t.Helper()
	c, err := amqp.DialConfig("amqp://"+n.address+"/", amqp.Config{Heartbeat: time.Hour, SASL: []amqp.Authentication{&amqp.PlainAuth{Username: "guest", Password: "guest"}}})
	if err != nil {
		n.t.Fatal(err)
	}
	ch, err := c.Channel()
	if err != nil {
		n.t.Fatal(err)
	}
	return c, ch
}
