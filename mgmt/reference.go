package mgmt

import (
	"crypto/sha256"
	_ "embed" // the command line tool
	"encoding/base64"
	"html"
	"net/http"
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

// toolPage answers GET /cli/index.html.
func toolPage(c *call) error {
	return c.page("rabbitmqadmin", `<h1>rabbitmqadmin</h1><p>A command line tool for this API, in Python 3 without further needs: `+
		`<a href="rabbitmqadmin" download>download it</a>, make it executable and start with</p>`+
		`<p><code>rabbitmqadmin --help</code> and <code>rabbitmqadmin help subcommands</code>.</p>`)
}

// tool answers GET /cli/rabbitmqadmin.
func tool(c *call) error { return c.file("application/octet-stream", rabbitmqadmin) }
