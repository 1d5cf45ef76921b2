package store

// guard is one of the precautions that make a crash harmless. Tests leave one out at a time,
// through Options.without, to see that a crash then does harm and that they notice.
type guard uint8

const (
	// guardChecksum: a record whose checksum does not fit was never written whole.
	guardChecksum guard = 1 << iota
	// guardGroup: the records of a group count from its last one on, or not at all.
	guardGroup
	// guardMark: the log is cut at a record that is not whole only if nothing says that it was
	// synced; otherwise it is damage, and what is behind it counts.
	guardMark
	// guardChain: a segment is synced before the header of the next one is written.
	guardChain
	// guardSettled: a segment is given back after what settled its messages is synced.
	guardSettled
	// guardApproved: a checkpoint becomes the root after all that it knows of is synced.
	guardApproved
	// guardCaughtUp: the index knows what was settled before references are held against entries.
	guardCaughtUp
	// guardCarried: a file is used for something else after what was carried from it is synced.
	guardCarried
)

// off reports whether g was left out.
func (o *Options) off(g guard) bool { return o.without&g != 0 }
