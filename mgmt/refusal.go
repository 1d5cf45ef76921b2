package mgmt

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"amqpd/amqp"
	"amqpd/cluster/meta"
	"amqpd/policy"
)

// refusal is an answer that is no success (management-api §9).
type refusal struct {
	status int
	kind   string // "error" of the body; "": no body
	reason value
}

// Error is for logs.
func (r *refusal) Error() string {
	return fmt.Sprintf("%d %s: %s", r.status, r.kind, r.reason.json())
}

// empty refuses without a body. A 404 gets one all the same.
func empty(status int) *refusal { return &refusal{status: status} }

// badRequest is the 400 for input that makes no sense.
func badRequest(format string, args ...any) *refusal {
	return &refusal{http.StatusBadRequest, "bad_request", str(fmt.Sprintf(format, args...))}
}

// badValue is the 400 whose reason is a pair, such as ["not_boolean","yes"].
func badValue(what, got string) *refusal {
	return &refusal{http.StatusBadRequest, "bad_request", list(str(what), str(got))}
}

// unauthorised is the 401 for who is known but may not.
func unauthorised(text string) *refusal {
	return &refusal{http.StatusUnauthorized, "not_authorised", str(text)}
}

// notFound is the 404 for a thing of the path that is not there.
func notFound() *refusal { return &refusal{status: http.StatusNotFound} }

// notFoundWhy is the 404 that came up while something was done.
func notFoundWhy(reason string) *refusal {
	return &refusal{http.StatusNotFound, "not_found", str(reason)}
}

// noVhost refuses a change in a virtual host that is not there.
func noVhost() *refusal { return notFoundWhy("vhost_not_found") }

// refuse writes the answer for an error of a handler. Errors that are no
// refusal of the caller's input are logged and answered with 500.
func (c *call) refuse(err error) {
	r := c.refusalOf(err)
	switch {
	case r.status == http.StatusNotFound && r.kind == "":
		r = &refusal{r.status, "Object Not Found", str("Not Found")}
	case r.kind == "":
		c.w.Header().Set("Content-Length", "0")
		c.w.WriteHeader(r.status)
		return
	}
	_ = c.answer(r.status, func(e *encoder) {
		obj(m("error", str(r.kind)), m("reason", r.reason)).write(e, nil)
	})
}

// refusalOf turns any error into what the client is told.
func (c *call) refusalOf(err error) *refusal {
	var r *refusal
	if errors.As(err, &r) {
		return r
	}
	if wire := (*amqp.Error)(nil); errors.As(err, &wire) {
		return refusalOfAMQP(wire)
	}
	if bad := (*policy.InvalidError)(nil); errors.As(err, &bad) {
		return refusalOfFaults(bad.Faults)
	}
	if m := (*meta.Error)(nil); errors.As(err, &m) {
		return refusalOfMeta(m)
	}
	c.s.log.Error("an HTTP request failed", "method", c.r.Method, "path", c.r.URL.EscapedPath(), "error", err)
	return &refusal{status: http.StatusInternalServerError}
}

// refusalOfAMQP tells what a declaration or deletion was refused for. The text
// goes without the name of the code; those of publish and get are the
// handlers' (management-api §9.2, §11).
func refusalOfAMQP(e *amqp.Error) *refusal {
	switch e.Code {
	case amqp.CodeAccessRefused:
		return unauthorised("Access refused.")
	case amqp.CodeNotFound:
		return notFoundWhy(e.Text)
	}
	return badRequest("%s", e.Text)
}

// refusalOfFaults is the answer to a policy or parameter that is no good.
// What came from outside stands in it HTML-escaped (management-api §14.2).
func refusalOfFaults(faults []string) *refusal {
	return badRequest("%s", escapeHTML(validationFailed(faults)))
}

// unescaped is the refusal of faults as they stand, which some endpoints have.
func unescaped(err error) error {
	var bad *policy.InvalidError
	if errors.As(err, &bad) {
		return badRequest("%s", validationFailed(bad.Faults))
	}
	return err
}

// validationFailed puts faults into RabbitMQ's frame.
func validationFailed(faults []string) string {
	return "Validation failed\n\n" + strings.Join(faults, "\n") + "\n"
}

// escapeHTML escapes as RabbitMQ does, quotation marks not included.
func escapeHTML(text string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(text)
}

// refusalOfMeta tells which object of a change was missing or in the way.
func refusalOfMeta(e *meta.Error) *refusal {
	switch {
	case errors.Is(e, meta.ErrNotFound) && e.Kind == "vhost":
		return noVhost()
	case errors.Is(e, meta.ErrNotFound):
		return notFound()
	}
	return badRequest("%s", e.Error())
}
