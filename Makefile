# make run and make test are all that a newcomer needs; the rest is for longer
# looks. What a target needs beyond Go it installs itself (Debian, as root) or
# names in one line.

# Holds vet, staticcheck and the rest of .golangci.yml. Go builds it on first
# use, which takes a minute and a half, and keeps it.
GOLANGCI = github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
FUZZTIME ?= 10m
ROUNDS ?= 200
MESSAGES ?= 10000000

.PHONY: run build test fetch lint unit suites fuzz docs enumerate powercut crash delayed backlog scale

run:
	go run ./cmd/amqpd

build:
	go build -trimpath -o amqpd ./cmd/amqpd

# All of it, in the order in which a fault is cheapest to find.
test: fetch lint unit suites

# What lint and unit take from the network; the suites fetch for themselves.
fetch:
	test/again go list -test -deps ./... >/dev/null
	test/again go run $(GOLANGCI) version

lint:
	@test -z "$$(gofmt -l .)" || { echo "gofmt would change:"; gofmt -l .; exit 1; }
	go run $(GOLANGCI) run ./...
	go mod tidy -diff

unit:
	go test -race ./...

# The test suites of real clients, each against a node of its own.
suites:
	test/suites/all

# Every fuzz target for FUZZTIME, one after the other.
fuzz:
	@set -e; for package in $$(go list ./...); do \
		for target in $$(go test -list '^Fuzz' $$package | grep '^Fuzz' || true); do \
			echo "== $$package $$target"; \
			go test -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) $$package; \
		done; \
	done

# The parts of the docs that follow from tables in the code.
docs:
	go test ./cmd/amqpd -run Docs -update

# Power cuts and failures at every operation on the disk, more seeds and images of each.
enumerate:
	AMQPD_LONG=1 go test -count=1 -timeout 2h -v -run 'Enumerated|EveryOperation' ./store

# Power cuts of a whole broker under load, with many seeds.
powercut:
	POWERCUT_ROUNDS=$(ROUNDS) go test -count=1 -timeout 4h -v ./test/powercut

# kill -9 under load, many times.
crash:
	CRASH_ROUNDS=$(ROUNDS) go test -count=1 -timeout 4h -v ./test/crash

# Ten million messages in one queue: memory, disk, rates, time to start.
backlog:
	BACKLOG_COUNT=$(MESSAGES) go test -count=1 -timeout 1h -v ./test/backlog

# Millions of delayed and expiring messages: memory, accuracy, restart.
delayed:
	AMQPD_LONG=1 go test -count=1 -timeout 30m -v -run 'ByTheMillion|ExpireAtOnce|ExpireOneByOne' ./broker

# The management API, metrics and the sampler with fifty thousand queues and two
# thousand connections.
scale:
	SCALE_QUEUES=50000 go test -count=1 -timeout 30m -v ./test/scale
