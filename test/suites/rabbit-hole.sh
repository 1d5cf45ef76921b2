#!/bin/bash
# The tests of rabbit-hole, the Go client of the management HTTP API, which the
# Terraform provider is built on.
. "$(dirname "$0")/common.sh"
command -v curl >/dev/null || debian curl

# What they want of a broker besides: plugins that amqpd does not have.
declare -A plugin=(
	["GET /api/federation-links when there are no links"]="amqpd has no federation"
	["GET /api/federation-links/{vhost} when there are no links"]="amqpd has no federation"
	["GET /api/federation-links/{vhost} when there are links"]="amqpd has no federation"
	["PUT /api/parameters/{component}/{vhost}/{name} when the parameter does not exist"]="it sets a federation upstream and wants 201 from the plugin"
	["GET /shovels/{vhost} reports status"]="amqpd has no shovels"
)
excluded=$(printf '%s|' "${!plugin[@]}" | sed 's/[{}.]/\\&/g; s/|$//')

go_module github.com/michaelklishin/rabbit-hole/v2@v2.16.0
use_broker
http=${HTTP_PORT:-15672}

# They are written for the usual ports and find nothing else.
sed -i -E "s/15672/$http/g; s/(localhost|127\.0\.0\.1):5672/\1:$AMQP_PORT/g
	s/BeEquivalentTo\(5672\)/BeEquivalentTo($AMQP_PORT)/
	s/HealthCheckPortListener\(5672\)/HealthCheckPortListener($AMQP_PORT)/; s#port-listener/5672#port-listener/$AMQP_PORT#" ./*_test.go

# put PATH BODY prepares what they take to be there.
put() {
	curl -sf -u guest:guest -H 'content-type: application/json' -X PUT "http://127.0.0.1:$http/api/$1" -d "$2" ||
		give_up "PUT $1 failed"
}
put users/policymaker '{"password":"policymaker","tags":"policymaker"}'
put permissions/%2F/policymaker '{"configure":".*","write":".*","read":".*"}'
put vhosts/rabbit%2Fhole '{}'
put permissions/rabbit%2Fhole/guest '{"configure":".*","write":".*","read":".*"}'
put cluster-name '{"name":"rabbitmq@localhost"}'

log="$work/ginkgo.log"
GOMEGA_DEFAULT_EVENTUALLY_TIMEOUT=10s go test -v -count=1 -timeout 400s . \
	-args -ginkgo.v -ginkgo.no-color -ginkgo.skip="$excluded" >"$log" 2>&1
closing=$(grep -oE '[0-9]+ Passed \| [0-9]+ Failed \| [0-9]+ Pending \| [0-9]+ Skipped' "$log")
if [[ ! $closing =~ ^([0-9]+)\ Passed\ \|\ ([0-9]+)\ Failed\ \|\ ([0-9]+)\ Pending\ \|\ ([0-9]+)\ Skipped$ ]]; then
	tail -30 "$log"
	give_up "the tests did not run to their end"
fi
passed=${BASH_REMATCH[1]} failed=${BASH_REMATCH[2]}
total_skipped=$((BASH_REMATCH[3] + BASH_REMATCH[4]))
grep -E '^ *\[FAIL\]' "$log" | sort -u
for name in "${!plugin[@]}"; do skip "$name: ${plugin[$name]}"; done
# Those that leave themselves out are shown as a name, two lines of places, and
# the reason.
while IFS= read -r line; do skip "$line"; done < <(awk '
	/^RabbitMQ HTTP API client .* \[It\] / { sub(/^RabbitMQ HTTP API client /, ""); sub(/\[It\] /, ""); name = $0 }
	/^  \[SKIPPED\] / && name != "" && !/ in \[It\] / { sub(/^ *\[SKIPPED\] /, ""); print name ": its own remark: " $0; name = "" }' "$log")
[ "$skipped" = "$total_skipped" ] || fail "$total_skipped were skipped, and $skipped of them have a reason here"
summary
