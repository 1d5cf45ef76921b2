package amqp

import (
	"bytes"
	"testing"
)

// publishBuffer is a read buffer full of messages as a typical client sends
// them: a persistent one has a delivery mode and a content type.
func publishBuffer(messages, bodySize int, list PropertyList) []byte {
	var buf []byte
	for range messages {
		buf = BasicPublish{Exchange: "", RoutingKey: "queue-1"}.Append(buf, 1)
		buf = AppendHeaderFrame(buf, 1, AppendHeaderPayload(nil, uint64(bodySize), &list))
		buf = AppendBodyFrames(buf, 1, bytes.Repeat([]byte("b"), bodySize), 131072)
	}
	return buf
}

// BenchmarkParseMessages is the floor of the read loop: frames and arguments
// only.
func BenchmarkParseMessages(b *testing.B) {
	const messages = 1000
	buf := publishBuffer(messages, 16, PropertyList{})
	b.ReportAllocs()
	for b.Loop() {
		rest := buf
		for len(rest) > 0 {
			f, n, err := ParseFrame(rest, 131072)
			if err != nil || n == 0 {
				b.Fatal(err)
			}
			rest = rest[n:]
			switch f.Type {
			case FrameMethod:
				_, args := SplitMethod(f.Payload)
				if _, err := ParsePublish(args); err != nil {
					b.Fatal(err)
				}
			case FrameHeader:
				if _, err := ParseHeader(f.Payload); err != nil {
					b.Fatal(err)
				}
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*messages), "ns/message")
}

// BenchmarkAssembleMessages is the same through an Assembler, with properties
// validated.
func BenchmarkAssembleMessages(b *testing.B) {
	for _, bench := range []struct {
		name string
		list PropertyList
	}{
		{"transient", PropertyList{}},
		{"persistent", PropertyList{DeliveryMode: 2, ContentType: "text/plain"}},
		{"headers", PropertyList{DeliveryMode: 2, Headers: Table{{"id", Long(1)}, {"name", LongStr("value")}}}},
	} {
		b.Run(bench.name, func(b *testing.B) {
			const messages = 1000
			buf := publishBuffer(messages, 16, bench.list)
			var a Assembler
			var p Properties
			b.ReportAllocs()
			for b.Loop() {
				if n := assembleAll(b, &a, &p, buf); n != messages {
					b.Fatal(n)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*messages), "ns/message")
		})
	}
}

// assembleAll counts the messages in a read buffer.
func assembleAll(b *testing.B, a *Assembler, p *Properties, buf []byte) (messages int) {
	for len(buf) > 0 {
		f, n, err := ParseFrame(buf, 131072)
		if err != nil {
			b.Fatal(err)
		}
		buf = buf[n:]
		done := false
		switch f.Type {
		case FrameMethod:
			id, args := SplitMethod(f.Payload)
			err = a.Method(id, args)
		case FrameHeader:
			done, err = a.Header(f.Payload)
		case FrameBody:
			done, err = a.Body(f.Payload)
		}
		if err != nil {
			b.Fatal(err)
		}
		if done {
			c := a.Content()
			if err := p.Parse(c.Header.Flags, c.Header.Props); err != nil {
				b.Fatal(err)
			}
			messages++
		}
	}
	return messages
}

func BenchmarkAppendDeliver(b *testing.B) {
	envelope, _ := AppendEnvelope(nil, "", "queue-1")
	header := AppendHeaderPayload(nil, 16, &PropertyList{})
	body := bytes.Repeat([]byte("b"), 16)
	buf := make([]byte, 0, 4096)
	b.ReportAllocs()
	for b.Loop() {
		buf = AppendDeliver(buf[:0], 1, "amq.ctag-0123456789abcdefghijkl", 7, false, envelope)
		buf = AppendHeaderFrame(buf, 1, header)
		buf = AppendBodyFrames(buf, 1, body, 131072)
	}
}

func BenchmarkParseAck(b *testing.B) {
	args := argsOf(&BasicAck{DeliveryTag: 7})
	var m BasicAck
	b.ReportAllocs()
	for b.Loop() {
		if err := m.Parse(args); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkLookupHeader(b *testing.B) {
	raw := fieldsOf(sampleTable())
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := Lookup(raw, "map"); !ok {
			b.Fatal("not found")
		}
	}
}

func BenchmarkParseTable(b *testing.B) {
	raw := fieldsOf(sampleTable())
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ParseTable(raw); err != nil {
			b.Fatal(err)
		}
	}
}
