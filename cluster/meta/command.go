package meta

import (
	"fmt"
	"reflect"
)

// Command is one wish to change the state: a value (not a pointer) of one of
// the types in the table below. The types are this package's own.
type Command interface {
	// apply changes t. It returns an error before it has changed anything.
	apply(t *txn) error

	// code writes the receiver's fields, or reads them into a copy of the
	// receiver. It returns the copy.
	code(c *coder) Command

	// describe tells the audit log what is wanted, without secrets.
	describe() Description
}

// commandVersion is the first octet of every encoded command, the row of the
// following table the second. A row is never moved or reused.
const commandVersion = 1

var commands = [...]Command{
	1:  PutVhost{},
	2:  DeleteVhost{},
	3:  PutUser{},
	4:  DeleteUser{},
	5:  PutPermission{},
	6:  DeletePermission{},
	7:  PutTopicPermission{},
	8:  DeleteTopicPermission{},
	9:  PutExchange{},
	10: DeleteExchange{},
	11: PutQueue{},
	12: DeleteQueue{},
	13: DeleteTransient{},
	14: Bind{},
	15: Unbind{},
	16: PutPolicy{},
	17: DeletePolicy{},
	18: PutParameter{},
	19: DeleteParameter{},
	20: PutGlobalParameter{},
	21: DeleteGlobalParameter{},
	22: PutVhostLimit{},
	23: DeleteVhostLimit{},
	24: PutUserLimit{},
	25: DeleteUserLimit{},
	26: Batch{},
	27: SetQueueArguments{},
}

var commandKinds = func() map[reflect.Type]byte {
	kinds := make(map[reflect.Type]byte, len(commands))
	for kind, c := range commands {
		if c != nil {
			kinds[reflect.TypeOf(c)] = byte(kind)
		}
	}
	return kinds
}()

// Encode gives the bytes that Decode turns into c again.
func Encode(c Command) []byte {
	k := &coder{buf: make([]byte, 0, 128)}
	k.buf = append(k.buf, commandVersion)
	k.command(&c)
	return k.buf
}

// Decode reads what Encode wrote. The command shares nothing with b. Its error
// is ErrDecode with a reason.
func Decode(b []byte) (Command, error) {
	k := &coder{buf: b, reading: true}
	var version byte
	k.octet(&version)
	if k.err == nil && version != commandVersion {
		k.fail(fmt.Sprintf("command of version %d", version))
	}
	var c Command
	k.command(&c)
	if err := k.end(); err != nil {
		return nil, fmt.Errorf("command: %w", err)
	}
	return c, nil
}

func (c *coder) command(command *Command) {
	kind := commandKinds[reflect.TypeOf(*command)]
	if kind == 0 && !c.reading {
		panic(fmt.Sprintf("BUG: meta: %T is no command", *command))
	}
	c.octet(&kind)
	if int(kind) >= len(commands) || commands[kind] == nil {
		c.fail(fmt.Sprintf("command of kind %d", kind))
		return
	}
	if c.reading {
		*command = commands[kind]
	}
	*command = (*command).code(c)
}

// Batch carries out commands one after the other, all or none. Its Result joins
// theirs; QueueID and Created are those of the last command. It stops at the
// first error, which is a *[BatchError]. A batch in a batch is ErrInvalid.
type Batch struct{ Commands []Command }

// BatchError says which command of a batch was refused, and why.
type BatchError struct {
	Index int // in Batch.Commands
	Err   error
}

// Error names the command by its place.
func (e *BatchError) Error() string {
	return fmt.Sprintf("command %d of the batch: %v", e.Index, e.Err)
}

// Unwrap gives the reason.
func (e *BatchError) Unwrap() error { return e.Err }

var errNested = fmt.Errorf("%w: batch in a batch", ErrInvalid)

func (c Batch) apply(t *txn) error {
	for i, command := range c.Commands {
		err := errNested
		if _, nested := command.(Batch); !nested {
			t.result.Created, t.result.QueueID = false, 0
			err = command.apply(t)
		}
		if err != nil {
			return &BatchError{Index: i, Err: err}
		}
	}
	return nil
}

func (c Batch) code(k *coder) Command {
	n := k.count(len(c.Commands))
	if k.reading {
		c.Commands = make([]Command, n)
	}
	for i := range c.Commands {
		if k.command(&c.Commands[i]); k.err != nil {
			break
		}
		if _, nested := c.Commands[i].(Batch); nested && k.reading {
			k.fail("batch in a batch")
		}
	}
	return c
}
