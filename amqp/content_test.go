package amqp

import (
	"bytes"
	"math"
	"strings"
	"testing"
)

var testPublish = argsOf(&BasicPublish{Exchange: "x", RoutingKey: "k", Mandatory: true})

// headerPayload is a header without properties.
func headerPayload(class, weight uint16, size uint64) []byte {
	p := appendHeaderStart(nil, size, 0)
	p[0], p[1], p[2], p[3] = byte(class>>8), byte(class), byte(weight>>8), byte(weight)
	return p
}

// step is one frame given to an Assembler: exactly one field is set.
type step struct {
	method MethodID
	header []byte
	body   string
	keep   bool
}

// run feeds steps and returns whether the last one completed a content.
func run(a *Assembler, steps ...step) (done bool, err error) {
	for _, s := range steps {
		switch {
		case s.keep:
			a.Keep()
		case s.method != 0:
			done, err = false, a.Method(s.method, testPublish)
		case s.header != nil:
			done, err = a.Header(s.header)
		default:
			done, err = a.Body([]byte(s.body))
		}
		if err != nil {
			return false, err
		}
	}
	return done, nil
}

func TestAssembler(t *testing.T) {
	publish := step{method: MethodBasicPublish}
	head := func(n uint64) step { return step{header: headerPayload(60, 0, n)} }
	body := func(s string) step { return step{body: s} }
	for _, tc := range []struct {
		name  string
		steps []step
		want  string
	}{
		{"empty body", []step{publish, head(0)}, ""},
		{"one frame", []step{publish, head(4), body("body")}, "body"},
		{"three frames", []step{publish, head(9), body("one"), body("two"), body("six")}, "onetwosix"},
		{"empty frames between", []step{publish, head(4), body(""), body("bo"), body(""), body("dy")}, "body"},
		{"other methods before", []step{{method: MethodBasicAck}, publish, head(1), body("x")}, "x"},
		{"kept at every point", []step{{keep: true}, publish, {keep: true}, head(4), {keep: true}, body("bo"), {keep: true}, body("dy"), {keep: true}}, "body"},
		{"one after the other", []step{publish, head(6), body("fir"), body("st1"), publish, head(4), body("se"), body("co")}, "seco"},
	} {
		var a Assembler
		done, err := run(&a, tc.steps...)
		c := a.Content()
		if !done || err != nil || string(c.Body) != tc.want || a.Pending() || c.TooLarge {
			t.Errorf("%s: %t, %v, %+v", tc.name, done, err, c)
		}
		if c.Method != MethodBasicPublish || string(c.Publish.RoutingKey) != "k" || !c.Publish.Mandatory || c.Header.BodySize != uint64(len(tc.want)) {
			t.Errorf("%s: %+v", tc.name, c)
		}
	}
}

func TestAssemblerErrors(t *testing.T) {
	publish := step{method: MethodBasicPublish}
	head := step{header: headerPayload(60, 0, 4)}
	const (
		noMethod = "505 UNEXPECTED_FRAME - expected method frame, got non method frame instead"
		noHeader = "505 UNEXPECTED_FRAME - expected content header for class 60, got non content header frame instead"
		noBody   = "505 UNEXPECTED_FRAME - expected content body, got non content body frame instead"
	)
	for _, tc := range []struct {
		name  string
		steps []step
		want  string
		id    MethodID
	}{
		{"header when idle", []step{head}, noMethod, 0},
		{"body when idle", []step{{body: "x"}}, noMethod, 0},
		{"body after the end", []step{publish, {header: headerPayload(60, 0, 0)}, {body: ""}}, noMethod, 0},
		{"method for a header", []step{publish, publish}, noHeader, MethodBasicPublish},
		{"other method for a header", []step{publish, {method: MethodBasicAck}}, noHeader, MethodBasicPublish},
		{"body for a header", []step{publish, {body: "x"}}, noHeader, MethodBasicPublish},
		{"weight", []step{publish, {header: headerPayload(60, 1, 0)}}, noHeader, MethodBasicPublish},
		{"weight of another class", []step{publish, {header: headerPayload(50, 1, 0)}}, noHeader, MethodBasicPublish},
		{"short header", []step{publish, {header: []byte("short")}}, noHeader, MethodBasicPublish},
		{"other class", []step{publish, {header: headerPayload(50, 0, 0)}},
			"505 UNEXPECTED_FRAME - expected content header for class 60, got one for class 50 instead", MethodBasicPublish},
		{"method for a body", []step{publish, head, {method: MethodBasicAck}}, noBody, MethodBasicPublish},
		{"header for a body", []step{publish, head, head}, noBody, MethodBasicPublish},
		{"method after too much body", []step{publish, head, {body: "12345"}, {body: "more"}, {body: ""}, {method: MethodBasicAck}}, noBody, MethodBasicPublish},
		{"too much at the end", []step{publish, head, {body: "123"}, {body: "45"}, {body: "6"}, head}, noBody, MethodBasicPublish},
	} {
		var a Assembler
		done, err := run(&a, tc.steps...)
		e, ok := err.(*Error)
		if !ok || done || e.Error() != tc.want || e.ID() != tc.id || !e.Hard {
			t.Errorf("%s: %t, %v (%+v), want %q", tc.name, done, err, e, tc.want)
		}
		a.Reset()
		if done, err := run(&a, publish, step{header: headerPayload(60, 0, 0)}); !done || err != nil {
			t.Errorf("%s: after Reset: %t, %v", tc.name, done, err)
		}
	}
}

