package abuse

import (
	"fmt"
	"testing"
)

// 10,000 channels over as few connections as may hold them.
func TestAbuse_TenThousandChannels(t *testing.T) {
	v := start(t)
	const total = 10_000
	var abusers []*abuser
	for left := total; left > 0; left -= channelMax {
		a := login(t, v.Node)
		var opens []byte
		for ch := 1; ch <= min(left, channelMax); ch++ {
			opens = method(opens, uint16(ch), channelOpen, []byte{0})
		}
		a.send(opens)
		abusers = append(abusers, a)
	}
	for i, a := range abusers {
		for range min(total-i*channelMax, channelMax) {
			a.expect(channelOpenOk)
		}
	}
	each := (v.RSS() - v.before.RSS) / total
	t.Logf("%d octets a channel", each)
	if each > 8<<10 {
		t.Errorf("an idle channel costs %d octets", each)
	}
	v.alive(t)
	for i, a := range abusers {
		a.hangUp(i%2 == 0)
	}
	v.recovers(t)
}

// channel_max counts channels, and the one too many ends the connection
// (amqp-behaviour §2.1).
func TestAbuse_ChannelAboveMax(t *testing.T) {
	v := start(t)
	a := login(t, v.Node)
	var opens []byte
	for i := range channelMax + 1 {
		opens = method(opens, uint16(65535-i), channelOpen, []byte{0})
	}
	a.send(opens)
	for range channelMax {
		a.expect(channelOpenOk)
	}
	a.refused(connectionClose, 530, "NOT_ALLOWED - number of channels opened (2047) has reached the negotiated channel_max (2047)")
	a.send(method(nil, 0, connectionCloseOk, nil))
	a.hangUp(true)
	v.recovers(t)
}

// A channel that is opened and closed, 50,000 times in a row on one connection.
func TestAbuse_ChannelChurn(t *testing.T) {
	v := start(t)
	a := login(t, v.Node)
	const rounds, batch = 50, 1000
	var churn []byte
	for i := range batch {
		ch := uint16(1 + i%channelMax)
		churn = method(churn, ch, channelOpen, []byte{0})
		churn = method(churn, ch, channelClose, append(short([]byte{0, 200}, ""), 0, 0, 0, 0))
	}
	for range rounds {
		a.send(churn)
		for range batch {
			a.expect(channelOpenOk)
			a.expect(channelCloseOk)
		}
	}
	a.hangUp(true)
	v.recovers(t)
}

// 2,000 connections that come and go: properly, at once, by reset, and with an
// exclusive queue, a consumer and an unacknowledged message left behind.
func TestAbuse_ConnectionChurn(t *testing.T) {
	v := start(t)
	for i := range 2000 {
		a := login(t, v.Node)
		switch i % 4 {
		case 0:
			a.send(method(nil, 0, connectionClose, append(short([]byte{0, 200}, ""), 0, 0, 0, 0)))
			a.expect(connectionCloseOk)
		case 1:
			q := fmt.Sprint("churn", i)
			a.open(1)
			a.send(declare(nil, 1, q, 4, ""))
			a.expect(queueDeclareOk)
			a.send(consume(nil, 1, q))
			a.expect(basicConsumeOk)
			a.send(frame(header(publish(nil, 1, q), 1, 1, noProperties), frameBody, 1, []byte("x")))
		}
		a.hangUp(i%3 == 0)
	}
	v.recovers(t)
	for i := 1; i < 2000; i += 400 {
		if _, err := v.Channel().QueueDeclarePassive(fmt.Sprint("churn", i), false, false, true, false, nil); err == nil {
			t.Errorf("exclusive queue %d outlives its connection", i)
		}
	}
}

// consume appends basic.consume without acknowledgements.
func consume(b []byte, channel uint16, queue string) []byte {
	const noAck = 2
	return method(b, channel, basicConsume, long(append(short(short([]byte{0, 0}, queue), ""), noAck), ""))
}
