package main

import (
	"log/slog"
	"strings"
	"time"

	"amqpd/broker/auth"
	"amqpd/store"
)

// config is one node's settings, read and checked. The settings table fills
// every field; nothing else writes them.
type config struct {
	dataDir     string         // directory of all that the node keeps
	nodeName    string         // name@host
	definitions string         // path of a definitions file, "" none
	sync        store.SyncMode // when a confirm may leave
	segmentSize uint32         // bytes of a file of the log

	amqpListen    []string // host:port each, empty off
	amqpsListen   []string // host:port each, empty off
	httpListen    []string // host:port each, empty off
	httpTLS       bool     // httpListen speaks TLS
	metricsListen []string // host:port each, empty off
	tlsCert       string   // PEM path
	tlsKey        string   // PEM path
	tlsCA         string   // PEM path, "" none
	tlsVerifyPeer bool     // clients must show a certificate that tlsCA signed

	memoryLimit   memoryLimit // resident memory above which publishers are blocked
	diskFreeLimit uint64      // free bytes below which publishers are blocked, 0 never

	channelMax       uint16        // highest channel number offered
	frameMax         uint32        // bytes of a whole frame offered
	heartbeat        uint16        // seconds suggested
	maxMessageSize   uint32        // bytes of a body
	handshakeTimeout time.Duration // from accept to connection.open
	consumerTimeout  time.Duration // an unacknowledged delivery may take, 0 for ever
	loopbackUsers    []string      // users who may only connect from this machine

	passwordHashing string // algorithm for new passwords

	logLevel    slog.Level
	logFormat   string // "text" or "json"
	logFile     string // path, "" stderr
	auditLog    string // path, "" with the other lines
	pprofListen string // host:port, "" off
}

// setting is one row of the table. Its flag is --key and its environment
// variable AMQPD_KEY with - as _.
type setting struct {
	key  string
	kind string // the form of a value as help and docs name it
	def  string // the default, in the form a user would write
	unit string // what a bare number counts, "" where the form says it
	doc  string // one or two sentences, no full stop at the end
	// set parses and checks text and stores it. Its error is the end of a
	// sentence that starts with the source and the quoted text: "is not ...".
	set func(c *config, text string) error
}

