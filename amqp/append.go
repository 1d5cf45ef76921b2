package amqp

import "encoding/binary"

// AppendFrameHeader adds the seven octets before a payload of that size. The
// caller appends the payload and FrameEnd.
func AppendFrameHeader(dst []byte, typ byte, channel uint16, size uint32) []byte {
	return append(dst, typ, byte(channel>>8), byte(channel),
		byte(size>>24), byte(size>>16), byte(size>>8), byte(size))
}

// AppendHeaderFrame adds a content header frame around a header payload, which
// is copied as it is. RabbitMQ sends one that exceeds the consumer's frame-max
// unsplit (amqp-behaviour §11), so it is never split here.
func AppendHeaderFrame(dst []byte, channel uint16, headerPayload []byte) []byte {
	dst = AppendFrameHeader(dst, FrameHeader, channel, uint32(len(headerPayload)))
	return append(append(dst, headerPayload...), FrameEnd)
}

// AppendBodyFrames adds the body in as many frames as frameMax asks for, each
// of at most frameMax octets on the wire; 0 means no limit. An empty body takes
// no frame at all (amqp-behaviour §0.1).
func AppendBodyFrames(dst []byte, channel uint16, body []byte, frameMax uint32) []byte {
	room := len(body)
	if frameMax > FrameOverhead {
		room = min(room, int(frameMax-FrameOverhead))
	}
	for len(body) > 0 {
		n := min(len(body), room)
		dst = AppendFrameHeader(dst, FrameBody, channel, uint32(n))
		dst = append(append(dst, body[:n]...), FrameEnd)
		body = body[n:]
	}
	return dst
}

// AppendHeartbeat adds a heartbeat frame.
func AppendHeartbeat(dst []byte) []byte {
	return append(dst, FrameHeartbeat, 0, 0, 0, 0, 0, 0, FrameEnd)
}

// AppendDeliver adds a basic.deliver frame. envelope is exchange and routing
// key as in [Publish].
func AppendDeliver(dst []byte, channel uint16, consumerTag string, tag uint64, redelivered bool, envelope []byte) []byte {
	const fixed = methodIDSize + 1 + 8 + 1
	dst = AppendFrameHeader(dst, FrameMethod, channel, uint32(fixed+len(consumerTag)+len(envelope)))
	dst = binary.BigEndian.AppendUint32(dst, uint32(MethodBasicDeliver))
	dst = appendShortStr(dst, consumerTag)
	dst = binary.BigEndian.AppendUint64(dst, tag)
	dst = append(dst, bit(redelivered))
	return append(append(dst, envelope...), FrameEnd)
}

// AppendGetOk adds a basic.get-ok frame. envelope is exchange and routing key
// as in [Publish].
func AppendGetOk(dst []byte, channel uint16, tag uint64, redelivered bool, envelope []byte, messageCount uint32) []byte {
	dst, at := beginMethod(dst, channel, MethodBasicGetOk)
	dst = binary.BigEndian.AppendUint64(dst, tag)
	dst = append(append(dst, bit(redelivered)), envelope...)
	return endFrame(binary.BigEndian.AppendUint32(dst, messageCount), at)
}

// AppendReturn adds a basic.return frame. text is the whole reply text,
// "NO_ROUTE" for code 312. envelope is exchange and routing key as in
// [Publish].
func AppendReturn(dst []byte, channel uint16, code uint16, text string, envelope []byte) []byte {
	dst, at := beginMethod(dst, channel, MethodBasicReturn)
	dst = binary.BigEndian.AppendUint16(dst, code)
	dst = appendShortStr(dst, text)
	return endFrame(append(dst, envelope...), at)
}
