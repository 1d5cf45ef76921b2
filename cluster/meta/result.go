package meta

import "amqpd/policy"

// Change is one pair for the durable store: the new record of Key, or its end
// when Value is nil. Changes of one Result are to be written together and in
// order; a later one may overwrite an earlier one.
type Change struct {
	Key   string // readable, see the table in record.go
	Value []byte // owned by the receiver
}

// Result is what a command did. Its objects are shared with the state and read
// only.
type Result struct {
	// Changes is what to store. It is empty for transient objects and for
	// commands that found everything as they wanted it.
	Changes []Change

	// Created says that the object was not there before; false for an update,
	// for a removal and for a binding that existed.
	Created bool

	// QueueID is the identity of the queue put, or of the one in the way when
	// PutQueue fails with ErrExists.
	QueueID uint64

	// Added and Removed list what appeared and went, whatever the cause: a
	// queue's deletion lists its bindings and the auto-delete exchanges that
	// went with them. An object that a command replaces is in neither list.
	Added, Removed Objects

	// Policies names the virtual hosts whose policies or operator policies
	// changed, without duplicates within one command.
	Policies []string
}

// Objects is a set of objects, each kind in the order in which they came or
// went.
type Objects struct {
	Vhosts    []string
	Users     []string
	Exchanges []*Exchange
	Queues    []*Queue
	Bindings  []*Binding
}

// Policy is a policy or operator policy as the state keeps it.
type Policy = policy.Policy
