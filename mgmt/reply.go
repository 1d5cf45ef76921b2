package mgmt

import (
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"strconv"
	"sync"
	"time"

	"amqpd/cluster/meta"
)

// gzipFrom is the size from which an answer is packed (management-api §1).
const gzipFrom = 300

var encoders = sync.Pool{New: func() any { return &encoder{buf: make([]byte, 0, flushAt+4<<10)} }}

var packers = sync.Pool{New: func() any {
	z, _ := gzip.NewWriterLevel(io.Discard, gzip.BestSpeed)
	return z
}}

// item answers with one object, of which columns= may choose (management-api §4).
// Nothing of what it asks for being there is answered with [].
func (c *call) item(m made) error {
	cols := parseColumns(c.query("columns"))
	return c.answer(http.StatusOK, func(e *encoder) {
		m.write(e, cols)
		e.emptyAsList(0, cols)
	})
}

// noContent answers that it is done.
func (c *call) noContent() error {
	c.w.WriteHeader(http.StatusNoContent)
	return nil
}

// done answers 204 for a change that was carried out; its error otherwise, of
// which a missing object is a plain 404.
func (c *call) done(err error) error {
	switch {
	case err == nil:
		return c.noContent()
	case errors.Is(err, meta.ErrNotFound):
		return notFound()
	}
	return err
}

// created answers a PUT: 201 for something new, else 204.
func (c *call) created(isNew bool) error {
	if !isNew {
		return c.noContent()
	}
	c.w.Header().Set("Content-Length", "0")
	c.w.WriteHeader(http.StatusCreated)
	return nil
}

// answer sends what fill writes. A short answer carries its length; a long one
// goes out buffer by buffer, as the client takes it.
func (c *call) answer(status int, fill func(e *encoder)) error {
	e := encoders.Get().(*encoder)
	out := &sender{c: c, status: status}
	e.buf, e.comma, e.full = e.buf[:0], false, out.more
	fill(e)
	err := out.finish(e)
	e.full = nil
	if cap(e.buf) <= 4*flushAt {
		encoders.Put(e)
	}
	return err
}

// emptyAsList turns an object without members that begins at from into [], as
// RabbitMQ shows it when no column fits.
func (e *encoder) emptyAsList(from int, cols columns) {
	if cols != nil && len(e.buf) == from+2 && e.buf[from] == '{' {
		e.buf = append(e.buf[:from], "[]"...)
	}
}

// sender carries an answer to the client.
type sender struct {
	c      *call
	status int
	began  bool
	packer *gzip.Writer // nil: sent as it is
	failed error        // the client is gone; the rest is thrown away
}

// more sends a full buffer of an answer that goes on.
func (o *sender) more(e *encoder) {
	if !o.began {
		o.begin(o.packs())
	}
	o.write(e.buf)
	e.buf = e.buf[:0]
}

// packs tells whether the client takes gzip.
func (o *sender) packs() bool {
	offers := o.c.r.Header
	return offers.Get("Accept-Encoding") != "" && accepts(offers.Values("Accept-Encoding"), "gzip")
}

// begin sends the head.
func (o *sender) begin(pack bool) {
	o.began = true
	h := o.c.w.Header()
	if h.Get("Content-Type") == "" {
		h.Set("Content-Type", "application/json")
	}
	if pack {
		h.Set("Content-Encoding", "gzip")
		o.packer = packers.Get().(*gzip.Writer)
		o.packer.Reset(o.c.w)
	}
	o.c.w.WriteHeader(o.status)
}

func (o *sender) write(text []byte) {
	if o.failed != nil || o.c.r.Method == http.MethodHead {
		return
	}
	_ = o.c.control.SetWriteDeadline(time.Now().Add(writeTimeout))
	if o.packer != nil {
		_, o.failed = o.packer.Write(text)
	} else {
		_, o.failed = o.c.w.Write(text)
	}
}

// finish sends the rest. A client that went away is no error: nobody is left to
// be told.
func (o *sender) finish(e *encoder) error {
	if !o.began {
		pack := o.packs() && len(e.buf) > gzipFrom
		if !pack {
			o.c.w.Header().Set("Content-Length", strconv.Itoa(len(e.buf)))
		}
		o.begin(pack)
	}
	o.write(e.buf)
	if o.packer != nil {
		if o.c.r.Method != http.MethodHead && o.failed == nil {
			_ = o.packer.Close()
		}
		o.packer.Reset(io.Discard)
		packers.Put(o.packer)
	}
	return nil
}

// answerBy answers with JSON that write produces piece by piece. An error before
// the first octet is the answer; a later one breaks the connection off, so that
// nobody takes half of it for the whole.
func (c *call) answerBy(write func(io.Writer) error) error {
	e := encoders.Get().(*encoder)
	defer encoders.Put(e)
	out := &sender{c: c, status: http.StatusOK}
	e.buf = e.buf[:0]
	w := &answerWriter{e, out}
	if err := write(w); err != nil {
		if !out.began {
			return err
		}
		panic(http.ErrAbortHandler)
	}
	return out.finish(e)
}

// answerWriter gathers what is written into buffers of a sender.
type answerWriter struct {
	e   *encoder
	out *sender
}

// Write implements io.Writer. It fails once the client is gone.
func (w *answerWriter) Write(p []byte) (int, error) {
	w.e.buf = append(w.e.buf, p...)
	if len(w.e.buf) >= flushAt {
		w.out.more(w.e)
	}
	return len(p), w.out.failed
}
