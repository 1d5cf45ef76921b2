package broker

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"amqpd/amqp"
	"amqpd/cluster/meta"
)

// moving is a broker with the queues "from" and "to" and who moves messages.
type moving struct {
	*Broker
	t *testing.T
	k *client // channel 1 confirms
	a *Agent
	n uint64 // published
}

func newMoving(t *testing.T, o Options, from, to amqp.Table) *moving {
	t.Helper()
	b := open(t, o)
	k := dial(t, b).guest()
	k.durable(1, "from", from)
	k.durable(1, "to", to)
	k.confirms(1)
	return &moving{Broker: b, t: t, k: k, a: agentOf(t, b, "guest")}
}

func agentOf(t *testing.T, b *Broker, user string) *Agent {
	t.Helper()
	a, err := b.As(Actor{User: user, Via: "http"}, "/")
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// fill publishes n messages to from, by way of exchange amq.direct and no
// binding: their bodies count.
func (m *moving) fill(n int, edit func(i int, p *amqp.PropertyList)) {
	m.t.Helper()
	for i := range n {
		p := &amqp.PropertyList{DeliveryMode: 2}
		if edit != nil {
			edit(i, p)
		}
		m.k.publish(1, "", "from", p, fmt.Sprint(i))
	}
	m.n += uint64(n)
	m.k.awaitConfirms(1, m.n)
}

// begin begins a transfer out of from.
func (m *moving) begin(ask TransferRequest) string {
	m.t.Helper()
	ask.Queue = "from"
	v, err := m.a.Transfer(ask)
	if err != nil {
		m.t.Fatal(err)
	}
	return v.ID
}

// await waits until a transfer is in a state.
func (m *moving) await(id string, state TransferState) (v TransferView) {
	m.t.Helper()
	eventually(m.t, "transfer is "+string(state), func() bool {
		v, _ = m.Transfer(id)
		return v.State == state && (state == TransferPaused || state == TransferRunning || !v.Ended.IsZero())
	})
	return v
}

// run does a transfer and waits for its end.
func (m *moving) run(ask TransferRequest) TransferView {
	m.t.Helper()
	return m.await(m.begin(ask), TransferDone)
}

// holds tells what is in a queue, in the order of arrival, with what is odd
// about it: ! redelivered, * unacknowledged.
func (m *moving) holds(name string) string {
	m.t.Helper()
	var list []string
	for _, b := range browseAll(m.t, m.a, BrowseQuery{Queue: name, Limit: browseMost, MaxBody: -1}) {
		text := string(b.Body)
		if b.Redelivered {
			text += "!"
		}
		if b.Unacked {
			text += "*"
		}
		list = append(list, text)
	}
	return strings.Join(list, " ")
}

func (m *moving) want(name, want string) {
	m.t.Helper()
	if got := m.holds(name); got != want {
		m.t.Errorf("%s holds %.300s\nwant %.300s", name, got, want)
	}
}

// counting is "from … to-1".
func counting(from, to int) string {
	var b strings.Builder
	for i := from; i < to; i++ {
		fmt.Fprintf(&b, "%d ", i)
	}
	return strings.TrimSuffix(b.String(), " ")
}

func ptr[T any](v T) *T { return &v }

func toQueue(name string) TransferRequest {
	return TransferRequest{Action: TransferMove, ToQueue: &name}
}

func toExchange(name string) TransferRequest {
	return TransferRequest{Action: TransferMove, ToExchange: &name}
}

func TestTransfer_Moves(t *testing.T) {
	for name, queues := range map[string]struct{ from, to amqp.Table }{
		"classic": {},
		"quorum":  {amqp.Table{{Key: "x-queue-type", Value: amqp.LongStr("quorum")}}, amqp.Table{{Key: "x-queue-type", Value: amqp.LongStr("quorum")}}},
		"priority": {
			amqp.Table{{Key: "x-max-priority", Value: amqp.Int32(9)}}, nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMoving(t, Options{}, queues.from, queues.to)
			const n = 2000
			m.fill(n, func(i int, p *amqp.PropertyList) {
				p.Priority, p.MessageID = byte(i%10), fmt.Sprint("id", i)
				p.Headers = amqp.Table{{Key: "CC", Value: amqp.ArrayOf(amqp.LongStr("elsewhere"))}, {Key: "k", Value: amqp.Long(int64(i))}}
				p.DeliveryMode = byte(1 + i%2)
			})
			v := m.run(toQueue("to"))
			if v.Moved != n || v.Examined != n || v.Total != n || v.Failed != 0 || v.Error != "" || v.User != "guest" {
				t.Errorf("%+v", v)
			}
			m.want("from", "")
			m.want("to", counting(0, n))
			d, _ := m.k.get(1, "to", false)
			if p := d.properties(t); d.Exchange != "" || d.RoutingKey != "from" || p.MessageID != "id0" || d.Redelivered {
				t.Errorf("it comes as %+v %+v", d, p)
			}
			if q, _ := m.Queue("/", "from"); q.Stats[DeliverGet] != 0 || q.Stats[Ack] != 0 || q.Unacked != 0 {
				t.Errorf("from counts %+v", q.Stats)
			}
		})
	}
}

