#!/bin/bash
# The tests of rabbitmq/amqp091-go, RabbitMQ's own Go client, with those that
# need a broker.
. "$(dirname "$0")/common.sh"

# This one sets the memory alarm with rabbitmqctl; it runs on a node of its own.
needs_alarm=TestConnection_Close_WhenMemoryAlarmIsActive

go_module github.com/rabbitmq/amqp091-go@v1.16.0
# Three tests do nothing, and leak the connection, where the product is not
# called RabbitMQ.
sed -i -E 's/(product\.\(string\)|server) == "RabbitMQ"/\1 != ""/' integration_test.go

use_broker
# The tests of connection recovery find and close their connections over HTTP.
sed -i "s/15672/${HTTP_PORT:-15672}/g" recovery_test.go internal/utils/http.go
export AMQP_URL="amqp://guest:guest@127.0.0.1:$AMQP_PORT/"
go_tests -tags integration -timeout 300s -skip "^$needs_alarm$" .

if [ -n "$given" ]; then
	skip "$needs_alarm: the given broker has no alarm"
else
	# A megabyte is less than any process uses, so the alarm is always on, and
	# the rabbitmqctl that sets it has nothing to do.
	start_amqpd --memory-limit 1MB
	export AMQP_URL="amqp://guest:guest@127.0.0.1:$AMQP_PORT/" RABBITMQ_RABBITMQCTL_PATH=/bin/true
	go_tests -tags integration -timeout 60s -run "^$needs_alarm$" .
fi
summary
