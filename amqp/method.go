package amqp

import "fmt"

// MethodID names a method: class id in the upper, method id in the lower half,
// as the four octets stand at the front of a method frame's payload.
type MethodID uint32

// Class returns the class id, for instance 50 for queue.declare.
func (id MethodID) Class() uint16 { return uint16(id >> 16) }

// Method returns the method id within its class.
func (id MethodID) Method() uint16 { return uint16(id) }

// String returns the protocol's name, "queue.declare", or the two numbers of
// an unknown method, "50/99".
func (id MethodID) String() string {
	if name, ok := methodNames[id]; ok {
		return name
	}
	return fmt.Sprintf("%d/%d", id.Class(), id.Method())
}

// SplitMethod takes the payload of a method frame apart. [ParseFrame] has made
// sure that the ids are there. args borrows from payload.
func SplitMethod(payload []byte) (id MethodID, args []byte) {
	_ = payload[3]
	return MethodID(payload[0])<<24 | MethodID(payload[1])<<16 | MethodID(payload[2])<<8 | MethodID(payload[3]), payload[4:]
}
