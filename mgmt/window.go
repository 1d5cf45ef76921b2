package mgmt

import (
	"net/http"
	"strconv"
)

// maxSamples bounds the steps of a window (management-api §5.1).
const maxSamples = 500

// window asks for the past: a sample at last and every step seconds before, n in
// all.
type window struct {
	last, step int64 // unix seconds, seconds
	n          int
}

// first is the second of the oldest sample.
func (w *window) first() int64 { return w.last - int64(w.n-1)*w.step }

// windows are the pasts that a query asks for, nil for those it does not
// (management-api §5.1).
type windows struct {
	lengths, messages, data, node *window
	now                           int64 // unix milliseconds; rates are up to here
}

// windows reads the range parameters. A wrong one is refused with fault for its
// error, whose name depends on the endpoint.
func (c *call) windows(fault string) (windows, error) {
	w := windows{now: c.s.clock()}
	for _, p := range []struct {
		name string
		to   **window
	}{{"lengths", &w.lengths}, {"msg_rates", &w.messages}, {"data_rates", &w.data}, {"node_stats", &w.node}} {
		age, ageErr := strconv.ParseInt(c.query(p.name+"_age"), 10, 64)
		step, stepErr := strconv.ParseInt(c.query(p.name+"_incr"), 10, 64)
		if ageErr != nil || stepErr != nil {
			continue
		}
		found, ok := newWindow(age, step, w.now)
		if !ok {
			return w, &refusal{http.StatusBadRequest, fault,
				str("Invalid range parameters: age " + strconv.FormatInt(age, 10) + ", incr " + strconv.FormatInt(step, 10))}
		}
		*p.to = found
	}
	return w, nil
}

// The errors of wrong range parameters: of most endpoints, and of the lists of
// queues, exchanges and virtual hosts.
const (
	rangeFault     = "bad_request"
	listRangeFault = "invalid_range_parameters"
)

// newWindow is the window of age seconds up to unix millisecond now; false when
// it makes no sense or asks for too much.
func newWindow(age, step, now int64) (*window, bool) {
	if age <= 0 || step <= 0 || age/step > maxSamples || age/step == maxSamples && age%step != 0 {
		return nil, false
	}
	unit := min(step, tick)
	if step%tick == 0 {
		unit = step
	}
	return &window{last: now / 1000 / unit * unit, step: step, n: int(age/step) + 1}, true
}