func TestTransfer_Filters(t *testing.T) {
	m := newMoving(t, Options{}, nil, nil)
	m.fill(40, func(i int, p *amqp.PropertyList) {
		p.Headers = amqp.Table{{Key: "mod", Value: amqp.Long(int64(i % 4))}}
	})
	ask := toQueue("to")
	ask.Filter.Headers, ask.Limit = []HeaderFilter{{Name: "mod", Value: "1", HasValue: true}}, 3
	if v := m.run(ask); v.Moved != 3 || v.Examined != 10 {
		t.Errorf("%+v", v)
	}
	m.want("to", "1 5 9")
	ask.Filter = MessageFilter{Body: "3"}
	ask.Limit, ask.Action = 0, TransferCopy
	m.run(ask)
	m.want("to", "1 5 9 3 13 23 30 31 32 33 34 35 36 37 38 39")
	m.want("from", "0 2 3 4 6 7 8 "+counting(10, 40))
	if d, _ := m.k.get(1, "from", false); d.Redelivered || d.body != "0" {
		t.Errorf("after a copy %+v", d)
	}
}

func TestTransfer_Publishes(t *testing.T) {
	m := newMoving(t, Options{}, nil, nil)
	bind(t, m, "amq.topic", "to", "a.#")
	bind(t, m, "amq.topic", "from", "a.#")
	m.fill(3, func(i int, p *amqp.PropertyList) {
		p.Headers = amqp.Table{{Key: "CC", Value: amqp.ArrayOf(amqp.LongStr("a.cc"))}}
	})
	ask := toExchange("amq.topic")
	if v := m.run(ask); v.Moved != 3 { // its key leads nowhere, CC does: to both, and back
		t.Errorf("%+v", v)
	}
	m.want("from", "")
	m.want("to", "0 1 2")
	m.fill(2, nil)
	if v := m.run(ask); v.Moved != 0 || v.Failed != 2 || !strings.Contains(v.Error, "no queue takes it") {
		t.Errorf("%+v", v)
	}
	ask.RoutingKey = ptr("a.b")
	m.run(ask)
	m.want("to", "0 1 2 0 1")
	for range 4 {
		m.k.get(1, "to", true)
	}
	if d, _ := m.k.get(1, "to", true); d.Exchange != "amq.topic" || d.RoutingKey != "a.b" {
		t.Errorf("it comes as %+v", d)
	}
}

func bind(t *testing.T, m *moving, source, queue, key string) {
	t.Helper()
	put(t, m.Broker, meta.Bind{Binding: meta.Binding{Vhost: "/", Source: source, Destination: queue, DestinationType: "queue", Key: key}})
}

// What cannot be moved stays where it was, as it was, and the rest goes on.
func TestTransfer_LeavesWhatFails(t *testing.T) {
	m := newMoving(t, Options{}, nil, nil)
	put(t, m.Broker, meta.Bind{Binding: meta.Binding{
		Vhost: "/", Source: "amq.headers", Destination: "to", DestinationType: "queue",
		Arguments: amqp.Table{{Key: "odd", Value: amqp.Bool(true)}},
	}})
	m.fill(1200, func(i int, p *amqp.PropertyList) {
		p.Headers = amqp.Table{{Key: "odd", Value: amqp.Bool(i < 10 && i%2 == 1)}}
	})
	id := m.begin(toExchange("amq.headers"))
	v := m.await(id, TransferFailed)
	if v.Moved != 5 || v.Failed < transferFailures || !strings.Contains(v.Error, "one behind the other") {
		t.Errorf("%+v", v)
	}
	m.want("from", "0 2 4 6 8 "+counting(10, 1200))
	m.want("to", "1 3 5 7 9")
}

