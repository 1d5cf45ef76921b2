#!/bin/bash
# Watermill's tests of its AMQP pub/sub: the universal contract that every
# Watermill transport must hold, over amqp091-go. -short leaves out the stress
# tests and those that run for minutes.
. "$(dirname "$0")/common.sh"

go_module github.com/ThreeDotsLabs/watermill-amqp/v3@v3.0.0
use_broker
export WATERMILL_TEST_AMQP_URI="amqp://guest:guest@127.0.0.1:$AMQP_PORT/"
go_tests -short -timeout 300s ./...
summary
