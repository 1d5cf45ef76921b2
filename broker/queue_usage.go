package broker

// usage says when a queue did something and how much of the time messages had to
// wait for consumers. It is noted once per operation.
type usage struct {
	active  int64 // unix ms of the last operation, its start for none
	waited  int64 // ms in which there were both messages and consumers, up to since
	since   int64 // unix ms
	waiting bool  // there have been both since then

	// The window that capacity is about began at from, when waited was before.
	from, before int64
	last         float64 // capacity of the window that ended last
}

// usageWindow is the least time that a capacity is about, ms.
const usageWindow = 5000

// note says that an operation ended at now, and whether it leaves messages that
// wait although there are consumers.
func (u *usage) note(now int64, waiting bool) {
	u.settle(now)
	u.active, u.waiting = now, waiting
}

// settle brings waited up to now.
func (u *usage) settle(now int64) {
	if u.waiting {
		u.waited += max(now-u.since, 0)
	}
	u.since = now
}

// capacity is the share of the time in which a message could have been delivered
// at once, over the last window, which ends now if it was long enough.
func (u *usage) capacity(now int64) float64 {
	u.settle(now)
	if u.from == 0 {
		u.from, u.before, u.last = now, u.waited, 1
		if u.waiting {
			u.last = 0
		}
		return u.last
	}
	if span := now - u.from; span >= usageWindow {
		u.last = 1 - min(float64(u.waited-u.before)/float64(span), 1)
		u.from, u.before = now, u.waited
	}
	return u.last
}