func TestAssemblerRefusesMalformedPublish(t *testing.T) {
	var a Assembler
	err := a.Method(MethodBasicPublish, []byte{0, 0, 1})
	e, ok := err.(*Error)
	if !ok || e.Error() != "501 FRAME_ERROR - cannot decode <<0,0,1>>" || e.ID() != MethodBasicPublish || a.Pending() {
		t.Errorf("%v", err)
	}
	if err := a.Method(MethodBasicAck, nil); err != nil || a.Pending() {
		t.Errorf("%v", err)
	}
	deliver := BasicDeliver{ConsumerTag: "c", RoutingKey: "k"}
	if err := a.Method(MethodBasicDeliver, argsOf(&deliver)); err != nil || !a.Pending() {
		t.Errorf("a client's side: %v", err)
	}
}

// TestAssemblerBorrowsAndKeeps: nothing is copied while the read buffer stays,
// and nothing is lost when it goes.
func TestAssemblerBorrowsAndKeeps(t *testing.T) {
	args, header, body := bytes.Clone(testPublish), headerPayload(60, 0, 4), []byte("body")
	var a Assembler
	if _, err := run(&a, step{method: MethodBasicAck}); err != nil {
		t.Fatal(err)
	}
	if err := a.Method(MethodBasicPublish, args); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Header(header); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Body(body); err != nil {
		t.Fatal(err)
	}
	if c := a.Content(); &c.Body[0] != &body[0] || &c.Args[0] != &args[0] || &c.HeaderPayload[0] != &header[0] {
		t.Error("a content in one buffer was copied")
	}
	for keepAt := range 3 {
		args, header := bytes.Clone(testPublish), headerPayload(60, 0, 4)
		wantHeader := bytes.Clone(header)
		if err := a.Method(MethodBasicPublish, args); err != nil {
			t.Fatal(err)
		}
		keep := func(point int, spoil ...[]byte) {
			if keepAt > point {
				return
			}
			a.Keep()
			for _, b := range spoil {
				clear(b)
			}
		}
		keep(0, args)
		if _, err := a.Header(header); err != nil {
			t.Fatal(err)
		}
		keep(1, args, header)
		part := []byte("bo")
		if _, err := a.Body(part); err != nil {
			t.Fatal(err)
		}
		keep(2, args, header, part)
		done, err := a.Body([]byte("dy"))
		c := a.Content()
		if !done || err != nil || string(c.Body) != "body" || !bytes.Equal(c.Args, testPublish) ||
			string(c.Publish.Exchange) != "x" || !bytes.Equal(c.HeaderPayload, wantHeader) || c.Header.BodySize != 4 {
			t.Errorf("kept at %d: %t, %v, %+v", keepAt, done, err, c)
		}
	}
}

func TestAssemblerLimit(t *testing.T) {
	a := Assembler{Max: 4}
	for _, tc := range []struct {
		frames []string
		large  bool
	}{
		{[]string{"1234"}, false}, {[]string{"12345"}, true}, {[]string{"123", "456"}, true}, {[]string{"12", "34"}, false},
	} {
		joined := strings.Join(tc.frames, "")
		steps := []step{{method: MethodBasicPublish}, {header: headerPayload(60, 0, uint64(len(joined)))}}
		for _, f := range tc.frames {
			steps = append(steps, step{body: f})
		}
		done, err := run(&a, steps...)
		c := a.Content()
		if !done || err != nil || c.TooLarge != tc.large || c.Header.BodySize != uint64(len(joined)) {
			t.Errorf("%v: %t, %v, %+v", tc.frames, done, err, c)
		}
		if want := joined; tc.large && c.Body != nil || !tc.large && string(c.Body) != want {
			t.Errorf("%v: body %q", tc.frames, c.Body)
		}
	}
}

// TestAssemblerMemoryFollowsArrival: what a header announces costs nothing.
func TestAssemblerMemoryFollowsArrival(t *testing.T) {
	for _, size := range []uint64{1 << 40, math.MaxUint64} {
		var a Assembler
		if _, err := run(&a, step{method: MethodBasicPublish}, step{header: headerPayload(60, 0, size)}); err != nil {
			t.Fatal(err)
		}
		frame := make([]byte, 1000)
		for arrived := 1000; arrived <= 1000_000; arrived += 1000 {
			if done, err := a.Body(frame); done || err != nil {
				t.Fatal(done, err)
			}
			if cap(a.body) > 4*arrived {
				t.Fatalf("%d octets arrived, buffer of %d", arrived, cap(a.body))
			}
		}
	}
	var a Assembler
	steps := []step{{method: MethodBasicPublish}, {header: headerPayload(60, 0, 300_000)}}
	for range 3 {
		steps = append(steps, step{body: strings.Repeat("x", 100_000)})
	}
	for _, release := range []func(){a.Release, a.Reset} {
		if done, err := run(&a, steps...); !done || err != nil || cap(a.body) > 600_000 {
			t.Errorf("%t, %v, buffer of %d", done, err, cap(a.body))
		}
		release()
		if cap(a.body) > keepBuffer {
			t.Errorf("a buffer of %d is held", cap(a.body))
		}
	}
}
