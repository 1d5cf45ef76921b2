package amqp_test

import (
	"fmt"

	"amqpd/amqp"
)

// A read buffer is parsed in place, frame by frame.
func ExampleParseFrame() {
	buffer := amqp.QueueDeclare{Queue: "orders", Durable: true}.Append(nil, 1)
	buffer = append(buffer, 1, 0, 1) // the next frame has only begun

	for {
		frame, n, err := amqp.ParseFrame(buffer, amqp.FrameMinSize)
		if err != nil {
			fmt.Println(err)
			return
		}
		if n == 0 {
			fmt.Println("wait for more")
			return
		}
		buffer = buffer[n:]
		id, args := amqp.SplitMethod(frame.Payload)
		var m amqp.QueueDeclare
		if err := m.Parse(args); err != nil {
			fmt.Println(amqp.DecodeError(id, args, err))
			return
		}
		fmt.Println(frame.Channel, id, m.Queue, m.Durable)
	}
	// Output:
	// 1 queue.declare orders true
	// wait for more
}

// Dead-lettering rewrites the headers and drops the expiration of a message;
// every other property keeps its octets.
func ExampleEdit() {
	payload := amqp.AppendHeaderPayload(nil, 5, &amqp.PropertyList{ContentType: "text/plain", Expiration: "1000"})

	headers := amqp.Table{{Key: "x-first-death-reason", Value: amqp.LongStr("expired")}}
	edited, err := amqp.Edit{Headers: &headers, RemoveExpiration: true}.Append(nil, payload)
	if err != nil {
		fmt.Println(err)
		return
	}
	h, err := amqp.ParseHeader(edited)
	if err != nil {
		fmt.Println(err)
		return
	}
	p, err := amqp.ParseProperties(h.Flags, h.Props)
	if err != nil {
		fmt.Println(err)
		return
	}
	reason, _ := amqp.Lookup(p.Headers, "x-first-death-reason")
	fmt.Printf("%s, expires: %t, died: %s\n", p.ContentType, p.Has(amqp.FlagExpiration), reason.Data)
	// Output: text/plain, expires: false, died: expired
}

func ExampleError() {
	err := amqp.NotFound(amqp.MethodQueueBind, "no queue '%s' in vhost '%s'", "q", "/")
	fmt.Println(err, err.Hard)
	// Output: 404 NOT_FOUND - no queue 'q' in vhost '/' false
}
