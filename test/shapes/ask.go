package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// api is the management API of the node.
type api struct {
	addr   string // host:port
	client http.Client
}

// answer is what came back.
type answer struct {
	status string
	header http.Header
	value  any // the body as JSON, nil for none
	err    error
}

// ask sends a request that is filled in. user "" sends no credentials.
func (a *api) ask(method, path, body, user, password string, headers [][2]string) (answer, error) {
	r, err := http.NewRequest(method, "http://"+a.addr+path, strings.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	r.Header.Set("accept", "*/*")
	if body != "" {
		r.Header.Set("content-type", "application/json")
	}
	for _, h := range headers {
		r.Header.Set(h[0], h[1])
	}
	if user != "" {
		r.SetBasicAuth(user, password)
	}
	got, err := a.client.Do(r)
	if err != nil {
		return answer{}, err
	}
	defer got.Body.Close()
	text, err := io.ReadAll(got.Body)
	if err != nil {
		return answer{}, err
	}
	found := answer{status: strconv.Itoa(got.StatusCode), header: got.Header}
	if len(text) > 0 {
		found.value, found.err = decode(text)
	}
	return found, nil
}

// decode reads JSON and keeps numbers as they are written.
func decode(text []byte) (v any, err error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err = d.Decode(&v); err != nil {
		return nil, fmt.Errorf("the body is not JSON: %.80q", text)
	}
	return v, nil
}

// errUnnamed says that a request cannot be made in this run.
var errUnnamed = errors.New("not made")

// errStatus says that asking again is of no use.
var errStatus = errors.New("another status")

// try makes a request and compares what comes back.
func (r *run) try(q *request) ([]fault, error) {
	path, err := r.names.fill(q.path, inPath)
	if err != nil {
		return nil, errors.Join(errUnnamed, err)
	}
	encode := inJSON
	if !strings.HasPrefix(q.body, "{") {
		encode = plain
	}
	body, err := r.names.fill(q.body, encode)
	if err != nil {
		return nil, errors.Join(errUnnamed, err)
	}
	user, password, err := r.credentials(q)
	if err != nil {
		return nil, err
	}
	got, err := r.api.ask(q.method, path, body, user, password, q.headers)
	if err != nil {
		return nil, err
	}
	if !slices.Contains(q.statuses, got.status) {
		return []fault{{text: fmt.Sprintf("status %s, want %s: %s", got.status, strings.Join(q.statuses, " or "), text(got.value))}}, errStatus
	}
	if q.proves != "" {
		r.proven[q.proves] = true
	}
	return r.judge(q, got)
}

func (r *run) credentials(q *request) (user, pw string, err error) {
	switch {
	case q.as == "nobody":
		return "", "", nil
	case q.as == "":
		return r.names["me"], "guest", nil
	}
	user, err = r.names.fill(q.as, plain)
	return user, password + q.password, err
}

// judge compares an answer with the right status.
func (r *run) judge(q *request, got answer) (faults []fault, err error) {
	wrong := func(format string, args ...any) { faults = append(faults, fault{text: fmt.Sprintf(format, args...)}) }
	for _, h := range q.gives {
		if is := got.header.Get(h[0]); !regexp.MustCompile(h[1]).MatchString(is) {
			wrong("header %s is %q, want %s", h[0], is, h[1])
		}
	}
	if got.err != nil && (q.like != nil || q.says != "") {
		wrong("%v", got.err)
		return faults, nil
	}
	if q.says != "" {
		want, err := r.names.fill(q.says, inJSON)
		if err != nil {
			return faults, err
		}
		if wanted, err := decode([]byte(want)); err != nil {
			return faults, err
		} else if !reflect.DeepEqual(got.value, wanted) {
			wrong("says %s, want %s", text(got.value), want)
		}
	}
	if q.like != nil {
		value, err := r.mine(q, got.value)
		if err != nil {
			wrong("%v", err)
		}
		faults = append(faults, r.record.compare(value, q.like)...)
	}
	return faults, nil
}

// mine keeps of a list what the run made, and finds a list empty that must not be.
func (r *run) mine(q *request, value any) (any, error) {
	list, _ := value.([]any)
	page, _ := value.(map[string]any)
	if page != nil {
		list, _ = page["items"].([]any)
	}
	if q.only == "" {
		if q.some && value != nil && page == nil && len(list) == 0 {
			return value, errors.New("the list is empty")
		}
		return value, nil
	}
	var kept []any
	for _, item := range list {
		if r.names.ours(item, q.only) {
			kept = append(kept, item)
		}
	}
	if len(kept) == 0 && !q.maybeNone {
		return value, errors.New("the list has nothing of what was made")
	}
	if page == nil {
		return kept, nil
	}
	page["items"] = kept
	return page, nil
}

// settle asks again while an answer is not as recorded but for its status, because
// statistics follow what happens within seconds. It returns what is not meant.
func (r *run) settle(q *request) ([]string, error) {
	const patience, pause = 20 * time.Second, time.Second
	for {
		faults, err := r.try(q)
		unmeant := r.differs.unmeant(faults)
		if err != nil || q.like == nil || len(unmeant) == 0 || time.Since(r.looking) > patience {
			if errors.Is(err, errStatus) {
				err = nil
			}
			return unmeant, err
		}
		time.Sleep(pause)
	}
}
