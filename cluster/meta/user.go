package meta

// Names of hashing algorithms that definitions imply (management-api §12). Which
// there are, and how they work, is package auth's to know.
const (
	HashSHA256 = "rabbit_password_hashing_sha256"
	HashMD5    = "rabbit_password_hashing_md5" // before RabbitMQ 3.6
)

// User is somebody who may log in.
type User struct {
	Name             string
	PasswordHash     string   // base64 as in management-api §12; "" never matches a password
	HashingAlgorithm string   // "rabbit_password_hashing_sha256" and so on
	Tags             []string // "administrator", "monitoring", ...
	Limits           []Limit  // in the order of their names; changed by PutUserLimit alone
}

// Limit gives the value of a limit and whether it is in force: a negative one
// is as good as none (management-api §15).
func (u *User) Limit(name string) (int64, bool) { return limitInForce(u.Limits, name) }

func (u *User) code(c *coder) {
	c.str(&u.Name)
	c.str(&u.PasswordHash)
	c.str(&u.HashingAlgorithm)
	c.strs(&u.Tags)
	c.limits(&u.Limits)
}

// PutUser makes or replaces a user. Limits stay as they are; those in the
// command are ignored.
type PutUser struct{ User User }

// DeleteUser removes a user with all its permissions and topic permissions.
// ErrNotFound.
type DeleteUser struct{ Name string }

func (c PutUser) code(k *coder) Command    { c.User.code(k); return c }
func (c DeleteUser) code(k *coder) Command { k.str(&c.Name); return c }

func (c PutUser) apply(t *txn) error {
	user := c.User
	user.Limits = nil
	if old, ok := t.next.users.get(user.Name); ok {
		user.Limits = old.Limits
	} else {
		t.result.Created = true
		t.result.Added.Users = append(t.result.Added.Users, user.Name)
	}
	t.putUser(&user)
	return nil
}

func (c DeleteUser) apply(t *txn) error {
	if _, ok := t.next.users.get(c.Name); !ok {
		return noUser(c.Name)
	}
	// The names first: the loop changes the tree of virtual hosts.
	var vhosts []string
	for v := range t.next.vhosts.all() {
		if v.concerns(c.Name) {
			vhosts = append(vhosts, v.info.Name)
		}
	}
	for _, name := range vhosts {
		v, _ := t.vhost(name)
		t.revoke(v, c.Name)
	}
	t.next.users.remove(t.owner, c.Name)
	t.forget(userKey(c.Name))
	t.result.Removed.Users = append(t.result.Removed.Users, c.Name)
	return nil
}

func (t *txn) putUser(u *User) {
	t.next.users.put(t.owner, u.Name, u)
	t.store(userKey(u.Name), u)
}

func noUser(name string) error { return &Error{Err: ErrNotFound, Kind: "user", Name: name} }