// What a full queue does with publishes that it refuses is not done to messages
// that stay where they are.
func TestTransfer_PausesWhenFull(t *testing.T) {
	for _, overflow := range []string{"reject-publish", "reject-publish-dlx"} {
		t.Run(overflow, func(t *testing.T) { pausesWhenFull(t, overflow) })
	}
}

func pausesWhenFull(t *testing.T, overflow string) {
	m := newMoving(t, Options{}, nil, amqp.Table{
		{Key: "x-max-length", Value: amqp.Int32(10)}, {Key: "x-overflow", Value: amqp.LongStr(overflow)},
		{Key: "x-dead-letter-exchange", Value: amqp.LongStr("")}, {Key: "x-dead-letter-routing-key", Value: amqp.LongStr("dead")},
	})
	m.k.durable(1, "dead", nil)
	m.fill(25, nil)
	id := m.begin(toQueue("to"))
	v := m.await(id, TransferPaused)
	if v.Moved != 10 || v.Examined != 10 || v.Failed != 0 || !strings.Contains(v.Error, "full") {
		t.Errorf("%+v", v)
	}
	m.want("from", counting(10, 25))
	for range 4 {
		m.k.get(1, "to", true)
	}
	if !m.ResumeTransfer(id) {
		t.Error("it cannot be resumed")
	}
	eventually(t, "it is full again", func() bool { v, _ := m.Transfer(id); return v.State == TransferPaused && v.Moved == 14 })
	m.want("from", counting(14, 25))
	m.want("to", counting(4, 14))
	if !m.StopTransfer(id) || m.await(id, TransferStopped).Moved != 14 || m.StopTransfer(id) || m.PauseTransfer(id) || m.ResumeTransfer(id) {
		t.Error("it does not stop, or it does twice")
	}
	m.want("dead", "")
}

// A transfer sees what was there when it began, and takes nothing from a
// consumer.
func TestTransfer_BesideConsumers(t *testing.T) {
	m := newMoving(t, Options{}, nil, nil)
	const n = 3000
	m.fill(n, nil)
	k := dial(t, m.Broker).guest()
	k.send(1, &amqp.BasicQos{PrefetchCount: 7})
	k.method()
	k.consume(1, "from", false)
	held := map[string]bool{}
	for range 7 {
		held[k.deliver(1).body] = true
	}
	ask := toQueue("to")
	ask.MaxRate = 100_000
	id := m.begin(ask)
	consumed := make(chan map[string]bool)
	go func() {
		seen := map[string]bool{}
		for i := range 100 {
			k.send(1, &amqp.BasicAck{DeliveryTag: uint64(i + 1)})
			d := k.deliver(1)
			if d.Redelivered || seen[d.body] || held[d.body] {
				break
			}
			seen[d.body] = true
		}
		consumed <- seen
	}()
	for i := range 200 {
		m.k.publish(1, "", "from", &amqp.PropertyList{DeliveryMode: 2, AppID: "late"}, fmt.Sprint("late ", i))
	}
	m.k.awaitConfirms(1, n+200)
	got := <-consumed
	if v := m.await(id, TransferDone); v.Moved > n || v.Failed > 0 {
		t.Errorf("%+v", v)
	}
	if len(got) != 100 {
		t.Errorf("the consumer got %d different messages, unmarked", len(got))
	}
	for _, b := range browseAll(t, m.a, BrowseQuery{Queue: "to", Limit: browseMost, MaxBody: -1}) {
		if b.Properties.AppID == "late" || b.Redelivered || held[string(b.Body)] {
			t.Fatalf("in the destination: %+v", b)
		}
	}
	from, _ := m.Queue("/", "from")
	to, _ := m.Queue("/", "to")
	if total := from.Messages() + to.Messages(); total != n+200-100 {
		t.Errorf("%d messages are left of %d", total, n+100)
	}
}

