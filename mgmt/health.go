package mgmt

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"amqpd/broker"
)

// healthy is what a check that found nothing answers (management-api §16).
func (c *call) healthy(more ...member) error {
	return c.item(append(obj(m("status", str("ok"))), more...))
}

// unhealthy is the 503 of a check.
func (c *call) unhealthy(reason string, more ...member) error {
	return c.answer(http.StatusServiceUnavailable, func(e *encoder) {
		append(obj(m("status", str("failed")), m("reason", str(reason))), more...).write(e, nil)
	})
}

// alarmNames are the resources of alarms.
var alarmNames = []struct {
	alarm broker.Alarm
	name  string
}{{broker.AlarmMemory, "memory"}, {broker.AlarmDisk, "disk space"}}

// checkAlarms makes a handler that fails with reason while an alarm is on. On one
// node, the cluster's alarms are the node's.
func checkAlarms(reason string) func(*call) error {
	return func(c *call) error {
		on := c.s.broker.Alarms()
		var all []value
		for _, a := range alarmNames {
			if on&a.alarm != 0 {
				all = append(all, of(obj(m("node", str(c.s.broker.NodeName())), m("resource", str(a.name)))))
			}
		}
		if all == nil {
			return c.healthy()
		}
		return c.unhealthy(reason, m("alarms", list(all...)))
	}
}

// getNodeHealth answers GET /api/healthchecks/node and that of one node.
func getNodeHealth(c *call) error {
	if err := c.thisNode(); err != nil {
		return err
	}
	on := c.s.broker.Alarms()
	var limits []string
	for _, a := range alarmNames {
		if on&a.alarm != 0 {
			limits = append(limits, "{resource_limit,"+strings.Fields(a.name)[0]+",'"+c.s.broker.NodeName()+"'}")
		}
	}
	if limits == nil {
		return c.healthy()
	}
	return c.unhealthy("resource alarm(s) in effect:[" + strings.Join(limits, ",") + "]")
}

// getPortHealth answers GET /api/health/checks/port-listener/{port}.
func getPortHealth(c *call) error {
	port, err := strconv.Atoi(c.path("port"))
	if err != nil || port < 0 {
		return badRequest("Invalid port")
	}
	var ports []value
	for _, l := range c.s.broker.Listeners() {
		if l.Port == port {
			return c.healthy(m("port", whole(port)))
		}
		ports = append(ports, whole(l.Port))
	}
	return c.unhealthy("No active listener", m("missing", whole(port)), m("ports", list(ports...)))
}

// protocolAliases are the names that the check of a protocol takes, and the
// listeners' own (management-api §16).
var protocolAliases = map[string]string{
	"amqp091": "amqp", "amqp0.9.1": "amqp", "amqp0-9-1": "amqp", "amqp0_9_1": "amqp",
	"amqp10": "amqp", "amqp1.0": "amqp", "amqp1-0": "amqp", "amqp1_0": "amqp",
	"amqps":   "amqp/ssl",
	"mqtt3.1": "mqtt", "mqtt3.1.1": "mqtt", "mqtt31": "mqtt", "mqtt311": "mqtt", "mqtt3_1": "mqtt", "mqtt3_1_1": "mqtt",
	"mqtts": "mqtt/ssl", "mqtt+tls": "mqtt/ssl", "mqtt+ssl": "mqtt/ssl",
	"stomp1.0": "stomp", "stomp1.1": "stomp", "stomp1.2": "stomp", "stomp10": "stomp", "stomp11": "stomp", "stomp12": "stomp",
	"stomp1_0": "stomp", "stomp1_1": "stomp", "stomp1_2": "stomp",
	"stomps": "stomp/ssl", "stomp+tls": "stomp/ssl", "stomp+ssl": "stomp/ssl",
	"http1": "http", "http1.1": "http", "http_api": "http", "management": "http", "management_ui": "http", "ui": "http",
	"cli": "clustering", "distribution": "clustering",
	"webmqtt": "http/web-mqtt", "web-mqtt": "http/web-mqtt", "web_mqtt": "http/web-mqtt",
	"webmqtt/tls": "https/web-mqtt", "web-mqtt/tls": "https/web-mqtt", "webmqtt/ssl": "https/web-mqtt", "web-mqtt/ssl": "https/web-mqtt",
	"webmqtt+tls": "https/web-mqtt", "web-mqtt+tls": "https/web-mqtt", "webmqtt+ssl": "https/web-mqtt", "web-mqtt+ssl": "https/web-mqtt",
	"webstomp": "http/web-stomp", "web-stomp": "http/web-stomp", "web_stomp": "http/web-stomp",
	"webstomp/tls": "https/web-stomp", "web-stomp/tls": "https/web-stomp", "webstomp/ssl": "https/web-stomp", "web-stomp/ssl": "https/web-stomp",
	"webstomp+tls": "https/web-stomp", "web-stomp+tls": "https/web-stomp", "webstomp+ssl": "https/web-stomp", "web-stomp+ssl": "https/web-stomp",
}

