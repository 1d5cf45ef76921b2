package mgmt

import (
	"encoding/base64"
	"errors"
	"net"
	"net/http"
	"strings"

	"amqpd/broker/auth"
	"amqpd/cluster/meta"
)

// access is what a route needs of who calls it (management-api §3, §6).
type access uint8

// The kinds of access, with the letters of management-api §6.
const (
	open          access = iota // 0: everybody, even without credentials
	anyLogin                    // M: any management login
	vhostLogin                  // V: M, and the virtual host of the path
	ownOrMonitor                // O: M; the handler shows own things, and all to monitoring
	monitor                     // N: monitoring or administrator
	policies                    // P: policymaker with the virtual host of the path, or administrator
	administrator               // A
)

// accessTable says what each kind asks for and how it refuses.
var accessTable = [...]struct {
	letter string
	allows func(c *call) bool
	text   string
}{
	open:         {"0", func(*call) bool { return true }, ""},
	anyLogin:     {"M", func(*call) bool { return true }, ""},
	vhostLogin:   {"V", (*call).mayEnterPath, "User not authorised to access virtual host"},
	ownOrMonitor: {"O", func(*call) bool { return true }, ""},
	monitor:      {"N", func(c *call) bool { return c.tags.Has(auth.Monitoring) }, "Not monitor user"},
	policies: {"P", func(c *call) bool {
		return c.isAdministrator() || c.tags.Has(auth.Policymaker) && c.mayEnterPath()
	}, "User not authorised to access object"},
	administrator: {"A", (*call).isAdministrator, "Not administrator user"},
}

// String is the letter of management-api §6.
func (a access) String() string { return accessTable[a].letter }

// realm is what a browser asks for a password with.
const realm = `Basic realm="RabbitMQ Management"`

// challengeless is a header with which a script says that it is one: then a
// refused login carries no challenge, which a browser would answer with a
// dialog of its own. The value does not matter.
const challengeless = "X-Requested-With"

// admit decides whether the call may go on, and remembers who made it.
func (c *call) admit() error {
	if c.row.access == open {
		return nil
	}
	if c.fromElsewhere() {
		return unauthorised("A page of another origin may change nothing")
	}
	if err := c.identify(); err != nil {
		return err
	}
	return c.allowed()
}

// elsewhere finds requests that a browser makes for pages of other origins.
var elsewhere = http.NewCrossOriginProtection()

// fromElsewhere tells whether a browser asks for a change on behalf of another
// site's page: with a password that it remembers for this one, a form there
// could send one. What has the header of scripts passed a preflight or comes from
// here, and programs that are no browsers say nothing of origins.
func (c *call) fromElsewhere() bool {
	return c.r.Header.Get(challengeless) == "" && elsewhere.Check(c.r) != nil
}

// allowed decides whether the caller, who is known, may use the route.
func (c *call) allowed() error {
	if !c.tags.Has(auth.Management) {
		return unauthorised("Not management user")
	}
	if row := accessTable[c.row.access]; !row.allows(c) {
		return unauthorised(row.text)
	}
	return nil
}

// identify finds out who calls: by password, else by session.
func (c *call) identify() error {
	if name, password, given := c.credentials(); given {
		return c.login(name, password)
	}
	if c.resume() {
		return nil
	}
	c.challenge()
	return empty(http.StatusUnauthorized)
}

// login checks a name and a password and makes that user the caller.
func (c *call) login(name, password string) error {
	user, err := c.s.broker.Login(name, password, c.peer())
	switch {
	case errors.Is(err, auth.ErrLoopbackOnly):
		c.s.broker.AuditRefusedLogin(c.actor(), "", err)
		return unauthorised("User can only log in via localhost")
	case err != nil:
		c.s.broker.AuditRefusedLogin(c.actor(), "", err)
		c.challenge()
		return &refusal{http.StatusUnauthorized, "not_authorized", str("Login failed")}
	}
	c.user, c.tags = user, auth.ParseTags(user.Tags)
	return nil
}

// challenge asks a browser for a password.
func (c *call) challenge() {
	if c.r.Header.Get(challengeless) == "" {
		c.w.Header().Set("Www-Authenticate", realm)
	}
}

// credentials reads name and password: from the header, or where the route
// allows it from the query (management-api §3).
func (c *call) credentials() (name, password string, given bool) {
	if name, password, given = c.r.BasicAuth(); given {
		return name, password, true
	}
	if c.row.media&queryLogin == 0 {
		return "", "", false
	}
	pair, err := base64.StdEncoding.DecodeString(c.query("auth"))
	if err != nil {
		return "", "", false
	}
	return strings.Cut(string(pair), ":")
}

// peer is the address that the call comes from, nil when it is not known, which
// is so for no connection that Serve accepted.
func (c *call) peer() net.IP {
	host, _, err := net.SplitHostPort(c.r.RemoteAddr)
	if err != nil {
		return net.IPv4zero
	}
	host, _, _ = strings.Cut(host, "%") // the zone of a link-local address
	if ip := net.ParseIP(host); ip != nil {
		return ip
	}
	return net.IPv4zero
}

// isAdministrator tells whether the caller has that tag.
func (c *call) isAdministrator() bool { return c.tags.Has(auth.Administrator) }

// isMonitor tells whether the caller sees what others do.
func (c *call) isMonitor() bool { return c.tags.Has(auth.Monitoring) }

// mayEnter tells whether the caller has a permission, even an empty one, in a
// virtual host.
func (c *call) mayEnter(vhost string) bool {
	_, has := c.view().Permission(c.user.Name, vhost)
	return has
}

// mayEnterPath is mayEnter for the virtual host of the path. An administrator
// may look into all; where there is no such virtual host, or none in the path,
// the handler will say so.
func (c *call) mayEnterPath() bool {
	if c.isAdministrator() || !c.has("vhost") {
		return true
	}
	if _, exists := c.view().Vhost(c.path("vhost")); !exists {
		return true
	}
	return c.mayEnter(c.path("vhost"))
}

// seesVhost tells whether the caller may see what a virtual host contains.
func (c *call) seesVhost(name string) bool { return c.isAdministrator() || c.mayEnter(name) }

// onlyVhost is the virtual host that a list is narrowed to, "" for all: that of
// the path, which has to be there, or of a header x-vhost (management-api §1.2).
func (c *call) onlyVhost() (string, error) {
	if !c.has("vhost") {
		return c.r.Header.Get("X-Vhost"), nil
	}
	_, err := c.vhost()
	return c.path("vhost"), err
}

// visibleVhosts lists the virtual hosts of which a list shows something, by
// name.
func (c *call) visibleVhosts() ([]*meta.Vhost, error) {
	only, err := c.onlyVhost()
	if err != nil {
		return nil, err
	}
	var list []*meta.Vhost
	for v := range c.view().Vhosts() {
		if (only == "" || v.Name == only) && c.seesVhost(v.Name) {
			list = append(list, v)
		}
	}
	return list, nil
}