func TestTransfer_Redrives(t *testing.T) {
	m := newMoving(t, Options{}, amqp.Table{{Key: "x-dead-letter-exchange", Value: amqp.LongStr("")}, {Key: "x-dead-letter-routing-key", Value: amqp.LongStr("dead")}}, nil)
	m.k.durable(1, "dead", nil)
	put(t, m.Broker, meta.PutExchange{Exchange: meta.Exchange{Vhost: "/", Name: "x", Type: "direct", Durable: true}})
	bind(t, m, "x", "from", "k")
	for i := range 3 {
		m.k.publish(1, "x", "k", &amqp.PropertyList{DeliveryMode: 2, Headers: amqp.Table{{Key: "mine", Value: amqp.Bool(true)}}}, fmt.Sprint(i))
	}
	m.k.awaitConfirms(1, 3)
	reject := func() {
		for range 3 {
			d, _ := m.k.get(1, "from", false)
			m.k.send(1, &amqp.BasicReject{DeliveryTag: d.DeliveryTag})
		}
		eventually(t, "all died", func() bool { q, _ := m.Queue("/", "dead"); return q.Ready == 3 })
	}
	redrive := func(toQueue bool) TransferView {
		v, err := m.a.Transfer(TransferRequest{Queue: "dead", Action: TransferRedrive, RedriveToQueue: toQueue})
		if err != nil {
			t.Fatal(err)
		}
		return m.await(v.ID, TransferDone)
	}
	for round, toQueue := range []bool{false, true, false} {
		reject()
		if round == 2 {
			put(t, m.Broker, meta.DeleteExchange{Vhost: "/", Name: "x"})
		}
		if v := redrive(toQueue); v.Moved != 3 || v.Failed != 0 {
			t.Errorf("round %d: %+v", round, v)
		}
		m.want("dead", "")
		m.want("from", "0 1 2")
		d := browseAll(t, m.a, BrowseQuery{Queue: "from", Limit: 1})[0]
		was, _ := d.Properties.Headers.Get(redrivenHeader)
		if deaths := readDeaths(was); d.Exchange != "x" || d.RoutingKey != "k" || len(d.Properties.Headers) != 2 ||
			len(deaths) != 1 || text(deaths[0], "queue") != "from" || count(t, deaths[0]) != 1 {
			t.Errorf("round %d: it comes as %q %q %s", round, d.Exchange, d.RoutingKey, d.Properties.Headers.Canonical())
		}
	}
	reject()
	put(t, m.Broker, meta.DeleteQueue{Vhost: "/", Name: "from"})
	m.k.durable(1, "from", nil)
	m.fill(1, nil)
	if v := m.run(TransferRequest{Action: TransferRedrive}); v.Failed != 1 || !strings.Contains(v.Error, "x-death") {
		t.Errorf("one that never died: %+v", v)
	}
}

