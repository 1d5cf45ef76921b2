#!/bin/bash
# The tests of amqplib, Node's usual client, that need a broker. They are written
# for mocha; node/mocha.cjs gives them node's own runner instead.
. "$(dirname "$0")/common.sh"

node --test-force-exit --version >/dev/null 2>&1 && command -v npm >/dev/null || leave_out "it takes Node.js 20.14 or later with npm"
cp "$suites"/node/package*.json "$work" && cd "$work" || give_up "no $suites/node"
"$top/test/again" timeout 180 npm ci --ignore-scripts --no-audit --no-fund --loglevel error >npm.log 2>&1 || { cat npm.log; give_up "npm cannot install amqplib"; }

use_broker
export URL=amqp://127.0.0.1:$AMQP_PORT
cd node_modules/amqplib || give_up "npm installed no amqplib"
# Two connect by options that leave out the port, one by IPv6 to the usual port.
sed -i "s/var config = parts.query || {};/var config = Object.assign({port: $AMQP_PORT}, parts.query);/; s/test(\"ipv6\"/test.skip(\"ipv6\"/" test/connect.js
echo "skip ipv6: it takes the usual port"
log=$work/tests.tap
timeout 200 node --require "$suites/node/mocha.cjs" --test --test-force-exit --test-concurrency=1 --test-reporter=tap \
	test/connect.js test/channel_api.js test/callback_api.js >"$log" 2>&1
code=$?
number() { sed -nE "s/^# $1 ([0-9]+)$/\1/p" "$log"; }
passed=$(number pass) failed=$(($(number fail) + $(number cancelled))) skipped=$(number skipped)
[ "$failed" = 0 ] || grep -A 15 -E '^ +not ok' "$log"
[ $code = 0 ] || [ "$failed" != 0 ] || { tail -n 20 "$log"; fail "node ended with exit code $code"; }
summary
