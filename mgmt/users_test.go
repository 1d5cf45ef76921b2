package mgmt

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"amqpd/broker"
	"amqpd/broker/auth"
	"amqpd/cluster/meta"
	"amqpd/store"
)

// A user comes with its permissions and limits, a virtual host with those of who
// made it: nobody sees one without the other, and a crash leaves both or none.
func TestPut_IsOneStep(t *testing.T) {
	n := newNode(t)
	for _, row := range []struct {
		path, body string
		half       func(v *meta.View, name string) bool
	}{
		{"users", `{"password":"secret","tags":"","permissions":{"/":{"configure":"","write":"","read":""}},"limits":{"max-channels":3}}`,
			func(v *meta.View, name string) bool {
				u, exists := v.User(name)
				_, allowed := v.Permission(name, "/")
				return exists && (!allowed || len(u.Limits) != 1)
			}},
		{"vhosts", "", func(v *meta.View, name string) bool {
			_, exists := v.Vhost(name)
			_, allowed := v.Permission("guest", name)
			return exists && !allowed
		}},
	} {
		var name atomic.Value
		name.Store("")
		var halves atomic.Int64
		stop := make(chan struct{})
		var watcher sync.WaitGroup
		watcher.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if row.half(n.broker.Definitions(), name.Load().(string)) {
					halves.Add(1)
				}
			}
		})
		for i := range 30 {
			x := fmt.Sprint("x", i)
			name.Store(x)
			n.want(201, "", "PUT", "/api/"+row.path+"/"+x, row.body)
		}
		close(stop)
		watcher.Wait()
		if got := halves.Load(); got > 0 {
			t.Errorf("%s: seen %d times half made", row.path, got)
		}
	}
}

func TestPutUser_NewPasswordIsHashedAsTheNodeIsSet(t *testing.T) {
	for hashing, octets := range map[string]int{auth.DefaultHashing: 52, meta.HashSHA256: 36} {
		b, err := broker.Open(broker.Options{NodeName: "amqpd@test", DataDir: t.TempDir(), Sync: store.SyncOS, PasswordHashing: hashing})
		if err != nil {
			t.Fatal(err)
		}
		n := &fixture{New(Options{Broker: b}), t}
		n.want(201, "", "PUT", "/api/users/http", `{"password":"secret","tags":"administrator"}`)
		if err := b.Import(broker.Actor{}, strings.NewReader(`{"users":[{"name":"imported","password":"secret","tags":"administrator"}]}`), broker.ImportOptions{}); err != nil {
			t.Fatal(err)
		}
		var list []struct {
			Name      string `json:"name"`
			Algorithm string `json:"hashing_algorithm"`
			Hash      []byte `json:"password_hash"`
		}
		if err := json.Unmarshal(n.want(200, "", "GET", "/api/users", "").Body.Bytes(), &list); err != nil || len(list) != 3 {
			t.Fatalf("%v %v", list, err)
		}
		for _, u := range list {
			if u.Algorithm != meta.HashSHA256 || len(u.Hash) != octets {
				t.Errorf("%s: %s has %s of %d octets", hashing, u.Name, u.Algorithm, len(u.Hash))
			}
		}
		for _, user := range []string{"http", "imported"} {
			n.want(200, "", "GET", "/api/whoami", "", as(user))
		}
		n.Stop(t.Context())
		if err := b.Stop(t.Context()); err != nil {
			t.Error(err)
		}
	}
}
