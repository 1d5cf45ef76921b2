package store

import "fmt"

// Pos says where a message lies: segment<<32 | offset. Zero is no message.
//
// A position keeps its meaning as long as somebody holds a reference to it, over restarts
// for durable messages, and even when the store has moved the octets somewhere else.
// Segments from 1<<31 on are chunks in memory and do not survive a restart.
type Pos uint64

// LSN says how far the log reaches, in octets ever appended. What was appended before
// End() returned l is durable once Durable() >= l.
type LSN uint64

// transientSegment is set in the segment number of a message that lies in memory only.
const transientSegment = 1 << 31

// makePos joins a segment number and an offset in it.
func makePos(segment, offset uint32) Pos { return Pos(segment)<<32 | Pos(offset) }

func (p Pos) segment() uint32 { return uint32(p >> 32) }
func (p Pos) offset() uint32  { return uint32(p) }

// Transient reports whether the message lies in memory only.
func (p Pos) Transient() bool { return p>>32&transientSegment != 0 }

// String prints segment:offset, and memory chunks as mN:offset.
func (p Pos) String() string {
	if p.Transient() {
		return fmt.Sprintf("m%d:%d", p.segment()&^transientSegment, p.offset())
	}
	return fmt.Sprintf("%d:%d", p.segment(), p.offset())
}
