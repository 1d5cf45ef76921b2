package auth

// User is a user as the cluster's metadata keeps it.
type User struct {
	Name             string
	PasswordHash     string   // in the format of HashingAlgorithm; "" when no password logs in
	HashingAlgorithm string   // a Hashing.Algorithm; "" counts as MD5, as in old definitions
	Tags             []string // see ParseTags; unknown tags are kept and mean nothing
}

// Permission is what a user may do in one virtual host: three regular
// expressions on names of queues and exchanges, not anchored, of which an
// empty one matches nothing (amqp-behaviour §8).
type Permission struct {
	Configure string
	Write     string
	Read      string
}

// TopicPermission narrows what a user may publish to, and bind from, one topic
// exchange, by regular expressions on routing keys (amqp-behaviour §8).
type TopicPermission struct {
	Exchange string
	Write    string // on the key of a publish
	Read     string // on the key of a binding
}

// Directory is where users and permissions are looked up. Its answers are
// taken as they are at the moment of the call; it must be safe for many
// goroutines and fast, because it is asked whenever a channel's cache is.
type Directory interface {
	// User returns the user of that name.
	User(name string) (User, bool)
	// Permission returns what the user may do in the virtual host; false if
	// the user may not enter it.
	Permission(user, vhost string) (Permission, bool)
	// TopicPermissions returns the user's rows for the virtual host. The
	// result is read only.
	TopicPermissions(user, vhost string) []TopicPermission
}
