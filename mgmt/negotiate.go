package mgmt

import (
	"mime"
	"net/http"
	"strconv"
	"strings"
)

// media says what a route takes and gives besides JSON for JSON.
type media uint16

// The media of a route. The zero value: any request type, an answer in JSON.
const (
	jsonIn     media = 1 << iota // a body must be application/json
	uploadIn                     // a body must be application/json or multipart/form-data
	formIn                       // a body must be application/x-www-form-urlencoded
	anyOut                       // whatever Accept says: there is no body, or it is no JSON
	largeIn                      // bodies up to maxLargeBody
	queryLogin                   // credentials may stand in the query
	live                         // GET /api/events may follow it
	listOut                      // the answer is a list, which can be sorted
	pagedOut                     // and which comes in pages if the query asks for one
)

// bodyTypes are the types that each sort of body may have.
var bodyTypes = []struct {
	sort  media
	types []string
}{
	{jsonIn, []string{"application/json"}},
	{uploadIn, []string{"application/json", "multipart/form-data"}},
	{formIn, []string{"application/x-www-form-urlencoded"}},
}

// negotiate refuses what the client will not take (406) and what the route does
// not (415), both without a body (management-api §1).
func (c *call) negotiate() error {
	if c.row.media&anyOut == 0 && !accepts(c.r.Header.Values("Accept"), "application/json") {
		return empty(http.StatusNotAcceptable)
	}
	if c.r.Method != http.MethodPut && c.r.Method != http.MethodPost && c.r.Method != http.MethodPatch {
		return nil
	}
	for _, b := range bodyTypes {
		if c.row.media&b.sort != 0 && !oneOfTypes(c.r.Header.Get("Content-Type"), b.types) {
			return empty(http.StatusUnsupportedMediaType)
		}
	}
	return nil
}

// oneOfTypes tells whether a Content-Type is one of types, whatever its
// parameters.
func oneOfTypes(contentType string, types []string) bool {
	got, _, err := mime.ParseMediaType(contentType)
	for _, t := range types {
		if err == nil && strings.EqualFold(got, t) {
			return true
		}
	}
	return false
}

// accepts tells whether the values of an Accept header, or of Accept-Encoding,
// take want. None takes everything; of the ranges that fit the most precise one
// decides.
func accepts(headers []string, want string) bool {
	all := strings.TrimSpace(strings.Join(headers, ","))
	if all == "" {
		return true
	}
	group, _, _ := strings.Cut(want, "/")
	best, taken := -1, false
	for item := range strings.SplitSeq(all, ",") {
		got, params, _ := strings.Cut(item, ";")
		got = strings.ToLower(strings.TrimSpace(got))
		precision := -1
		switch got {
		case want:
			precision = 2
		case group + "/*":
			precision = 1
		case "*/*", "*":
			precision = 0
		}
		if precision > best {
			best, taken = precision, quality(params) > 0
		}
	}
	return taken
}

// quality is the q of an Accept item, 1 where there is none.
func quality(params string) float64 {
	for p := range strings.SplitSeq(params, ";") {
		if text, ok := strings.CutPrefix(strings.TrimSpace(p), "q="); ok {
			q, err := strconv.ParseFloat(text, 64)
			if err != nil {
				return 1
			}
			return q
		}
	}
	return 1
}
