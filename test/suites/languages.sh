#!/bin/bash
# Clients of other languages as Debian packages them, each with a session over
# what it does: RabbitMQ's Java client, Bunny (Ruby), php-amqplib, aio-pika.
. "$(dirname "$0")/common.sh"
debian librabbitmq-client-java openjdk-17-jdk-headless ruby-bunny php-cli php-amqplib python3-aio-pika

# session NAME COMMAND... runs a program that prints "ok WHAT" or "not ok WHAT: WHY"
# for each thing that it tried, and counts them.
session() {
	local log="$work/$1.log" name=$1 code
	shift
	timeout 120 "$@" >"$log" 2>&1
	code=$?
	passed=$((passed + $(grep -c '^ok ' "$log")))
	while IFS= read -r line; do fail "$name: ${line#not ok }"; done < <(grep '^not ok ' "$log")
	[ $code = 0 ] && grep -q '^ok ' "$log" && return
	tail -n 20 "$log"
	fail "$name ended with exit code $code"
}

use_broker
cd "$suites/languages" || give_up "no $suites/languages"
jars=$(printf '/usr/share/java/%s.jar:' amqp-client slf4j-api slf4j-nop)
session Java java -cp "$jars" Session.java
session Ruby ruby session.rb
session PHP php session.php
python_tests "$suites/python/test_aio_pika.py"
summary