func TestTransfer_Refuses(t *testing.T) {
	m := newMoving(t, Options{}, nil, nil)
	m.fill(1, nil)
	put(t, m.Broker, meta.PutUser{User: meta.User{Name: "u"}})
	put(t, m.Broker, meta.PutPermission{Permission: meta.Permission{User: "u", Vhost: "/", Read: "from|to", Write: "amq.topic|amq.direct"}})
	put(t, m.Broker, meta.PutTopicPermission{Permission: meta.TopicPermission{User: "u", Vhost: "/", Exchange: "amq.topic", Write: "^ok"}})
	put(t, m.Broker, meta.PutExchange{Exchange: meta.Exchange{Vhost: "/", Name: "inner", Type: "direct", Internal: true}})
	for _, row := range []struct {
		user string
		ask  TransferRequest
		code uint16
	}{
		{"guest", TransferRequest{Queue: "none", Action: TransferMove, ToQueue: ptr("to")}, amqp.CodeNotFound},
		{"guest", TransferRequest{Queue: "from", Action: TransferMove, ToQueue: ptr("none")}, amqp.CodeNotFound},
		{"guest", TransferRequest{Queue: "from", Action: TransferMove, ToExchange: ptr("none")}, amqp.CodeNotFound},
		{"guest", TransferRequest{Queue: "from", Action: TransferMove, ToExchange: ptr("inner")}, amqp.CodeAccessRefused},
		{"guest", TransferRequest{Queue: "from", Action: "drop", ToQueue: ptr("to")}, amqp.CodePreconditionFailed},
		{"guest", TransferRequest{Queue: "from", Action: TransferMove}, amqp.CodePreconditionFailed},
		{"guest", TransferRequest{Queue: "from", Action: TransferMove, ToQueue: ptr("to"), ToExchange: ptr("")}, amqp.CodePreconditionFailed},
		{"guest", TransferRequest{Queue: "from", Action: TransferMove, ToQueue: ptr("to"), RoutingKey: ptr("k")}, amqp.CodePreconditionFailed},
		{"guest", TransferRequest{Queue: "from", Action: TransferMove, ToQueue: ptr("from")}, amqp.CodePreconditionFailed},
		{"guest", TransferRequest{Queue: "from", Action: TransferCopy, ToExchange: ptr(""), RoutingKey: ptr("from")}, amqp.CodePreconditionFailed},
		{"guest", TransferRequest{Queue: "from", Action: TransferRedrive, ToQueue: ptr("to")}, amqp.CodePreconditionFailed},
		{"guest", TransferRequest{Queue: "from", Action: TransferCopy, ToQueue: ptr("to"), RedriveToQueue: true}, amqp.CodePreconditionFailed},
		{"u", TransferRequest{Queue: "from", Action: TransferMove, ToQueue: ptr("to")}, amqp.CodeAccessRefused},
		{"u", TransferRequest{Queue: "other", Action: TransferMove, ToExchange: ptr("amq.direct")}, amqp.CodeAccessRefused},
		{"u", TransferRequest{Queue: "from", Action: TransferMove, ToExchange: ptr("amq.fanout")}, amqp.CodeAccessRefused},
	} {
		_, err := agentOf(t, m.Broker, row.user).Transfer(row.ask)
		var e *amqp.Error
		if !errors.As(err, &e) || e.Code != row.code {
			t.Errorf("%s %+v: %v", row.user, row.ask, err)
		}
	}
	if list := m.Transfers(); len(list) != 0 {
		t.Errorf("refused and listed: %+v", list)
	}
	v, err := agentOf(t, m.Broker, "u").Transfer(TransferRequest{Queue: "from", Action: TransferMove, ToExchange: ptr("amq.topic"), RoutingKey: ptr("no")})
	if err != nil {
		t.Fatal(err)
	}
	if v = m.await(v.ID, TransferDone); v.Failed != 1 || !strings.Contains(v.Error, "403") && !strings.Contains(v.Error, "ACCESS_REFUSED") {
		t.Errorf("without topic permission: %+v", v)
	}
	m.want("from", "0")
}

// What a transfer needs may go while it runs.
func TestTransfer_EndsWithWhatItNeeds(t *testing.T) {
	for name, take := range map[string]func(m *moving){
		"queue":       func(m *moving) { put(m.t, m.Broker, meta.DeleteQueue{Vhost: "/", Name: "from"}) },
		"destination": func(m *moving) { put(m.t, m.Broker, meta.DeleteQueue{Vhost: "/", Name: "to"}) },
		"vhost":       func(m *moving) { put(m.t, m.Broker, meta.DeleteVhost{Name: "/"}) },
		"permission":  func(m *moving) { put(m.t, m.Broker, meta.DeletePermission{User: "u", Vhost: "/"}) },
		"user":        func(m *moving) { put(m.t, m.Broker, meta.DeleteUser{Name: "u"}) },
		"another queue of the name": func(m *moving) {
			put(m.t, m.Broker, meta.DeleteQueue{Vhost: "/", Name: "from"})
			m.k.durable(1, "from", nil)
		},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMoving(t, Options{}, nil, nil)
			put(t, m.Broker, meta.PutUser{User: meta.User{Name: "u"}})
			put(t, m.Broker, meta.PutPermission{Permission: meta.Permission{User: "u", Vhost: "/", Read: ".*", Write: ".*"}})
			m.a = agentOf(t, m.Broker, "u")
			m.fill(500, nil)
			ask := toQueue("to")
			ask.MaxRate = 10
			id := m.begin(ask)
			eventually(t, "it moves", func() bool { v, _ := m.Transfer(id); return v.Moved > 0 })
			take(m)
			if v := m.await(id, TransferFailed); v.Error == "" {
				t.Errorf("%+v", v)
			}
		})
	}
}

