#!/bin/bash
# A session with rabbitmqadmin as operators have it: fetched from the broker that
# it then administers, and run by Debian's own Python. What is asked of it is what
# scripts read: exit codes, and the words and columns that they search for.
. "$(dirname "$0")/common.sh"
debian amqp-tools curl python3

use_broker
http=${HTTP_PORT:-15672}
tool=$work/rabbitmqadmin
vhost=admin-session

# admin ARG... runs the tool as guest.
admin() { timeout 60 /usr/bin/python3 -B "$tool" -H 127.0.0.1 -P "$http" -u guest -p guest "$@"; }

# says NAME PATTERN ARG... passes if the command succeeds and prints a line that
# matches the extended regular expression; an empty one matches anything.
says() {
	local name=$1 want=$2 got
	shift 2
	got=$(admin "$@" 2>&1) && grep -qE -- "$want" <<<"$got" && pass && return
	fail "$name: got '${got:0:400}', want a success and '$want'"
}

# here is says for what lies in the session's virtual host.
here() { says "$1" "$2" -V "$vhost" "${@:3}"; }

# refuses NAME ARG... passes if the command ends with an error.
refuses() {
	local name=$1 got
	shift
	if got=$(admin "$@" 2>&1); then fail "$name: it was not refused: '${got:0:400}'"; else pass; fi
}

# comes NAME PATTERN ARG... is here for what follows within some seconds, because
# statistics are sampled.
comes() {
	local name=$1 want=$2
	shift 2
	for _ in $(seq 60); do
		admin -V "$vhost" "$@" 2>/dev/null | grep -qE -- "$want" && break
		sleep 0.25
	done
	here "$name" "$want" "$@"
}

# holds NAME COMMAND... passes if the command, which is not the tool's, succeeds.
holds() {
	local name=$1
	shift
	if "$@"; then pass; else fail "$name"; fi
}

# fetch takes the tool from the broker. One that does not serve it has nothing to
# be administered with.
fetch() {
	curl -sf "http://127.0.0.1:$http/cli/rabbitmqadmin" -o "$tool" || give_up "the broker serves no /cli/rabbitmqadmin"
	holds "the tool is a Python script" grep -q '^#!.*python' "$tool"
	says "help with subcommands" 'declare exchange' help subcommands
}

# Everything that can be declared, once, and what a second time makes of it.
declares() {
	says "a virtual host" 'vhost declared' declare vhost name=$vhost
	says "a user" 'user declared' declare user name=admin-user password=secret tags=monitoring,policymaker
	says "a permission" 'permission declared' declare permission vhost=$vhost user=guest 'configure=.*' 'write=.*' 'read=.*'
	here "an exchange" 'exchange declared' declare exchange name=news type=topic durable=true
	here "an exchange with an alternate" 'exchange declared' declare exchange name=copies type=fanout auto_delete=false 'arguments={"alternate-exchange":"news"}'
	here "a queue" 'queue declared' declare queue name=inbox durable=true
	here "a queue with arguments" 'queue declared' declare queue name=inbox-short durable=true \
		'arguments={"x-message-ttl":60000,"x-max-length":10,"x-dead-letter-exchange":"news"}'
	here "a queue again" 'queue declared' declare queue name=inbox durable=true
	refuses "a queue again, otherwise" -V $vhost declare queue name=inbox durable=false
	here "a binding" 'binding declared' declare binding source=news destination=inbox destination_type=queue 'routing_key=sport.#'
	here "a binding of exchanges" 'binding declared' declare binding source=news destination=copies destination_type=exchange routing_key=all
	here "a policy" 'policy declared' declare policy name=bounded 'pattern=^inbox' 'definition={"max-length":100}' priority=3 apply-to=queues
	here "an operator policy" 'operator_policy declared' declare operator_policy name=tighter 'pattern=^inbox-s' \
		'definition={"max-length":50}' priority=1 apply-to=queues
	says "a limit of a virtual host" 'vhost_limit declared' declare vhost_limit vhost=$vhost name=max-queues value=100
	here "a parameter" '' declare parameter component=federation-upstream name=far 'value={"uri":"amqp://127.0.0.1:1"}'
}

publishes() {
	here "a routed message" 'Message published' publish exchange=news routing_key=sport.tennis payload=love \
		'properties={"delivery_mode":2,"content_type":"text/plain","headers":{"set":1}}'
	here "a message for nobody" 'NOT routed' publish exchange=news routing_key=weather payload=rain
	here "a message in base64" 'Message published' publish exchange=news routing_key=sport.chess payload=AAEC payload_encoding=base64
}

