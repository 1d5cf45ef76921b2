package broker

import (
	"testing"

	"amqpd/cluster/meta"
)

// A batch does what its commands do alone: permissions that were remembered are
// looked at anew, and a kind of queue that is not kept is refused.
func TestBatch_CountsAsItsCommands(t *testing.T) {
	b := open(t, Options{})
	before := b.permissionEpoch.Load()
	put(t, b, meta.Batch{Commands: []meta.Command{
		meta.PutUser{User: meta.User{Name: "u"}},
		meta.PutPermission{Permission: meta.Permission{User: "u", Vhost: "/"}},
	}})
	if got := b.permissionEpoch.Load() - before; got != 2 {
		t.Errorf("the epoch of permissions went on by %d, want 2", got)
	}
	stream := meta.PutQueue{Queue: meta.Queue{Vhost: "/", Name: "s", Durable: true, Kind: "stream"}}
	if err := b.Apply(meta.Batch{Commands: []meta.Command{stream}}); err == nil {
		t.Error("a stream was made by a batch")
	}
}