// settings is every setting there is, in the order of help and docs. Flags,
// environment, file keys, --help and docs/configuration.md follow from it; a
// new setting is a row here, a field in config and the code that acts on it.
var settings = []setting{
	{
		key: "data-dir", kind: "path", def: "./amqpd-data",
		doc: "directory of all that the node keeps; made if missing, used by one node at a time",
		set: into(func(c *config) *string { return &c.dataDir }, nonEmpty),
	},
	{
		key: "node-name", kind: "name", def: "amqpd@<hostname>",
		doc: "the node's name, <hostname> standing for this machine's",
		set: into(func(c *config) *string { return &c.nodeName }, nodeName),
	},
	{
		key: "amqp-listen", kind: "addresses", def: ":5672",
		doc: "where AMQP clients connect, host:port separated by commas; empty is off, port 0 takes a free one",
		set: into(func(c *config) *[]string { return &c.amqpListen }, addresses),
	},
	{
		key: "amqps-listen", kind: "addresses",
		doc: "where AMQP clients connect with TLS, usually :5671; needs tls-cert and tls-key; empty is off",
		set: into(func(c *config) *[]string { return &c.amqpsListen }, addresses),
	},
	{
		key: "http-listen", kind: "addresses", def: ":15672",
		doc: "where the management API and the console are served, host:port separated by commas; empty is off",
		set: into(func(c *config) *[]string { return &c.httpListen }, addresses),
	},
	{
		key: "http-tls", kind: "switch", def: "false",
		doc: "serve http-listen with TLS; needs tls-cert and tls-key, asks no client for a certificate",
		set: into(func(c *config) *bool { return &c.httpTLS }, yesOrNo),
	},
	{
		key: "metrics-listen", kind: "addresses", def: ":15692",
		doc: "where Prometheus scrapes /metrics, host:port separated by commas; it has no password, so let only the monitoring reach it; empty is off",
		set: into(func(c *config) *[]string { return &c.metricsListen }, addresses),
	},
	{
		key: "tls-cert", kind: "path",
		doc: "PEM file with the server's certificate and the chain that follows it; read again on SIGHUP",
		set: into(func(c *config) *string { return &c.tlsCert }, anyText),
	},
	{
		key: "tls-key", kind: "path",
		doc: "PEM file with the certificate's private key; read again on SIGHUP",
		set: into(func(c *config) *string { return &c.tlsKey }, anyText),
	},
	{
		key: "tls-ca", kind: "path",
		doc: "PEM file with the authorities that may sign a client's certificate; read again on SIGHUP",
		set: into(func(c *config) *string { return &c.tlsCA }, anyText),
	},
	{
		key: "tls-verify-peer", kind: "switch", def: "false",
		doc: "refuse a TLS client without a certificate that tls-ca signed; needs tls-ca",
		set: into(func(c *config) *bool { return &c.tlsVerifyPeer }, yesOrNo),
	},
	{
		key: "definitions", kind: "path",
		doc: "file of RabbitMQ definitions (JSON: vhosts, users, queues, policies and so on) loaded at start",
		set: into(func(c *config) *string { return &c.definitions }, anyText),
	},
	{
		key: "sync", kind: "always|interval|os", def: "always",
		doc: "when a confirm may leave: always after fdatasync, interval after the write and a sync every 10 ms, os after the write",
		set: into(func(c *config) *store.SyncMode { return &c.sync }, oneOf(syncModes)),
	},
	{
		key: "segment-size", kind: "size", def: "64MiB", unit: "bytes",
		doc: "files of the log are this large; one is given back when nothing in it is wanted, so smaller ones suit small disks",
		set: into(func(c *config) *uint32 { return &c.segmentSize }, narrow(size(64<<10, 1<<30))),
	},
	{
		key: "memory-limit", kind: "limit", def: "0.6", unit: "bytes above 1",
		doc: "resident memory above which publishers are blocked: a fraction of the machine's or container's memory, or a size",
		set: into(func(c *config) *memoryLimit { return &c.memoryLimit }, parseMemoryLimit),
	},
	{
		key: "disk-free-limit", kind: "size", def: "50MB", unit: "bytes",
		doc: "free space of the data directory's disk below which publishers are blocked; 0 is never",
		set: into(func(c *config) *uint64 { return &c.diskFreeLimit }, size(0, 1<<62)),
	},
	{
		key: "channel-max", kind: "number", def: "2047", unit: "channels",
		doc: "channels of a connection, as offered in connection.tune",
		set: into(func(c *config) *uint16 { return &c.channelMax }, number[uint16](1, 65535)),
	},
	{
		key: "frame-max", kind: "size", def: "131072", unit: "bytes",
		doc: "largest frame, as offered in connection.tune",
		set: into(func(c *config) *uint32 { return &c.frameMax }, narrow(size(4096, 1<<27))),
	},
	{
		key: "heartbeat", kind: "number", def: "60", unit: "seconds",
		doc: "heartbeat suggested in connection.tune; the client's answer decides, 0 suggests none",
		set: into(func(c *config) *uint16 { return &c.heartbeat }, number[uint16](0, 65535)),
	},
	{
		key: "max-message-size", kind: "size", def: "134217728", unit: "bytes",
		doc: "largest message body; a larger one closes the channel with 406",
		set: into(func(c *config) *uint32 { return &c.maxMessageSize }, narrow(size(1, 1<<29))),
	},
	{
		key: "handshake-timeout", kind: "duration", def: "10s",
		doc: "time from the accepted socket to connection.open",
		set: into(func(c *config) *time.Duration { return &c.handshakeTimeout }, duration(time.Millisecond, time.Hour)),
	},
	{
		key: "consumer-timeout", kind: "duration", def: "30m",
		doc: "time a consumer may hold a delivery unacknowledged before its channel is closed; 0 is for ever",
		set: into(func(c *config) *time.Duration { return &c.consumerTimeout }, duration(0, 365*24*time.Hour)),
	},
	{
		key: "loopback-users", kind: "list", def: "guest",
		doc: "users who may only connect from this machine, separated by commas; none is nobody",
		set: into(func(c *config) *[]string { return &c.loopbackUsers }, users),
	},
	{
		key: "password-hashing", kind: strings.Join(auth.NewHashings(), "|"), def: auth.DefaultHashing,
		doc: "how new passwords are kept; users of exported definitions can log in at RabbitMQ only with a hash that begins with rabbit_",
		set: into(func(c *config) *string { return &c.passwordHashing }, oneOf(passwordHashes)),
	},
	{
		key: "log-level", kind: "debug|info|warn|error", def: "info",
		doc: "the least important lines that are logged",
		set: into(func(c *config) *slog.Level { return &c.logLevel }, oneOf(logLevels)),
	},
	{
		key: "log-format", kind: "text|json", def: "text",
		doc: "the form of a log line",
		set: into(func(c *config) *string { return &c.logFormat }, oneOf(logFormats)),
	},
	{
		key: "log-file", kind: "path",
		doc: "file that log lines are appended to, opened again on SIGHUP; empty is standard error",
		set: into(func(c *config) *string { return &c.logFile }, anyText),
	},
	{
		key: "audit-log", kind: "path",
		doc: "file for who changed what and who was refused, opened again on SIGHUP; empty is among the other lines, as audit",
		set: into(func(c *config) *string { return &c.auditLog }, anyText),
	},
	{
		key: "pprof-listen", kind: "address",
		doc: "host:port that serves Go's /debug/pprof; it has no password, so keep it on loopback; empty is off",
		set: into(func(c *config) *string { return &c.pprofListen }, optionalAddress),
	},
}

// into joins a parser to the field that holds its result.
func into[T any](field func(*config) *T, parse func(string) (T, error)) func(*config, string) error {
	return func(c *config, text string) error {
		v, err := parse(text)
		if err != nil {
			return err
		}
		*field(c) = v
		return nil
	}
}