// getProtocolHealth answers GET /api/health/checks/protocol-listener/{protocol}.
func getProtocolHealth(c *call) error {
	protocol := strings.ToLower(c.path("protocol"))
	if own, known := protocolAliases[protocol]; known {
		protocol = own
	}
	var protocols []value
	for _, l := range c.s.broker.Listeners() {
		if l.Protocol == protocol {
			return c.healthy(m("protocol", str(protocol)))
		}
		protocols = append(protocols, str(l.Protocol))
	}
	return c.unhealthy("No active listener", m("missing", str(protocol)), m("protocols", list(protocols...)))
}

// certificateUnits are the units of time of the check of certificates, in days.
var certificateUnits = map[string]int{"day": 1, "week": 7, "month": 30, "year": 365}

// getCertificateHealth answers GET
// /api/health/checks/certificate-expiration/{within}/{unit}.
func getCertificateHealth(c *call) error {
	unit, ok := certificateUnits[strings.TrimSuffix(strings.ToLower(c.path("unit")), "s")]
	if !ok {
		return badRequest("Time unit not recognised. Supported units: days, weeks, months, years.")
	}
	within, err := strconv.Atoi(c.path("within"))
	if err != nil || within < 0 || within > 1_000_000 {
		return badRequest("Invalid expiration value.")
	}
	limit := time.UnixMilli(c.s.clock()).AddDate(0, 0, within*unit)
	if c.s.certificate == nil {
		return c.healthy()
	}
	file, expires := c.s.certificate()
	if expires.After(limit) {
		return c.healthy()
	}
	var expired []value
	for _, l := range c.s.broker.Listeners() {
		if l.Protocol != "amqp/ssl" && l.Protocol != "https" {
			continue
		}
		expired = append(expired, of(obj(m("node", str(c.s.broker.NodeName())), m("protocol", str(l.Protocol)),
			m("interface", str(l.Host)), m("port", whole(l.Port)), m("certfile", str(file)), m("cacertfile", str("")),
			m("certfile_expires_on", list(str(expires.UTC().Format(time.DateTime)))), m("cacertfile_expires_on", list()))))
	}
	if expired == nil {
		return c.healthy()
	}
	return c.unhealthy("Certificates expiring", m("expired", list(expired...)))
}

// getVhostHealth answers GET /api/health/checks/virtual-hosts. A virtual host
// that did not start would have kept the node from starting.
func getVhostHealth(c *call) error { return c.healthy() }

// getCopiesHealth answers the checks whether queues would lose their last copy
// that is in sync, or their majority, with this node. Alone it is not critical.
func getCopiesHealth(c *call) error { return c.healthy(m("reason", str("single node cluster"))) }

// getInService answers the checks of later releases that need no login.
func getInService(c *call) error { return c.healthy() }
