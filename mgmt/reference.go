package mgmt

import (
	"crypto/sha256"
	_ "embed" // the command line tool
	"encoding/base64"
	"html"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// rabbitmqadmin is the command line tool, a Python program.
//
//go:embed cli/rabbitmqadmin
var rabbitmqadmin []byte

// pageStyle is the look of the two pages below.
const pageStyle = `body{font:14px/1.5 system-ui,sans-serif;max-width:70em;margin:2em auto;padding:0 1em}` +
	`table{border-collapse:collapse}td,th{text-align:left;vertical-align:top;padding:.3em .8em;border-bottom:1px solid #8884}` +
	`code{font:13px ui-monospace,monospace}`

// pageBegins and pageEnds frame a page.
const (
	pageBegins = `<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>`
	pageStyled = `</title><style>` + pageStyle + `</style></head><body>`
	pageEnds   = `</body></html>`
)

// page answers with a page that has no script.
func (c *call) page(title, body string) error {
	sum := sha256.Sum256([]byte(pageStyle))
	c.w.Header().Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; style-src 'sha256-"+
		base64.StdEncoding.EncodeToString(sum[:])+"'")
	return c.file("text/html; charset=utf-8", []byte(pageBegins+title+pageStyled+body+pageEnds))
}

// file answers with octets of another type than JSON.
func (c *call) file(media string, content []byte) error {
	c.w.Header().Set("Content-Type", media)
	return c.answer(http.StatusOK, func(e *encoder) { e.raw(content) })
}

// accessText says in words who may call a route.
var accessText = [...]string{
	open: "everybody", anyLogin: "any management login", vhostLogin: "a management login with access to the virtual host",
	ownOrMonitor: "any management login for what is its own, monitoring for all", monitor: "monitoring",
	policies: "policymaker with access to the virtual host", administrator: "administrator",
}

// referencePage answers GET /api/index.html: the route table for people.
func referencePage(c *call) error {
	var b strings.Builder
	b.WriteString(`<h1>HTTP API</h1><p>Requests carry name and password (HTTP Basic), bodies are JSON. ` +
		`A name in a path is percent-encoded; the virtual host <code>/</code> is <code>%2F</code>. ` +
		`The same as an <a href="openapi.json">OpenAPI document</a>; ` +
		`<a href="../cli/index.html">a command line tool</a>.</p><table><tr><th>Method<th>Path<th>What<th>Who`)
	for _, r := range c.s.routes {
		b.WriteString("<tr><td>" + r.method + "<td><code>" + html.EscapeString(r.path) + "</code><td>" +
			html.EscapeString(r.doc) + "<td>" + accessText[r.access] + "\n")
	}
	b.WriteString("</table>")
	return c.page("HTTP API", b.String())
}

// openAPI answers GET /api/openapi.json: the route table for programs.
func openAPI(c *call) error {
	byPath := map[string]object{}
	var order []string
	for _, r := range c.s.routes {
		if _, known := byPath[r.path]; !known {
			order = append(order, r.path)
			if names := variables(r.path); len(names) > 0 {
				byPath[r.path] = object{m("parameters", list(names...))}
			}
		}
		byPath[r.path] = append(byPath[r.path], m(strings.ToLower(r.method), of(operation(r))))
	}
	slices.Sort(order)
	paths := object{}
	for _, path := range order {
		paths = append(paths, m(path, of(byPath[path])))
	}
	return c.item(obj(
		m("openapi", str("3.1.0")),
		m("info", of(obj(m("title", str("amqpd management API")), m("version", str(managementVersion))))),
		m("security", list(of(obj(m("basic", list()))))),
		m("components", of(obj(m("securitySchemes", of(obj(m("basic", of(obj(m("type", str("http")), m("scheme", str("basic"))))))))))),
		m("paths", of(paths)),
	))
}

// managementVersion is the release whose API this is.
const managementVersion = "3.10.8"

// variables describes the names in a path.
func variables(path string) []value {
	var names []value
	for segment := range strings.SplitSeq(path, "/") {
		if name, isVariable := variableName(segment); isVariable {
			names = append(names, of(obj(m("name", str(name)), m("in", str("path")), m("required", flag(true)),
				m("schema", of(obj(m("type", str("string"))))))))
		}
	}
	return names
}

// operation describes a route. Every one can be refused in the same ways.
func operation(r route) object {
	security := missing
	if r.access == open {
		security = list()
	}
	responses := object{m("default", of(obj(m("description", str("An object with error and reason")))))}
	for _, status := range successes[r.method] {
		responses = append(responses, m(strconv.Itoa(status), of(obj(m("description", str(http.StatusText(status)))))))
	}
	return obj(m("summary", str(r.doc)), m("description", str("Needs: "+accessText[r.access]+".")),
		m("security", security), m("responses", of(responses)))
}

// successes are the statuses that a method may have when all is well.
var successes = map[string][]int{
	http.MethodGet: {http.StatusOK}, http.MethodPut: {http.StatusCreated, http.StatusNoContent},
	http.MethodPost:   {http.StatusOK, http.StatusCreated, http.StatusNoContent},
	http.MethodPatch:  {http.StatusNoContent},
	http.MethodDelete: {http.StatusNoContent},
}

// toolPage answers GET /cli/index.html.
func toolPage(c *call) error {
	return c.page("rabbitmqadmin", `<h1>rabbitmqadmin</h1><p>A command line tool for this API, in Python 3 without further needs: `+
		`<a href="rabbitmqadmin" download>download it</a>, make it executable and start with</p>`+
		`<p><code>rabbitmqadmin --help</code> and <code>rabbitmqadmin help subcommands</code>.</p>`)
}

// tool answers GET /cli/rabbitmqadmin.
func tool(c *call) error { return c.file("application/octet-stream", rabbitmqadmin) }