func TestTransfer_IsAudited(t *testing.T) {
	trail := &auditTrail{}
	m := newMoving(t, Options{Audit: trail.logger(slog.LevelInfo)}, nil, nil)
	m.fill(2, nil)
	id := m.run(toQueue("to")).ID
	var got []string
	for _, l := range trail.lines(t) {
		if strings.HasPrefix(l["action"], "transfer.") {
			got = append(got, strings.Join([]string{l["action"], l["outcome"], l["user"], l["via"], l["vhost"], l["object"], l["detail"]}, " "))
		}
	}
	if want := []string{
		"transfer.begin done guest http / from id=" + id + " action=move to=queue:to",
		"transfer.end done guest http / from id=" + id + " action=move to=queue:to state=done moved=2 failed=0 examined=2",
	}; !slices.Equal(got, want) {
		t.Errorf("audited %q", got)
	}
}

func TestTransfer_Rate(t *testing.T) {
	m := newMoving(t, Options{}, nil, nil)
	m.fill(30, nil)
	ask := toQueue("to")
	ask.MaxRate = 100
	begin := time.Now()
	v := m.run(ask)
	if took := v.Ended.Sub(v.Started); took < 150*time.Millisecond || time.Since(begin) > patience {
		t.Errorf("30 messages at 100 a second took %v", took)
	}
}

func TestTransfer_WaitsForAlarms(t *testing.T) {
	m := newMoving(t, Options{}, nil, nil)
	m.fill(10, nil)
	m.SetAlarm(AlarmDisk, true)
	id := m.begin(toQueue("to"))
	if !m.PauseTransfer(id) || !m.ResumeTransfer(id) {
		t.Error("a transfer that waits for an alarm cannot be paused")
	}
	m.want("from", counting(0, 10))
	m.SetAlarm(AlarmDisk, false)
	m.await(id, TransferDone)
	m.want("to", counting(0, 10))
}

func TestTransfer_AreBounded(t *testing.T) {
	m := newMoving(t, Options{}, nil, nil)
	m.fill(3, nil)
	m.SetAlarm(AlarmMemory, true)
	var ids []string
	for range maxTransfers {
		ids = append(ids, m.begin(toQueue("to")))
	}
	ask := toQueue("to")
	ask.Queue = "from"
	if _, err := m.a.Transfer(ask); err == nil {
		t.Error("one more begins")
	}
	for _, id := range ids {
		if !m.ForgetTransfer(id) || m.ForgetTransfer(id) {
			t.Error("a transfer cannot be forgotten once")
		}
	}
	m.SetAlarm(AlarmMemory, false)
	eventually(t, "they are over", func() bool { _, err := m.a.Transfer(ask); return err == nil })
	for range keptTransfers + 5 {
		m.run(toQueue("to"))
	}
	eventually(t, "the oldest are forgotten", func() bool { return len(m.Transfers()) <= keptTransfers })
}

// A node that stops lets what is on its way arrive; the rest stays.
func TestTransfer_StopsWithTheNode(t *testing.T) {
	dir := t.TempDir()
	m := newMoving(t, Options{DataDir: dir}, nil, nil)
	const n = 5000
	m.fill(n, nil)
	ask := toQueue("to")
	ask.MaxRate = 1000
	id := m.begin(ask)
	eventually(t, "it moves", func() bool { v, _ := m.Transfer(id); return v.Moved > 0 })
	stop(t, m.Broker)
	again := &moving{Broker: open(t, Options{DataDir: dir}), t: t}
	again.a = agentOf(t, again.Broker, "guest")
	if all := strings.TrimSpace(again.holds("to") + " " + again.holds("from")); all != counting(0, n) {
		t.Errorf("together they hold %d octets, want %d: %.100s … %.100s", len(all), len(counting(0, n)), all, all[max(0, len(all)-100):])
	}
	if len(again.Transfers()) != 0 {
		t.Error("a transfer survived")
	}
}