# Each way to print a list, and each list.
lists() {
	comes "queues as a table" 'inbox +\| +2' list queues name messages
	here "queues for bash" 'inbox' -f bash list queues
	here "queues with tabs" $'inbox\t2' -f tsv list queues name messages
	here "queues as JSON" '"name": ?"inbox"' -f raw_json list queues
	here "queues as indented JSON" '"name": ?"inbox"' -f pretty_json list queues name
	here "queues as keys and values" 'name="inbox"' -f kvp list queues name
	here "queues as records" 'name: inbox' -f long list queues name
	holds "queues in reverse" [ "$(admin -V $vhost -q -f tsv -S name -R list queues name 2>/dev/null | grep -m1 inbox)" = inbox-short ]
	here "exchanges" 'news +\| +topic' list exchanges name type
	here "bindings" 'news.*inbox' list bindings
	says "policies" 'bounded' list policies
	says "operator policies" 'tighter' list operator_policies
	says "permissions" "$vhost" list permissions
	says "users" 'admin-user' list users
	says "virtual hosts" "$vhost" list vhosts
	says "limits of virtual hosts" 'max-queues' list vhost_limits
	says "parameters" 'far' list parameters
	says "nodes" 'name' list nodes
	says "connections" '' list connections
	says "channels" '' list channels
	says "consumers" '' list consumers
	says "the overview" 'cluster_name|rabbitmq_version' show overview
}

gets() {
	local file=$work/payload
	here "a message that goes back" 'love' get queue=inbox count=1 ackmode=ack_requeue_true
	here "the same, redelivered" 'love.*True' get queue=inbox count=1 ackmode=ack_requeue_false
	here "a message into a file" '' get queue=inbox count=1 ackmode=ack_requeue_false payload_file="$file"
	holds "the file has the octets" cmp -s "$file" <(printf '\0\1\2')
	here "nothing from an empty queue" 'No items' get queue=inbox
	here "a message by the default exchange" 'Message published' publish exchange=amq.default routing_key=inbox-short payload=one
	here "a purge" '' purge queue name=inbox-short
	here "nothing after a purge" 'No items' get queue=inbox-short
}

# What is exported, deleted and imported is there again.
exports() {
	local all=$work/all.json some=$work/vhost.json part
	says "export" '' export "$all"
	for part in '"bounded"' '"copies"' 'rabbit_version'; do holds "the export has $part" grep -q "$part" "$all"; done
	here "export of a virtual host" '' export "$some"
	here "delete a binding" '' delete binding source=news destination_type=queue destination=inbox properties_key='sport.%23'
	here "delete a queue" 'queue deleted' delete queue name=inbox
	refuses "delete a queue that is gone" -V $vhost delete queue name=inbox
	here "delete an exchange" 'exchange deleted' delete exchange name=news
	here "delete a policy" 'policy deleted' delete policy name=bounded
	says "import" '' import "$all"
	here "the queue is back" 'inbox *\|' list queues name
	here "the exchange is back" 'news' list exchanges name
	says "the policy is back" 'bounded' list policies
	here "import into a virtual host" '' import "$some"
}

closes() {
	local name consumer
	timeout 60 amqp-consume -u "amqp://guest:guest@127.0.0.1:$AMQP_PORT/$vhost" -q inbox-short cat >/dev/null 2>&1 &
	consumer=$!
	comes "a connection" '127.0.0.1:[0-9]+ -> ' list connections name
	name=$(admin -q -f tsv list connections name 2>/dev/null | grep -m1 -- '->')
	says "close a connection" 'connection closed' close connection name="$name"
	# amqp-consume does not answer connection.close, so the connection stays a
	# while: it says that it closes, and that nothing is consumed any more.
	holds "the connection closes" [ -z "$(admin -q -f tsv list connections state 2>/dev/null | grep -x running)" ]
	kill $consumer 2>/dev/null
}

ends() {
	refuses "a wrong password" -u guest -p wrong list queues
	refuses "a virtual host that is not there" -V nowhere list queues
	says "delete a user" 'user deleted' delete user name=admin-user
	says "delete a virtual host" 'vhost deleted' delete vhost name=$vhost
}

fetch
declares
publishes
lists
gets
exports
closes
ends
summary
