package mgmt

import (
	"net/http"
	"strings"
	"time"
)

// getEvents answers GET /api/events: a stream of server-sent events that ends
// when the client goes, the login ends or the node stops.
func getEvents(c *call) error {
	st, err := c.newStream()
	if err != nil {
		return err
	}
	if c.r.Method == http.MethodHead {
		c.streamHead()
		return nil
	}
	if err := c.s.hub.enter(c.user.Name); err != nil {
		c.w.Header().Set("Retry-After", "30")
		return err
	}
	defer c.s.hub.leave(c.user.Name)
	for _, t := range st.targets {
		one := c.s.hub.subscribe(c.user.Name, t)
		defer c.s.hub.unsubscribe(one)
		st.topics = append(st.topics, one)
	}
	c.streamHead()
	st.run()
	return nil
}

// streamHead sends the head. What stands between, such as a reverse proxy, is
// asked to pass everything on at once.
func (c *call) streamHead() {
	h := c.w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-cache, no-transform")
	h.Set("X-Accel-Buffering", "no")
	_ = c.control.SetReadDeadline(time.Time{})
	c.w.WriteHeader(http.StatusOK)
}

// newStream reads what the query asks for.
func (c *call) newStream() (*stream, error) {
	st := &stream{c: c, began: c.user}
	paths := c.queries()["topic"]
	if len(paths) > maxTopics {
		return nil, badRequest("more than %d topics", maxTopics)
	}
	for _, path := range paths {
		t, err := c.s.target(path)
		if err != nil {
			return nil, err
		}
		st.targets = append(st.targets, t)
	}
	if text := c.query("objects"); text != "" {
		st.kinds = map[string]bool{}
		for kind := range strings.SplitSeq(text, ",") {
			if touches[kind] == nil && kind != "all" {
				return nil, badValue("unknown_kind", kind)
			}
			st.kinds[kind] = true
		}
	}
	if st.targets == nil && st.kinds == nil {
		return nil, badRequest("nothing to follow: give topic=PATH or objects=KINDS")
	}
	st.versions = make([]uint64, len(st.targets))
	_, st.told, _ = c.s.hub.since(0)
	st.resume(c.r.Header.Get("Last-Event-ID"))
	return st, nil
}
