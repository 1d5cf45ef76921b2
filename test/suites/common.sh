# Sourced by the suites of this folder. Each suite gets a broker of its own: a
# freshly built amqpd on a free port with an empty data directory, stopped at the
# end. With AMQP_PORT set nothing is started and the suite runs against whatever
# listens there on loopback, which is how a suite is tried on another broker.
#
# A suite ends with `summary`, which prints "N passed, N failed, N skipped" and
# is the exit code.
set -u
suites=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$suites/../.." && pwd)
work=$(mktemp -d)
passed=0 failed=0 skipped=0
nodes=()
trap finish EXIT

# finish stops every node that was started and removes the scratch folder.
finish() {
	local n
	for n in "${!nodes[@]}"; do stop_node "$n"; done
	rm -rf "$work"
}

# start_amqpd [FLAG...] starts a node and sets AMQP_PORT, and AMQPS_PORT if it
# has one. It ends the suite if the node does not become ready.
start_amqpd() {
	local n=${#nodes[@]}
	if [ ! -x "$work/amqpd" ]; then
		(cd "$top" && go build -o "$work/amqpd" ./cmd/amqpd) || give_up "amqpd does not build"
	fi
	nodes+=("")
	run_node "$n" "$@"
}

# restart_amqpd [FLAG...] stops the node started last and starts it again on the
# same data.
restart_amqpd() {
	local n=$((${#nodes[@]} - 1))
	stop_node "$n"
	run_node "$n" "$@"
}

# run_node N [FLAG...] starts node N on its data directory.
run_node() {
	local file="$work/node$1" n=$1 line=
	shift
	AMQPD_METRICS_LISTEN=127.0.0.1:0 "$work/amqpd" --data-dir "$file" --amqp-listen 127.0.0.1:0 --http-listen 127.0.0.1:0 --log-file "$file.log" "$@" >"$file.out" 2>"$file.err" &
	nodes[n]=$!
	for _ in $(seq 300); do
		line=$(grep -m1 '^amqpd ready ' "$file.out") && break
		kill -0 "${nodes[n]}" 2>/dev/null || break
		sleep 0.1
	done
	[ -n "$line" ] || { cat "$file.err"; give_up "amqpd did not become ready"; }
	AMQP_PORT=$(sed -nE 's/.* amqp=[^ ]*:([0-9]+) .*/\1/p' <<<"$line")
	AMQPS_PORT=$(sed -nE 's/.* amqps=[^ ]*:([0-9]+) .*/\1/p' <<<"$line")
	HTTP_PORT=$(sed -nE 's/.* http=[^ ]*:([0-9]+) .*/\1/p' <<<"$line")
	export AMQP_PORT AMQPS_PORT HTTP_PORT
}

# stop_node N ends node N cleanly, or by force after ten seconds.
stop_node() {
	local pid=${nodes[$1]}
	kill "$pid" 2>/dev/null || return
	for _ in $(seq 100); do kill -0 "$pid" 2>/dev/null || break; sleep 0.1; done
	kill -9 "$pid" 2>/dev/null
	wait "$pid" 2>/dev/null
}

# use_broker [FLAG...] is start_amqpd unless AMQP_PORT names a broker already.
use_broker() {
	given=${AMQP_PORT:-}
	[ -n "$given" ] || start_amqpd "$@"
}

pass() { passed=$((passed + 1)); }
fail() { failed=$((failed + 1)); echo "FAIL $*"; }
skip() { skipped=$((skipped + 1)); echo "skip $*"; }

# give_up ends the suite, counting what could not run as one failure.
give_up() {
	fail "$*"
	summary
	exit 1
}

# leave_out ends a suite that this machine has not the tools for, which is no failure.
leave_out() {
	skip "$*"
	echo "0 passed, 0 failed, 1 skipped"
	exit 0
}

# nodes_alive counts a failure for each node that ended by itself, and shows the
# end of its log.
nodes_alive() {
	local i
	for i in "${!nodes[@]}"; do
		kill -0 "${nodes[i]}" 2>/dev/null && continue
		tail -n 20 "$work/node$i.log" "$work/node$i.err"
		fail "amqpd ended during the suite"
	done
}

# summary prints the closing line and returns 1 if anything failed, or if
# nothing ran at all.
summary() {
	nodes_alive
	echo "$passed passed, $failed failed, $skipped skipped"
	[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
}

# debian PACKAGE... makes sure that Debian packages are there. Root installs
# them; anybody else is told what to install.
debian() {
	local missing=() p
	for p in "$@"; do dpkg -s "$p" >/dev/null 2>&1 || missing+=("$p"); done
	[ ${#missing[@]} = 0 ] && return
	if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
		give_up "missing packages; as root: apt-get install ${missing[*]}"
	fi
	export DEBIAN_FRONTEND=noninteractive
	local apt="apt-get -y -q --no-install-recommends -o DPkg::Lock::Timeout=120"
	# It serves one at a time. Its lists may be missing, or old.
	flock -o /tmp/amqpd-suites.lock "$top/test/again" sh -c \
		"$apt install ${missing[*]} || { $apt update; $apt install ${missing[*]}; }" >"$work/apt.log" 2>&1 ||
		{ tail -5 "$work/apt.log"; give_up "apt-get could not install ${missing[*]}"; }
}

# go_module PATH@VERSION unpacks a module from the Go module proxy into
# $work/src, where it can be changed, and goes there.
go_module() {
	local dir
	(cd "$work" && "$top/test/again" go mod download -json "$1") >"$work/module.json" || give_up "cannot download $1"
	dir=$(sed -n 's/^\t"Dir": "\(.*\)",$/\1/p' "$work/module.json")
	cp -r "$dir" "$work/src" && chmod -R u+w "$work/src" && cd "$work/src" || give_up "cannot unpack $1"
	"$top/test/again" go list -test -deps -tags integration ./... >/dev/null || give_up "cannot download what $1 needs"
}

# go_tests ARG... runs go test -v with the arguments, counts its tests and
# subtests, and shows what those that failed said.
go_tests() {
	local log="$work/go-test.log" code f
	go test -v -count=1 "$@" >"$log" 2>&1
	code=$?
	passed=$((passed + $(grep -cE '^\s*--- PASS: ' "$log")))
	skipped=$((skipped + $(grep -cE '^\s*--- SKIP: ' "$log")))
	f=$(grep -cE '^\s*--- FAIL: ' "$log")
	failed=$((failed + f))
	if [ "$f" != 0 ]; then
		grep -v ' level=INFO ' "$log" | grep -E -B 30 '^\s*--- FAIL: '
	elif [ $code != 0 ]; then
		tail -30 "$log"
		fail "go test ended with exit code $code"
	fi
}

# python_tests FILE runs a file of unittest tests with Debian's own Python, which
# has Debian's clients, and counts its tests.
python_tests() {
	local log="$work/unittest.log" code f
	(cd "$(dirname "$1")" && timeout 300 /usr/bin/python3 -B -m unittest -v "$(basename "$1" .py)") >"$log" 2>&1
	code=$?
	passed=$((passed + $(grep -cE ' \.\.\. ok$|^ok$' "$log")))
	skipped=$((skipped + $(grep -cE ' \.\.\. skipped ' "$log")))
	f=$(grep -cE '^(FAIL|ERROR): ' "$log")
	failed=$((failed + f))
	[ $code = 0 ] && return
	cat "$log"
	[ "$f" != 0 ] || fail "$(basename "$1") ended with exit code $code"
}
