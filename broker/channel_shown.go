package broker

import "sync/atomic"

// shownState is what views see of the fields that the connection's reader owns,
// in two words that are written only when they change.
type shownState struct {
	modes       atomic.Uint64 // consumers<<32 | prefetch<<8 | flags
	uncommitted atomic.Uint64 // messages<<32 | settlements
}

// The flags of shownState.modes.
const (
	shownConfirm = 1 << iota
	shownTx
	shownClosing
)

// show lets views see what a method changed. The reader calls it.
func (ch *channel) show() {
	modes := uint64(len(ch.consumers))<<32 | uint64(ch.prefetch)<<8
	var uncommitted uint64
	if ch.confirms.selected {
		modes |= shownConfirm
	}
	if ch.tx != nil {
		modes |= shownTx
		uncommitted = uint64(len(ch.tx.messages))<<32 | uint64(len(ch.tx.settled))
	}
	if ch.closing {
		modes |= shownClosing
	}
	if s := &ch.shown; s.modes.Load() != modes {
		s.modes.Store(modes)
	}
	if s := &ch.shown; s.uncommitted.Load() != uncommitted {
		s.uncommitted.Store(uncommitted)
	}
}

// fill copies what is shown to v.
func (s *shownState) fill(v *ChannelView) {
	modes, uncommitted := s.modes.Load(), s.uncommitted.Load()
	v.Confirm, v.Transactional = modes&shownConfirm != 0, modes&shownTx != 0
	v.Consumers, v.Prefetch = int(modes>>32), int(modes>>8&0xffff)
	v.UncommittedMessages, v.UncommittedAcks = int(uncommitted>>32), int(uint32(uncommitted))
	if modes&shownClosing != 0 {
		v.State = "closing"
	}
}
