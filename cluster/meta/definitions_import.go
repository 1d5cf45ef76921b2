package meta

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// ImportOptions say how ImportWith reads.
type ImportOptions struct {
	// PerVhost puts everything into Vhost, whatever the items say about theirs;
	// users, permissions and global parameters are passed over.
	PerVhost bool
	Vhost    string

	// Home becomes that of the queues.
	Home string

	// ExchangeType, unless nil, says whether there are exchanges of a type.
	ExchangeType func(name string) bool

	// HashPassword makes the password_hash of a password in clear text, with the
	// algorithm named or, where that is "", one of its choice, and says which. When
	// it is nil, such a password is an error.
	HashPassword func(algorithm, password string) (used, hash string, err error)
}

// Import reads RabbitMQ's definitions JSON (management-api §13), of any version
// from 3.0 on, and returns the commands that add what it says to current, in
// RabbitMQ's order: all of them succeed when they are applied to current one
// after the other or as a Batch. It changes nothing itself. On an error, which
// is ErrNotJSON, an *ImportError or that of r, nothing is to be applied.
//
// As RabbitMQ does it passes over queues and exchanges that are there already,
// whatever they are like, over amq.* exchanges, and over bindings between what
// is missing; it replaces users, permissions, policies and parameters, and
// removes nothing. Unknown fields are ignored. Passwords in clear text are
// hashed with fresh salt, so reading a file twice may give different commands.
//
// The queues of the commands have no Home; ImportWith can fill it in.
func Import(r io.Reader, current *State) ([]Command, error) {
	return ImportWith(r, current.View(), ImportOptions{})
}

// ImportWith is Import into a view, with options.
func ImportWith(r io.Reader, current *View, o ImportOptions) ([]Command, error) {
	text, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("read definitions: %w", err)
	}
	file, err := topLevel(text)
	if err != nil {
		return nil, err
	}
	im := &importer{options: o, trial: begin(current), defaultHash: defaultHash(file["rabbit_version"])}
	for _, section := range importOrder {
		if o.PerVhost && !section.perVhost {
			continue
		}
		if err := im.section(section.name, file[section.name], section.read); err != nil {
			return nil, err
		}
	}
	return im.commands, nil
}

func topLevel(text []byte) (file map[string]json.RawMessage, err error) {
	err = json.Unmarshal(text, &file)
	switch kind := jsonKind(bytes.TrimSpace(text)); {
	case err == nil && file != nil:
		return file, nil
	case json.Valid(text):
		return nil, fmt.Errorf("%w: it is %s", ErrNotJSON, kind)
	default:
		return nil, fmt.Errorf("%w: %w", ErrNotJSON, err)
	}
}

// importOrder is RabbitMQ's: what is referred to comes first, except that a
// global parameter and a policy may come anywhere after the virtual hosts.
var importOrder = [...]struct {
	name     string
	read     func(im *importer, it *item) []Command
	perVhost bool // the section counts in the form for one virtual host
}{
	{sectionUsers, (*importer).user, false},
	{sectionVhosts, (*importer).vhost, false},
	{sectionPermissions, (*importer).permission, false},
	{sectionTopicPermissions, (*importer).topicPermission, false},
	{sectionExchanges, (*importer).exchange, true},
	{sectionGlobalParameters, (*importer).globalParameter, false},
	{sectionPolicies, (*importer).policy, true},
	{sectionParameters, (*importer).parameter, true},
	{sectionQueues, (*importer).queue, true},
	{sectionBindings, (*importer).binding, true},
}

// importer turns definitions into commands and tries each on a copy of the
// state that is thrown away at the end. So whatever Apply would refuse is found
// before anything is applied, and is told with its place in the file.
type importer struct {
	options     ImportOptions
	trial       *txn
	commands    []Command
	defaultHash string // hashing algorithm of users that do not say
}

func (im *importer) section(name string, text json.RawMessage, read func(*importer, *item) []Command) error {
	if text == nil {
		return nil
	}
	var items []json.RawMessage
	if err := json.Unmarshal(text, &items); err != nil {
		return &ImportError{Section: name, Index: -1, Err: expected("a list", text)}
	}
	for i, text := range items {
		it := &item{section: name, index: i}
		if err := json.Unmarshal(text, &it.fields); err != nil || it.fields == nil {
			return it.error("", expected("an object", text))
		}
		commands := read(im, it)
		if it.err != nil {
			return it.err
		}
		for _, c := range commands {
			if err := im.try(c); err != nil {
				return it.error("", err)
			}
		}
	}
	return nil
}

// try keeps a command if it works, or drops it if RabbitMQ would ignore that it
// does not.
func (im *importer) try(c Command) error {
	im.trial.result = Result{}
	err := c.apply(im.trial)
	switch c.(type) {
	case PutQueue, PutExchange:
		if errors.Is(err, ErrExists) {
			return nil
		}
	case Bind:
		if errors.Is(err, ErrNotFound) && !isNoVhost(err) || errors.Is(err, ErrReserved) {
			return nil
		}
	}
	if err == nil {
		im.commands = append(im.commands, c)
	}
	return err
}

func isNoVhost(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Kind == "vhost"
}

// defaultHash is the hashing algorithm that a file implies for users who do not
// name theirs: RabbitMQ before 3.6 knew MD5 only (management-api §12).
func defaultHash(rabbitVersion json.RawMessage) string {
	var version string
	if json.Unmarshal(rabbitVersion, &version) != nil {
		return HashSHA256
	}
	var major, minor int
	if n, _ := fmt.Sscanf(version, "%d.%d", &major, &minor); n == 2 && major == 3 && minor <= 5 {
		return HashMD5
	}
	return HashSHA256
}
