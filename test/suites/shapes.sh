#!/bin/bash
# Everything that was recorded of RabbitMQ's management API, asked of a node while
# messages flow: statuses, fields, types, texts of errors. What is meant to differ
# is in test/shapes/testdata/differs.txt with the reasons.
. "$(dirname "$0")/common.sh"

use_broker
(cd "$top" && go build -o "$work/shapes" ./test/shapes) || give_up "test/shapes does not build"
timeout 300 "$work/shapes" -http "127.0.0.1:${HTTP_PORT:-15672}" -amqp "127.0.0.1:$AMQP_PORT" >"$work/shapes.log" 2>&1
closing=$(tail -n 1 "$work/shapes.log")
if [[ $closing =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed,\ ([0-9]+)\ skipped$ ]]; then
	sed '$d' "$work/shapes.log"
	passed=${BASH_REMATCH[1]} failed=${BASH_REMATCH[2]} skipped=${BASH_REMATCH[3]}
else
	tail -n 30 "$work/shapes.log"
	fail "the session did not run to its end"
fi
summary
