package behaviour_test

import (
	"fmt"
	"strconv"
	"strings"
)

// methodTable is the protocol as this client knows it (amqp-behaviour §0.3): name, ids and arguments with their types
// (o u8, h u16, l u32, L u64, s shortstr, S longstr, F table, b bit). A trailing star: the method carries content.
const methodTable = `
connection.start 10/10 o:version-major o:version-minor F:server-properties S:mechanisms S:locales
connection.start-ok 10/11 F:client-properties s:mechanism S:response s:locale
connection.secure 10/20 S:challenge
connection.secure-ok 10/21 S:response
connection.tune 10/30 h:channel-max l:frame-max h:heartbeat
connection.tune-ok 10/31 h:channel-max l:frame-max h:heartbeat
connection.open 10/40 s:virtual-host s:capabilities b:insist
connection.open-ok 10/41 s:known-hosts
connection.close 10/50 h:code s:text h:class-id h:method-id
connection.close-ok 10/51
connection.blocked 10/60 s:reason
connection.unblocked 10/61
connection.update-secret 10/70 S:new-secret s:reason
connection.update-secret-ok 10/71
channel.open 20/10 s:out-of-band
channel.open-ok 20/11 S:channel-id
channel.flow 20/20 b:active
channel.flow-ok 20/21 b:active
channel.close 20/40 h:code s:text h:class-id h:method-id
channel.close-ok 20/41
access.request 30/10 s:realm b:exclusive b:passive b:active b:write b:read
access.request-ok 30/11 h:ticket
exchange.declare 40/10 h:ticket s:exchange s:type b:passive b:durable b:auto-delete b:internal b:nowait F:arguments
exchange.declare-ok 40/11
exchange.delete 40/20 h:ticket s:exchange b:if-unused b:nowait
exchange.delete-ok 40/21
exchange.bind 40/30 h:ticket s:destination s:source s:routing-key b:nowait F:arguments
exchange.bind-ok 40/31
exchange.unbind 40/40 h:ticket s:destination s:source s:routing-key b:nowait F:arguments
exchange.unbind-ok 40/51
queue.declare 50/10 h:ticket s:queue b:passive b:durable b:exclusive b:auto-delete b:nowait F:arguments
queue.declare-ok 50/11 s:queue l:message-count l:consumer-count
queue.bind 50/20 h:ticket s:queue s:exchange s:routing-key b:nowait F:arguments
queue.bind-ok 50/21
queue.purge 50/30 h:ticket s:queue b:nowait
queue.purge-ok 50/31 l:message-count
queue.delete 50/40 h:ticket s:queue b:if-unused b:if-empty b:nowait
queue.delete-ok 50/41 l:message-count
queue.unbind 50/50 h:ticket s:queue s:exchange s:routing-key F:arguments
queue.unbind-ok 50/51
basic.qos 60/10 l:prefetch-size h:prefetch-count b:global
basic.qos-ok 60/11
basic.consume 60/20 h:ticket s:queue s:consumer-tag b:no-local b:no-ack b:exclusive b:nowait F:arguments
basic.consume-ok 60/21 s:consumer-tag
basic.cancel 60/30 s:consumer-tag b:nowait
basic.cancel-ok 60/31 s:consumer-tag
basic.publish 60/40 h:ticket s:exchange s:routing-key b:mandatory b:immediate *
basic.return 60/50 h:code s:text s:exchange s:routing-key *
basic.deliver 60/60 s:consumer-tag L:delivery-tag b:redelivered s:exchange s:routing-key *
basic.get 60/70 h:ticket s:queue b:no-ack
basic.get-ok 60/71 L:delivery-tag b:redelivered s:exchange s:routing-key l:message-count *
basic.get-empty 60/72 s:cluster-id
basic.ack 60/80 L:delivery-tag b:multiple
basic.reject 60/90 L:delivery-tag b:requeue
basic.recover-async 60/100 b:requeue
basic.recover 60/110 b:requeue
basic.recover-ok 60/111
basic.nack 60/120 L:delivery-tag b:multiple b:requeue
basic.credit 60/200 s:consumer-tag l:credit b:drain
basic.credit-ok 60/201 l:available
basic.credit-drained 60/202 s:consumer-tag l:credit-drained
confirm.select 85/10 b:nowait
confirm.select-ok 85/11
tx.select 90/10
tx.select-ok 90/11
tx.commit 90/20
tx.commit-ok 90/21
tx.rollback 90/30
tx.rollback-ok 90/31
`

// propertyTable lists the properties of class basic from the highest flag bit (15) downwards (amqp-behaviour §5.1).
const propertyTable = `s:content-type s:content-encoding F:headers o:delivery-mode o:priority s:correlation-id
s:reply-to s:expiration s:message-id T:timestamp s:type s:user-id s:app-id s:cluster-id`

// field is one argument of a method or one property: its type letter and its name.
type field struct {
	kind byte
	name string
}

// method is one row of methodTable.
type method struct {
	name       string
	class, id  uint16
	fields     []field
	hasContent bool
}

var (
	methods    = parseMethods()
	properties = parseFields(strings.Fields(propertyTable))
)

func parseMethods() map[string]*method {
	all := map[string]*method{}
	for line := range strings.Lines(strings.TrimSpace(methodTable)) {
		m := parseMethod(strings.Fields(line))
		all[m.name] = m
	}
	return all
}

// methodOf finds a method by its ids, or nil.
func methodOf(class, id uint16) *method {
	for _, m := range methods {
		if m.class == class && m.id == id {
			return m
		}
	}
	return nil
}

func parseMethod(words []string) *method {
	class, id, _ := strings.Cut(words[1], "/")
	m := &method{name: words[0], class: number(class), id: number(id)}
	rest := words[2:]
	if n := len(rest); n > 0 && rest[n-1] == "*" {
		m.hasContent, rest = true, rest[:n-1]
	}
	m.fields = parseFields(rest)
	return m
}

func parseFields(words []string) []field {
	var fields []field
	for _, w := range words {
		fields = append(fields, field{kind: w[0], name: w[2:]})
	}
	return fields
}

func number(s string) uint16 {
	n, err := strconv.ParseUint(s, 10, 16)
	if err != nil {
		panic(fmt.Sprintf("BUG: %q in methodTable is no number", s))
	}
	return uint16(n)
}

// lookup finds a method by name and panics on a name that methodTable does not have: a mistake in a fact.
func lookup(name string) *method {
	m := methods[name]
	if m == nil {
		panic("BUG: no method " + name)
	}
	return m
}
