package mgmt

import (
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"amqpd/broker"
)

// Bounds of what is live.
const (
	maxStreams     = 2048             // of the node
	maxUserStreams = 128              // of one user: a console has one for each open tab
	maxTopics      = 16               // of a stream
	maxTopicSize   = 2 << 20          // octets of an answer; a longer list has to be asked for by page
	maxHeld        = 256 << 20        // octets of all answers that are kept to compare with
	topicLinger    = 30 * time.Second // how long one that nobody reads is kept, for who comes back
	maxLingering   = 1024             // topics from which on those that nobody reads are not kept
	wakeGap        = time.Second      // least time between two wakings because objects came or went
	maxNews        = 1024             // objects that came or went, kept for streams that have not told of them
)

// hub is what the streams of GET /api/events have in common: the beat by which
// they look for changes, the topics they share, and the latest events of the
// broker. It has no goroutine: each stream's own one looks, so what nobody takes
// is not made, and a slow reader finds one change where others found ten.
type hub struct {
	s    *Server
	boot string // tells ids of this process from those of an earlier one

	// watching begins with the first stream and does not end with the last one:
	// who comes back wants to know what happened meanwhile.
	watching sync.Once

	mu      sync.Mutex
	beat    uint64        // counts wakings; all below is guarded by mu
	next    chan struct{} // closed at the next one
	sampled uint64        // the beat of the latest sample
	touched map[string]uint64
	woken   time.Time
	timer   *time.Timer // a waking to come; nil: none
	users   map[string]int
	streams int
	topics  map[topicKey]*topic
	news    []broker.Event // the latest events
	newest  uint64         // the number of the last of them; the first of all is 1

	version atomic.Uint64 // the last one that was given to a topic
	held    atomic.Int64  // octets of all topics
	making  chan struct{} // held while an answer is made: streams may use one processor
}

// topicKey is whose topic it is, and what it shows.
type topicKey struct{ user, path string }

func newHub(s *Server, boot string) *hub {
	return &hub{
		s: s, boot: boot, next: make(chan struct{}), touched: map[string]uint64{},
		users: map[string]int{}, topics: map[topicKey]*topic{}, making: make(chan struct{}, 1),
	}
}

// enter counts a stream of a user, or refuses it.
func (h *hub) enter(user string) error {
	h.watching.Do(func() { h.s.broker.Watch(h.happened) })
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.streams >= maxStreams:
		return &refusal{http.StatusServiceUnavailable, "too_many_streams", str("this node has as many streams as it takes")}
	case h.users[user] >= maxUserStreams:
		return &refusal{http.StatusTooManyRequests, "too_many_streams", str("this user has as many streams as one may have")}
	}
	if h.streams == 0 {
		h.wakeLocked() // nobody did, whatever happened since the last one left
	}
	h.users[user]++
	h.streams++
	return nil
}

// leave counts a stream off.
func (h *hub) leave(user string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.users[user]--; h.users[user] == 0 {
		delete(h.users, user)
	}
	if h.streams--; h.streams == 0 && h.timer != nil {
		h.timer.Stop()
		h.timer = nil
	}
}

// now gives the beat and what is closed at the next one.
func (h *hub) now() (beat uint64, next <-chan struct{}) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.beat, h.next
}

// wakeLocked begins the next beat. REQUIRES mu.
func (h *hub) wakeLocked() {
	h.beat++
	close(h.next)
	h.next = make(chan struct{})
}

// wake has every stream look at once, because a session ended.
func (h *hub) wake() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.wakeLocked()
}

// sample has every stream look: the sampler has new figures.
func (h *hub) sample() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.forgetTopics(time.Now())
	h.wakeLocked()
	h.sampled = h.beat
}

// touches are the first words of the paths that show what an event is about,
// besides "overview", which counts everything.
var touches = map[string][]string{
	"queue":       {"queues", "bindings", "consumers", "overview"},
	"exchange":    {"exchanges", "bindings", "overview"},
	"binding":     {"bindings", "queues", "exchanges"},
	"connection":  {"connections", "channels", "consumers", "overview", "vhosts"},
	"vhost":       {"vhosts", "overview", "permissions"},
	"user":        {"users", "permissions", "topic-permissions"},
	"permission":  {"permissions", "users", "vhosts"},
	"policy":      {"policies", "queues", "exchanges"},
	"vhost-limit": {"vhost-limits"}, "user-limit": {"user-limits"},
	"operator-policy": {"operator-policies", "queues"},
	"parameter":       {"parameters"}, "global-parameter": {"global-parameters", "cluster-name"},
	"topic-permission": {"topic-permissions", "users", "vhosts"},
	"transfer":         {"transfers"},
}

// happened takes an event of the broker, which holds locks meanwhile.
func (h *hub) happened(e broker.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.news) == 2*maxNews {
		h.news = append(h.news[:0], h.news[maxNews:]...)
	}
	h.news = append(h.news, e)
	h.newest++
	for _, word := range touches[e.Kind] {
		h.touched[word] = h.beat + 1
	}
	if h.timer == nil && h.streams > 0 {
		h.timer = time.AfterFunc(max(wakeGap-time.Since(h.woken), wakeGap/10), h.wakeForNews)
	}
}

// wakeForNews tells the streams of what happened.
func (h *hub) wakeForNews() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.timer = nil
	h.woken = time.Now()
	h.wakeLocked()
}

// since gives the events behind number from, the number of the last of them, and
// whether some are not kept any more.
func (h *hub) since(from uint64) (list []broker.Event, newest uint64, missed bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	behind := h.newest - from
	if kept := uint64(len(h.news)); behind > kept {
		behind, missed = kept, true
	}
	return append(list, h.news[len(h.news)-int(behind):]...), h.newest, missed
}

// due is the beat whose changes an answer below a path's first word has to show.
func (h *hub) due(word string) uint64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	if at := h.touched[word]; at <= h.beat {
		return max(h.sampled, at)
	}
	return h.sampled
}

// subscribe gives a user's topic, which others may read, too.
func (h *hub) subscribe(user string, t target) *topic {
	h.mu.Lock()
	defer h.mu.Unlock()
	key := topicKey{user, t.path}
	one := h.topics[key]
	if one == nil {
		one = &topic{hub: h, user: user, target: t}
		h.topics[key] = one
	}
	one.readers++
	return one
}

// unsubscribe is what a stream does that ends.
func (h *hub) unsubscribe(t *topic) {
	h.mu.Lock()
	defer h.mu.Unlock()
	t.readers--
	t.left = time.Now()
	if t.readers == 0 && len(h.topics) > maxLingering {
		h.forget(t)
	}
}

// forget drops a topic that nobody reads. REQUIRES mu.
func (h *hub) forget(t *topic) {
	delete(h.topics, topicKey{t.user, t.path})
	h.held.Add(-t.size())
}

// forgetTopics drops those that nobody read for a while. REQUIRES mu.
func (h *hub) forgetTopics(now time.Time) {
	for _, t := range h.topics {
		if t.readers == 0 && now.Sub(t.left) > topicLinger {
			h.forget(t)
		}
	}
}
