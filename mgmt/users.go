package mgmt

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"maps"
	"slices"

	"amqpd/cluster/meta"
	"amqpd/policy"
)

// userShape is management-api §8.10.
var userShape = shape[*meta.User]{
	{"name", func(u *meta.User) value { return str(u.Name) }},
	{"password_hash", func(u *meta.User) value { return str(u.PasswordHash) }},
	{"hashing_algorithm", func(u *meta.User) value { return str(u.HashingAlgorithm) }},
	{"tags", func(u *meta.User) value { return strs(u.Tags) }},
	{"limits", func(u *meta.User) value { return of(limitsObject(u.Limits)) }},
}

// users answers GET /api/users.
func users(c *call) error { return items(c, userShape, slices.Collect(c.view().Users())) }

// usersWithoutPermissions answers GET /api/users/without-permissions.
func usersWithoutPermissions(c *call) error {
	rows := []*meta.User{}
	for u := range c.view().Users() {
		has := false
		for range c.view().UserPermissions(u.Name) {
			has = true
			break
		}
		if !has {
			rows = append(rows, u)
		}
	}
	return items(c, userShape, rows)
}

// userOfPath gives the user of the path, or the refusal that there is none.
func (c *call) userOfPath() (*meta.User, error) {
	u, exists := c.view().User(c.path("user"))
	if !exists {
		return nil, notFound()
	}
	return u, nil
}

// user answers GET /api/users/{user}.
func user(c *call) error {
	u, err := c.userOfPath()
	if err != nil {
		return err
	}
	return single(c, userShape, u)
}

// putUser answers PUT /api/users/{user} (management-api §7.2). All of it is done
// in one step or, when something is wrong, nothing; RabbitMQ may leave a user without the
// permissions that were asked for.
func putUser(c *call) error {
	b, err := c.body()
	if err != nil {
		return err
	}
	u := meta.User{Name: c.path("user")}
	if err := b.user(c, &u); err != nil {
		return err
	}
	commands := []meta.Command{meta.PutUser{User: u}}
	limits, err := b.userLimits(u.Name)
	if err != nil {
		return err
	}
	_, exists := c.view().User(u.Name)
	commands = append(commands, limits...)
	if !exists {
		permissions, err := b.userPermissions(c, u.Name)
		if err != nil {
			return err
		}
		commands = append(commands, permissions...)
	}
	if err := c.apply(meta.Batch{Commands: commands}); err != nil {
		return err
	}
	return c.created(!exists)
}

// user fills in tags and password.
func (b body) user(c *call, u *meta.User) (err error) {
	old, err := b.flag("administrator", false)
	if err != nil {
		return err
	}
	switch _, given := b["tags"]; {
	case given && !b.has("tags"):
		return badRequest("tags must be a list of strings, or one string with commas")
	case given:
		if u.Tags, err = b.tags("tags"); err != nil {
			return err
		}
	case b.has("administrator"):
		if u.Tags = []string{}; old {
			u.Tags = []string{"administrator"}
		}
	default:
		return badRequest("tags_not_present")
	}
	return b.password(c, u)
}

// password sets hash and algorithm. A user with neither password nor hash cannot
// log in with one.
func (b body) password(c *call, u *meta.User) error {
	u.HashingAlgorithm = meta.HashSHA256
	if b.has("password") && b.has("password_hash") {
		return badRequest("both_password_and_password_hash_are_provided")
	}
	if b.has("password") {
		password, err := b.text("password", "")
		if err != nil {
			return badRequest("password must be a string")
		}
		u.HashingAlgorithm, u.PasswordHash, err = c.s.broker.HashPassword("", password)
		return err
	}
	hash, err := b.text("password_hash", "")
	if err != nil {
		return err
	}
	if _, err := base64.StdEncoding.DecodeString(hash); err != nil {
		return badValue("not_base64", hash)
	}
	u.PasswordHash = hash
	u.HashingAlgorithm, err = b.text("hashing_algorithm", meta.HashSHA256)
	return err
}

// userLimits gives the commands for the limits in a body.
func (b body) userLimits(user string) ([]meta.Command, error) {
	if !b.has("limits") {
		return nil, nil
	}
	raw, err := decodeAny(b["limits"])
	limits, isObject := raw.(map[string]any)
	if err != nil || !isObject {
		return nil, badRequest("limits must be an object of numbers")
	}
	if err := checkUserLimits(limits); err != nil {
		return nil, err
	}
	var commands []meta.Command
	for _, name := range slices.Sorted(maps.Keys(limits)) {
		n, _ := policy.Normalise(limits[name]).(int64)
		commands = append(commands, meta.PutUserLimit{User: user, Limit: meta.Limit{Name: name, Value: n}})
	}
	return commands, nil
}

// userPermissions gives the commands for the permissions in a body.
func (b body) userPermissions(c *call, user string) ([]meta.Command, error) {
	if !b.has("permissions") {
		return nil, nil
	}
	var wanted map[string]body
	if json.Unmarshal(b["permissions"], &wanted) != nil {
		return nil, badRequest("permissions must be an object of virtual hosts")
	}
	var commands []meta.Command
	for _, vhost := range slices.Sorted(maps.Keys(wanted)) {
		if _, exists := c.view().Vhost(vhost); !exists {
			return nil, badValue("no_such_vhost", vhost)
		}
		p := meta.Permission{User: user, Vhost: vhost}
		if err := wanted[vhost].permission(&p); err != nil {
			return nil, err
		}
		commands = append(commands, meta.PutPermission{Permission: p})
	}
	return commands, nil
}

// deleteUser answers DELETE /api/users/{user}.
func deleteUser(c *call) error {
	return c.done(c.apply(meta.DeleteUser{Name: c.path("user")}))
}

// bulkDeleteUsers answers POST /api/users/bulk-delete. It stops at the first
// user that is not there.
func bulkDeleteUsers(c *call) error {
	b, err := c.bodyWith("users")
	if err != nil {
		return err
	}
	var names []string
	if json.Unmarshal(b["users"], &names) != nil {
		return badRequest("users must be a list of names")
	}
	for _, name := range names {
		err := c.apply(meta.DeleteUser{Name: name})
		if errors.Is(err, meta.ErrNotFound) {
			return badValue("no_such_user", name)
		}
		if err != nil {
			return err
		}
	}
	return c.noContent()
}
