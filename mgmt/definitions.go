package mgmt

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strings"

	"amqpd/broker"
	"amqpd/cluster/meta"
	"amqpd/policy"
)

// exportDefinitions answers GET /api/definitions, and of one virtual host with
// its name behind it. What is exported is written as it is read; it is never
// held as a whole (management-api §13.1).
func exportDefinitions(c *call) error {
	o := meta.ExportOptions{}
	if c.has("vhost") {
		o.PerVhost, o.Vhost = true, c.path("vhost")
		if _, exists := c.view().Vhost(o.Vhost); !exists {
			return badRequest("vhost_not_found")
		}
	}
	if name := c.query("download"); name != "" {
		c.w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	}
	c.audited("definitions.export", o.Vhost, "", "")
	return c.answerBy(func(w io.Writer) error { return meta.ExportWith(c.view(), w, o) })
}

// importDefinitions answers POST to the same paths: 204, or for a form with a
// field redirect 303.
func importDefinitions(c *call) error {
	file, redirect, err := c.definitionsFile()
	if err != nil {
		return err
	}
	o := broker.ImportOptions{}
	if c.has("vhost") {
		o.PerVhost, o.Vhost = true, c.path("vhost")
		if _, exists := c.view().Vhost(o.Vhost); !exists {
			return noVhost()
		}
	}
	if err := c.s.broker.Import(c.actor(), bytes.NewReader(file), o); err != nil {
		return refusalOfImport(err)
	}
	c.audited("definitions.import", o.Vhost, "", fmt.Sprintf("octets=%d", len(file)))
	if redirect != "" {
		c.w.Header().Set("Location", redirect)
		c.w.Header().Set("Content-Length", "0")
		c.w.WriteHeader(http.StatusSeeOther)
		return nil
	}
	return c.noContent()
}

// definitionsFile reads the definitions in a body: the body itself, or the field
// file of a form.
func (c *call) definitionsFile() (file []byte, redirect string, err error) {
	text, err := c.readAll()
	if err != nil {
		return nil, "", err
	}
	kind, params, _ := mime.ParseMediaType(c.r.Header.Get("Content-Type"))
	if kind != "multipart/form-data" {
		if len(bytes.TrimSpace(text)) == 0 {
			text = []byte("{}")
		}
		return text, "", nil
	}
	form := multipart.NewReader(bytes.NewReader(text), params["boundary"])
	for {
		part, err := form.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, "", badRequest("failed_to_parse_json")
		}
		content, err := io.ReadAll(part)
		if err != nil {
			return nil, "", badRequest("failed_to_parse_json")
		}
		switch part.FormName() {
		case "file":
			file = content
		case "redirect":
			redirect = localPath(string(content))
		}
	}
	return file, redirect, nil
}

// localPath is a path of this server, "" for any other address: nobody is sent
// elsewhere. Browsers read a backslash as a slash, and pass over control characters.
func localPath(to string) string {
	odd := func(r rune) bool { return r == '\\' || r < ' ' }
	if strings.HasPrefix(to, "/") && !strings.HasPrefix(to, "//") && !strings.ContainsFunc(to, odd) {
		return to
	}
	return ""
}

// refusalOfImport puts what is wrong with definitions into RabbitMQ's words, so
// far as it has any (management-api §13.2); ours name the item.
func refusalOfImport(err error) error {
	if errors.Is(err, meta.ErrNotJSON) {
		return badRequest("failed_to_parse_json")
	}
	var at *meta.ImportError
	if !errors.As(err, &at) {
		return err
	}
	if missing := (*meta.Error)(nil); errors.As(at.Err, &missing) && missing.Kind == "vhost" && errors.Is(missing, meta.ErrNotFound) {
		return badValue("no_such_vhost", missing.Name)
	}
	if bad := (*policy.InvalidError)(nil); errors.As(at.Err, &bad) {
		return badRequest("%s", validationFailed(bad.Faults)+fmt.Sprintf(" (%s)", at.Object))
	}
	return badRequest("%s", at.Error())
}
