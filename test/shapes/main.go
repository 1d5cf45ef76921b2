package main

import (
	_ "embed"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"
)

//go:embed testdata/shapes.txt
var shapesText string

//go:embed testdata/session.txt
var sessionText string

//go:embed testdata/differs.txt
var differsText string

// run is one pass through the session.
type run struct {
	api     api
	record  record
	differs *differences
	names   names
	proven  map[string]bool
	looking time.Time // when the section began

	passed, failed, skipped int
}

func main() {
	httpAddr := flag.String("http", "127.0.0.1:15672", "address of the management API")
	amqpAddr := flag.String("amqp", "127.0.0.1:5672", "address for AMQP")
	flag.Parse()
	if err := check(*httpAddr, *amqpAddr); err != nil {
		fmt.Println("FAIL", err)
		os.Exit(2)
	}
}

// check runs the session and prints what came of it.
func check(httpAddr, amqpAddr string) error {
	shapes, err := readShapes(shapesText)
	if err != nil {
		return fmt.Errorf("shapes.txt: %w", err)
	}
	sections, err := readSession(sessionText)
	if err != nil {
		return fmt.Errorf("session.txt: %w", err)
	}
	differs, err := readDifferences(differsText)
	if err != nil {
		return fmt.Errorf("differs.txt: %w", err)
	}
	r := &run{
		api:    api{addr: httpAddr, client: http.Client{Timeout: time.Minute}},
		record: shapes, differs: differs, names: newNames(amqpAddr), proven: map[string]bool{},
	}
	if err := r.learnNode(); err != nil {
		return err
	}
	stop := func() {}
	for _, s := range sections {
		r.section(&s)
		if s.name == "setup" {
			if stop, err = startTraffic(amqpAddr, r.names, r.proven); err != nil {
				return fmt.Errorf("AMQP: %w", err)
			}
			r.learnNames()
		}
	}
	stop()
	r.clean()
	for _, name := range differs.unused() {
		r.fail(name, "differs.txt lists it, but it is as recorded")
	}
	fmt.Printf("%d passed, %d failed, %d skipped\n", r.passed, r.failed, r.skipped)
	if r.failed > 0 {
		os.Exit(1)
	}
	return nil
}

// section makes the requests of a section in their order.
func (r *run) section(s *section) {
	r.looking = time.Now()
	for i := range s.requests {
		q := &s.requests[i]
		if q.needs != "" && !r.proven[q.needs] {
			r.skip(q.id, "amqpd has no "+q.needs)
			continue
		}
		faults, err := r.settle(q)
		if err != nil {
			faults = append(faults, strings.ReplaceAll(err.Error(), "\n", ": "))
		}
		switch reason := r.differs.requests[q.id]; {
		case len(faults) == 0:
			r.passed++
		case reason != "":
			r.differs.used[q.id] = true
			r.skip(q.id, reason)
		default:
			r.fail(q.id, fmt.Sprintf("%s %s: %s", q.method, q.path, strings.Join(faults, "; ")))
		}
	}
}

func (r *run) skip(id, reason string) {
	r.skipped++
	fmt.Println("skip", id+":", reason)
}

func (r *run) fail(id, fault string) {
	r.failed++
	fmt.Println("FAIL", id+":", fault)
}

// clean removes what the run made, in case that the session did not.
func (r *run) clean() {
	var paths []string
	for name := range r.names {
		if strings.HasPrefix(name, "u_") {
			paths = append(paths, "/api/users/{"+name+"}")
		}
	}
	for _, path := range append(paths, "/api/vhosts/{v}", "/api/vhosts/{v2}", "/api/global-parameters/{g}") {
		if filled, err := r.names.fill(path, inPath); err == nil {
			_, err = r.api.ask(http.MethodDelete, filled, "", r.names["me"], "guest", nil)
			if err != nil {
				r.fail("clean", err.Error())
			}
		}
	}
}

// list reads a list of objects.
func (r *run) list(path string) []map[string]any {
	got, err := r.api.ask(http.MethodGet, path, "", r.names["me"], "guest", nil)
	if err != nil {
		return nil
	}
	items, _ := got.value.([]any)
	var objects []map[string]any
	for _, item := range items {
		if object, ok := item.(map[string]any); ok {
			objects = append(objects, object)
		}
	}
	return objects
}

// learnNode asks what the node and the cluster are called.
func (r *run) learnNode() error {
	got, err := r.api.ask(http.MethodGet, "/api/overview", "", r.names["me"], "guest", nil)
	if err != nil {
		return err
	}
	overview, _ := got.value.(map[string]any)
	for name, key := range map[string]string{"node": "node", "cluster": "cluster_name"} {
		value, ok := overview[key].(string)
		if !ok {
			return errors.New("the overview has no " + key)
		}
		r.names[name] = value
	}
	return nil
}

// learnNames finds what only the node knows: the names of connections, channels
// and of a binding with arguments. What is not found fails where it is needed.
func (r *run) learnNames() {
	const patience, pause = 10 * time.Second, 200 * time.Millisecond
	for begin := time.Now(); time.Since(begin) < patience; time.Sleep(pause) {
		for _, c := range r.list("/api/connections") {
			properties, _ := c["client_properties"].(map[string]any)
			switch properties["connection_name"] {
			case consumerName:
				r.learn("conn", c["name"])
			case publisherName:
				r.learn("conn_pub", c["name"])
			}
		}
		for _, c := range r.list("/api/channels") {
			switch {
			case c["user"] != r.names["u_amqp"]:
			case c["confirm"] == true:
				r.learn("chan_pub", c["name"])
			case fmt.Sprint(c["prefetch_count"]) == consumerPrefetch:
				r.learn("chan", c["name"])
			}
		}
		if r.names["conn"] != "" && r.names["conn_pub"] != "" && r.names["chan"] != "" && r.names["chan_pub"] != "" {
			break
		}
	}
	if path, err := r.names.fill("/api/bindings/{v}/e/x-headers/q/c-durable", inPath); err == nil {
		for _, b := range r.list(path) {
			r.learn("pk", b["properties_key"])
		}
	}
	for _, f := range r.list("/api/feature-flags") {
		if f["state"] == "enabled" {
			r.learn("flag", f["name"])
		}
	}
}

func (r *run) learn(name string, value any) {
	if s, ok := value.(string); ok {
		r.names[name] = s
	}
}
