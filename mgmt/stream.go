package mgmt

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"amqpd/broker"
	"amqpd/broker/auth"
)

// stream is one client that follows topics. It keeps no events, only which
// version of each topic the client has; so a client that reads slowly costs
// nothing and gets what happened meanwhile in one piece.
type stream struct {
	c        *call
	began    auth.User // as it was at the beginning
	targets  []target
	topics   []*topic
	versions []uint64        // by topic, what the client has; 0 nothing
	kinds    map[string]bool // of objects to tell of; nil none, "all" all
	told     uint64          // number of the last event of the broker that was looked at
	failed   error           // the client is gone
	wrote    time.Time
}

// Every streamQuiet something is sent, so that both sides see that the other one
// is there.
const (
	streamQuiet = 15 * time.Second
	streamRetry = 3 * time.Second // after which a browser comes back
)

// run sends until somebody ends it.
func (st *stream) run() {
	h := st.c.s.hub
	st.hello()
	quiet := time.NewTimer(streamQuiet)
	defer quiet.Stop()
	for {
		_, next := h.now()
		if reason := st.over(); reason != "" {
			st.send("end", "", []byte(of(obj(m("reason", str(reason)))).json()))
			st.flush()
			return
		}
		for i, t := range st.topics {
			t.refresh(h.due(t.word))
			st.follow(i, t)
		}
		if st.kinds != nil {
			st.tellObjects()
		}
		if time.Since(st.wrote) >= streamQuiet {
			st.write([]byte(": quiet\n\n"))
		}
		quiet.Reset(streamQuiet - time.Since(st.wrote))
		if st.flush(); st.failed != nil {
			return
		}
		select {
		case <-next:
		case <-quiet.C:
		case <-st.c.r.Context().Done():
			return
		case <-st.c.s.stopping:
		}
	}
}

// over says why the stream has to end, "" if it has not.
func (st *stream) over() string {
	c := st.c
	select {
	case <-c.s.stopping:
		return "node stopping"
	default:
	}
	u, exists := c.s.broker.Definitions().User(st.began.Name)
	switch {
	case !exists:
		return "user deleted"
	case u.PasswordHash != st.began.PasswordHash || u.HashingAlgorithm != st.began.HashingAlgorithm:
		return "password changed"
	case !slices.Equal(u.Tags, st.began.Tags):
		return "tags changed"
	case c.session != nil && !c.s.sessions.alive(*c.session, time.Now()):
		return "session ended"
	}
	return ""
}

// hello tells the client what it will get.
func (st *stream) hello() {
	st.write([]byte("retry: " + strconv.FormatInt(streamRetry.Milliseconds(), 10) + "\n"))
	paths := make([]string, len(st.targets))
	for i, t := range st.targets {
		paths[i] = t.path
	}
	st.send("hello", "", []byte(of(obj(m("node", str(st.c.s.broker.NodeName())), m("every", whole(tick*1000)), m("topics", strs(paths)))).json()))
}

// follow sends what happened to a topic.
func (st *stream) follow(i int, t *topic) {
	now, steps := t.since(st.versions[i])
	if now.version == st.versions[i] {
		return
	}
	begins := appendString([]byte(`{"topic":`), t.path)
	if now.status == http.StatusOK {
		for _, s := range steps {
			st.versions[i] = s.to
			st.send("patch", st.id(), begins, []byte(`,"patch":`), s.patch, []byte(`}`))
		}
		if steps != nil {
			return
		}
	}
	st.versions[i] = now.version
	if now.status == http.StatusOK {
		st.send("state", st.id(), begins, []byte(`,"state":`), now.text, []byte(`}`))
		return
	}
	st.send("refused", st.id(), begins, []byte(`,"status":`+strconv.Itoa(now.status)+`,"answer":`), now.text, []byte(`}`))
}

// tellObjects sends what came and went of what the user may see.
func (st *stream) tellObjects() {
	events, newest, missed := st.c.s.hub.since(st.told)
	if newest == st.told {
		return
	}
	st.told = newest
	st.c.definitions = nil
	var shown []value
	for _, e := range events {
		if (st.kinds["all"] || st.kinds[e.Kind]) && st.c.mayHear(&e) {
			shown = append(shown, of(obj(m("kind", str(e.Kind)), m("action", str(e.Action)), m("vhost", strOrMissing(e.Vhost)),
				m("name", str(e.Name)), m("to", strOrMissing(e.To)), m("user", strOrMissing(e.User)))))
		}
	}
	if shown != nil || missed {
		st.send("objects", st.id(), []byte(of(obj(m("objects", list(shown...)), m("missed", flag(missed)))).json()))
	}
}

// mayHear tells whether the caller may know of what an event is about, as the
// lists of its kind decide.
func (c *call) mayHear(e *broker.Event) bool {
	switch e.Kind {
	case "connection":
		return c.sees(e.User)
	case "queue", "exchange", "binding", "policy", "operator-policy", "transfer":
		return c.seesVhost(e.Vhost)
	case "vhost", "vhost-limit":
		return c.isMonitor() || c.mayEnter(e.Vhost)
	case "parameter":
		return c.isAdministrator() || c.tags.Has(auth.Policymaker) && c.mayEnter(e.Vhost)
	case "global-parameter":
		return c.tags.Has(auth.Policymaker)
	}
	return c.isAdministrator()
}

// id is what a client that comes back shows: what it has.
func (st *stream) id() string {
	text := st.c.s.hub.boot + "." + strconv.FormatUint(st.told, 36)
	for _, v := range st.versions {
		text += "." + strconv.FormatUint(v, 36)
	}
	return text
}

// resume goes on where an id says that the client stopped. One of an earlier
// process, or of other topics, says nothing.
func (st *stream) resume(id string) {
	parts := strings.Split(id, ".")
	if len(parts) != 2+len(st.versions) || parts[0] != st.c.s.hub.boot {
		return
	}
	numbers := make([]uint64, len(parts)-1)
	for i, text := range parts[1:] {
		n, err := strconv.ParseUint(text, 36, 64)
		if err != nil {
			return
		}
		numbers[i] = n
	}
	if numbers[0] <= st.told {
		st.told = numbers[0]
	}
	copy(st.versions, numbers[1:])
}

// send sends one event.
func (st *stream) send(name, id string, data ...[]byte) {
	st.write([]byte("event: " + name + "\n"))
	if id != "" {
		st.write([]byte("id: " + id + "\n"))
	}
	st.write([]byte("data: "))
	for _, d := range data {
		st.write(d)
	}
	st.write([]byte("\n\n"))
}

func (st *stream) write(text []byte) {
	if st.failed != nil {
		return
	}
	st.wrote = time.Now()
	_ = st.c.control.SetWriteDeadline(st.wrote.Add(writeTimeout))
	_, st.failed = st.c.w.Write(text)
}

// flush sends what was written, and lets the connection be idle.
func (st *stream) flush() {
	if st.failed == nil {
		st.failed = st.c.control.Flush()
		_ = st.c.control.SetWriteDeadline(time.Time{})
	}
}
