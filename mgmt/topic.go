package mgmt

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"amqpd/broker/auth"
)

// topicPace keeps what makes a topic's answers under 1/topicPace of a processor:
// one that takes 100 ms comes every 2 s at most.
const topicPace = 20

// target is what a topic shows: the path of a GET route, as a client gave it.
type target struct {
	path string // under /api, with its query
	url  *url.URL
	word string // the first word of the path
}

// topic is the answer to one GET of one user that streams follow. It is made
// once for all of them, when the first one looks after a beat.
type topic struct {
	hub  *hub
	user string
	target

	readers int       // guarded by hub.mu
	left    time.Time // when the last reader went; guarded by hub.mu

	mu      sync.Mutex
	beat    uint64        // the one whose changes are in answer; all below is guarded by mu
	made    time.Time     // when it was made, and
	cost    time.Duration // how long that took
	answer  answer
	patches []step // the latest ones, the last of which led to answer
	octets  int    // of patches
}

// answer is what a route said at one time. It never changes, so streams send
// from it without a copy.
type answer struct {
	version uint64 // rises; 0: none
	status  int
	text    []byte // JSON
}

// step leads from one version to another.
type step struct {
	from, to uint64
	patch    []byte
}

// size is the octets that are kept.
func (t *topic) size() int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return int64(len(t.answer.text) + t.octets)
}

// refresh makes the answer anew if something may have changed since it was made.
func (t *topic) refresh(due uint64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.answer.version != 0 && (t.beat >= due || time.Since(t.made) < t.cost*topicPace) {
		return
	}
	t.hub.making <- struct{}{}
	defer func() { <-t.hub.making }()
	t.made = time.Now()
	status, text := t.hub.s.peek(t.user, t.target)
	t.cost = time.Since(t.made)
	t.beat = due
	t.put(status, text)
}

// put makes status and text the answer. REQUIRES mu.
func (t *topic) put(status int, text []byte) {
	old := t.answer
	if status == old.status && bytes.Equal(text, old.text) {
		return
	}
	before := len(old.text) + t.octets
	if t.hub.held.Load()+int64(len(text)-len(old.text)) > maxHeld {
		status, text = http.StatusServiceUnavailable, refusalText("too_much", "the topics of all streams are larger than what the node keeps for them")
	}
	t.answer = answer{t.hub.version.Add(1), status, text}
	if patch, short := makePatch(old.textOrNull(), text); short && status == http.StatusOK && old.status == status {
		t.patches = append(t.patches, step{old.version, t.answer.version, patch})
		t.octets += len(patch)
	} else {
		t.patches, t.octets = nil, 0
	}
	for t.octets > len(text) || len(t.patches) > maxTopicSteps {
		t.octets -= len(t.patches[0].patch)
		t.patches = append(t.patches[:0:0], t.patches[1:]...)
	}
	t.hub.held.Add(int64(len(text) + t.octets - before))
}

// maxTopicSteps is how many patches are kept: a minute's.
const maxTopicSteps = 12

func (a *answer) textOrNull() []byte {
	if a.text == nil {
		return []byte("null")
	}
	return a.text
}

// since gives what a stream that has a version needs: the steps from there to the
// answer, or where they are not kept any more the answer alone.
func (t *topic) since(version uint64) (now answer, steps []step) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for i := range t.patches {
		if t.patches[i].from == version {
			return t.answer, t.patches[i:len(t.patches):len(t.patches)]
		}
	}
	return t.answer, nil
}

// target finds the route of a topic.
func (s *Server) target(text string) (target, error) {
	u, err := url.ParseRequestURI(text)
	if err != nil || u.Host != "" || u.Scheme != "" || !strings.HasPrefix(text, "/") {
		return target{}, badRequest("not a path: %s", text)
	}
	t := target{path: text, url: u}
	if r, err := url.ParseRequestURI("/api" + text); err == nil {
		t.url = r
	}
	segments, ok := splitPath(t.url.EscapedPath())
	if !ok || len(segments) < 2 {
		return target{}, badRequest("not a path: %s", text)
	}
	t.word = segments[1]
	found, _ := s.tree.find(segments)
	if found == nil || found.routes[http.MethodGet].media&live == 0 {
		return target{}, badRequest("not a live path: %s", text)
	}
	return t, nil
}

// peek is what a GET of t says to a user, as that is now.
func (s *Server) peek(user string, t target) (status int, text []byte) {
	w := &capture{header: http.Header{}}
	c := &call{s: s, w: w, control: http.NewResponseController(w), r: &http.Request{
		Method: http.MethodGet, URL: t.url, Header: http.Header{}, Body: http.NoBody, RequestURI: t.url.RequestURI(),
	}}
	segments, _ := splitPath(t.url.EscapedPath())
	found, values := s.tree.find(segments)
	c.names, c.values, c.row = found.names, values, found.routes[http.MethodGet]
	if err := c.peekAs(user); err != nil {
		c.refuse(err)
	}
	if w.over {
		return http.StatusRequestEntityTooLarge, refusalText("too_large", "the answer is too long to be followed: ask for a page, or for fewer columns")
	}
	if bytes.ContainsAny(w.text, "\r\n") { // in a value that a user gave as JSON
		var flat bytes.Buffer
		if json.Compact(&flat, w.text) == nil {
			w.text = flat.Bytes()
		}
	}
	if len(w.text) == 0 {
		w.text = []byte("{}")
	}
	return w.status, bytes.Clone(w.text)
}

// peekAs answers the call for a user who has shown before who that is.
func (c *call) peekAs(user string) error {
	u, exists := c.view().User(user)
	if !exists {
		return unauthorised("Not management user")
	}
	c.user, c.tags = auth.User{Name: u.Name, Tags: u.Tags}, auth.ParseTags(u.Tags)
	if err := c.allowed(); err != nil {
		return err
	}
	return c.row.handle(c)
}

// refusalText is a refusal's body.
func refusalText(kind, reason string) []byte {
	return []byte(of(obj(m("error", str(kind)), m("reason", str(reason)))).json())
}

// capture is a http.ResponseWriter that keeps an answer up to maxTopicSize.
type capture struct {
	header http.Header
	status int
	text   []byte
	over   bool
}

func (w *capture) Header() http.Header    { return w.header }
func (w *capture) WriteHeader(status int) { w.status = status }

// Write fails once the answer is too long, which ends the making of it.
func (w *capture) Write(text []byte) (int, error) {
	if w.over || len(w.text)+len(text) > maxTopicSize {
		w.over = true
		return 0, http.ErrContentLength
	}
	w.text = append(w.text, text...)
	return len(text), nil
}
