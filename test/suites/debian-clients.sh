#!/bin/bash
# Clients that Debian packages, used as people use them: librabbitmq's command
# line tools (C), RabbitMQ's tutorials in pika and a Celery worker (Python).
. "$(dirname "$0")/common.sh"
debian amqp-tools python3-pika python3-celery openssl

# is NAME WANT COMMAND... passes if the command prints exactly WANT and succeeds.
is() {
	local name=$1 want=$2 got
	shift 2
	got=$(timeout 30 "$@" 2>&1) && [ "$got" = "$want" ] && pass && return
	fail "$name: got '$got', want '$want'"
}

# refused NAME TEXT COMMAND... passes if the command fails and says TEXT.
refused() {
	local name=$1 want=$2 got
	shift 2
	if got=$(timeout 30 "$@" 2>&1); then fail "$name: it was not refused"; else
		case "$got" in *"$want"*) pass ;; *) fail "$name: got '$got', want '... $want ...'" ;; esac
	fi
}

tools_queues() {
	local q=tools-$$ long
	is "declare" "$q" amqp-declare-queue -u "$url" -q "$q" -d
	is "declare again" "$q" amqp-declare-queue -u "$url" -q "$q" -d
	refused "declare otherwise" "PRECONDITION_FAILED - inequivalent arg 'durable' for queue '$q' in vhost '/'" \
		amqp-declare-queue -u "$url" -q "$q"
	is "publish" "" amqp-publish -u "$url" -r "$q" -p -b "one"
	is "publish lines" "" bash -c "printf 'two\nthree\n' | amqp-publish -u $url -r $q -p -l"
	is "get" "one" amqp-get -u "$url" -q "$q"
	is "consume" $'two\nthree' amqp-consume -u "$url" -q "$q" -c 2 -p 1 cat
	refused "get from an empty queue" "" amqp-get -u "$url" -q "$q"

	long=$work/long
	head -c 1000000 /dev/urandom >"$long"
	is "publish a megabyte" "" bash -c "amqp-publish -u $url -r $q <$long"
	is "get a megabyte" "" bash -c "amqp-get -u $url -q $q | cmp - $long"

	printf '#!/bin/sh\ncat >/dev/null\nexit 1\n' >"$work/unwilling"
	chmod +x "$work/unwilling"
	is "publish again" "" bash -c "printf 'a\nb\nc\n' | amqp-publish -u $url -r $q -l"
	is "a consumer that fails gives the message back" "" amqp-consume -u "$url" -q "$q" -c 1 -p 1 "$work/unwilling"
	is "delete tells how many messages there were" "3" amqp-delete-queue --url="$url" -q "$q"
	refused "get from no queue" "NOT_FOUND - no queue '$q' in vhost '/'" amqp-get -u "$url" -q "$q"
	refused "publish to no exchange" "NOT_FOUND - no exchange 'nowhere' in vhost '/'" amqp-publish -u "$url" -e nowhere -b x
}

# A consumer with a queue of its own, bound to an exchange. It prints nothing
# when it is ready, so messages are sent until it has what it waits for.
tools_exchange() {
	amqp-consume -u "$url" -e amq.topic -r 'tools.*' -x -c 2 cat >"$work/topic" 2>/dev/null &
	local consumer=$!
	for _ in $(seq 100); do
		kill -0 $consumer 2>/dev/null || break
		amqp-publish -u "$url" -e amq.topic -r tools.a.b -b "not for you "
		amqp-publish -u "$url" -e amq.topic -r tools.a -b "for you "
		sleep 0.1
	done
	is "consume from an exchange" "for you for you " cat "$work/topic"
}

tools_logins() {
	refused "wrong password" "ACCESS_REFUSED - Login was refused using authentication mechanism PLAIN." \
		amqp-get --server 127.0.0.1 --port "$AMQP_PORT" --username guest --password wrong -q q
	refused "wrong vhost" "vhost nowhere not found" amqp-get -u "$url/nowhere" -q q
}

# What was persistent is there after a restart, in order; what was transient, or
# in a queue that is not durable, is not.
tools_restart() {
	[ -z "$given" ] || { skip "restart: the broker is not ours"; return; }
	amqp-declare-queue -u "$url" -q kept -d >/dev/null
	amqp-declare-queue -u "$url" -q gone >/dev/null
	printf '%s\n' one two three | amqp-publish -u "$url" -r kept -p -l
	amqp-publish -u "$url" -r kept -b transient
	amqp-publish -u "$url" -r gone -p -b lost
	restart_amqpd
	url=amqp://guest:guest@127.0.0.1:$AMQP_PORT
	is "persistent messages after a restart" $'one\ntwo\nthree' amqp-consume -u "$url" -q kept -c 3 cat
	refused "transient message after a restart" "" amqp-get -u "$url" -q kept
	refused "transient queue after a restart" "NOT_FOUND - no queue 'gone'" amqp-get -u "$url" -q gone
}

# OpenSSL on the client's side, once without and once with a certificate of the
# client's. One self-signed certificate serves as authority, server and client.
tools_tls() {
	[ -z "$given" ] || { skip "TLS: the broker's certificate is not ours"; return; }
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj /CN=localhost \
		-addext subjectAltName=DNS:localhost -keyout "$work/key.pem" -out "$work/cert.pem" 2>/dev/null ||
		{ fail "TLS: openssl makes no certificate"; return; }
	local cert=$work/cert.pem key=$work/key.pem
	start_amqpd --amqps-listen 127.0.0.1:0 --tls-cert "$cert" --tls-key "$key" --tls-ca "$cert" --tls-verify-peer
	local secure=amqps://guest:guest@localhost:$AMQPS_PORT
	is "declare over TLS" "secret" amqp-declare-queue -u "$secure" --cacert "$cert" --key "$key" --cert "$cert" -q secret
	is "publish over TLS" "" amqp-publish -u "$secure" --cacert "$cert" --key "$key" --cert "$cert" -r secret -b psst
	is "get over TLS" "psst" amqp-get -u "$secure" --cacert "$cert" --key "$key" --cert "$cert" -q secret
	refused "TLS without the client's certificate" "" amqp-get -u "$secure" --cacert "$cert" -q secret
	refused "plain AMQP on the TLS port" "" amqp-get -u "amqp://guest:guest@127.0.0.1:$AMQPS_PORT" -q secret
}

use_broker
# No slash at the end: librabbitmq would take it for a vhost with an empty name.
url=amqp://guest:guest@127.0.0.1:$AMQP_PORT
tools_queues
tools_exchange
tools_logins
tools_restart
python_tests "$suites/python/test_pika_tutorials.py"
python_tests "$suites/python/test_celery.py"
tools_tls
summary
