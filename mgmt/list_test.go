package mgmt

import (
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// thing is a row of a list under test.
type thing struct {
	name  string
	count value
}

var thingShape = shape[thing]{
	{"name", func(t thing) value { return str(t.name) }},
	{"count", func(t thing) value { return t.count }},
	{"stats", func(t thing) value {
		return of(obj(m("count", t.count), m("twice", of(obj(m("rate", fraction(0.5)))))))
	}},
}

// ask lists things with a query and gives status and body.
func askThings(query string, things ...thing) (int, string) {
	w := httptest.NewRecorder()
	c := &call{s: &Server{}, w: w, r: httptest.NewRequest("GET", "/?"+query, nil)}
	c.control = newControl(w)
	if err := paged(c, thingShape, slices.Clone(things), func(t thing) string { return t.name }); err != nil {
		c.refuse(err)
	}
	return w.Code, w.Body.String()
}

func TestList_SortAndColumns(t *testing.T) {
	things := []thing{{"a", whole(2)}, {"b", missing}, {"c", str("x")}, {"d", null}, {"e", whole(-1)}, {"f", fraction(2.5)}, {"g", flag(true)}}
	for _, c := range []struct{ query, want string }{
		{"columns=name", "abcdefg"},
		{"columns=name&sort=name&sort_reverse=true", "gfedcba"},
		{"columns=name&sort=count", "ebafdgc"}, // numbers, words by letter, text
		{"columns=name&sort=count&sort_reverse=true", "cgdfabe"},
		{"columns=name&sort=stats.count", "ebafdgc"},
		{"columns=name&sort=nothing.at.all", "abcdefg"},
		{"columns=name&sort=", "abcdefg"},
	} {
		_, body := askThings(c.query, things...)
		got := strings.NewReplacer(`{"name":"`, "", `"}`, "", ",", "", "[", "", "]", "").Replace(body)
		if got != c.want {
			t.Errorf("%s: %s, want %s", c.query, got, c.want)
		}
	}
	for _, c := range []struct{ query, want string }{
		{"columns=stats.twice.rate", `[{"stats":{"twice":{"rate":0.5}}}]`},
		{"columns=stats.count,name", `[{"name":"a","stats":{"count":2}}]`},
		{"columns=stats.count,stats", `[{"stats":{"count":2,"twice":{"rate":0.5}}}]`},
		{"columns=stats,stats.count", `[{"stats":{"count":2,"twice":{"rate":0.5}}}]`},
		{"columns=nothing", `[[]]`},
		{"columns=", `[{"name":"a","count":2,"stats":{"count":2,"twice":{"rate":0.5}}}]`},
	} {
		if _, body := askThings(c.query, things[0]); body != c.want {
			t.Errorf("%s: %s, want %s", c.query, body, c.want)
		}
	}
}

func TestList_Pages(t *testing.T) {
	var things []thing
	for i := range 10 {
		things = append(things, thing{fmt.Sprintf("Name-%d", i), whole(i)})
	}
	invalid := func(page, size string) string {
		return `{"error":"invalid_pagination_parameters","reason":"Invalid pagination parameters: page number ` + page + `, page size ` + size + `"}`
	}
	const bad = `{"error":"bad_request","reason":"Pagination parameters are invalid"}`
	for _, c := range []struct {
		query  string
		status int
		want   string
	}{
		{"page=1&page_size=3", 200, `{"total_count":10,"filtered_count":10,"item_count":3,"page":1,"page_size":3,"page_count":4,"items":[{"count":0},{"count":1},{"count":2}]}`},
		{"page=4&page_size=3", 200, `{"total_count":10,"filtered_count":10,"item_count":1,"page":4,"page_size":3,"page_count":4,"items":[{"count":9}]}`},
		{"page=1&name=AME-7", 200, `{"total_count":10,"filtered_count":1,"item_count":1,"page":1,"page_size":100,"page_count":1,"items":[{"count":7}]}`},
		{"page=1&name=E-[12]$&use_regex=true", 200, `{"total_count":10,"filtered_count":2,"item_count":2,"page":1,"page_size":100,"page_count":1,"items":[{"count":1},{"count":2}]}`},
		{"page=1&name=zzz", 200, `{"total_count":10,"filtered_count":0,"item_count":0,"page":1,"page_size":100,"page_count":0,"items":[]}`},
		{"page=99&page_size=3", 400, `{"error":"page_out_of_range","reason":"Page out of range, page: 99 page size: 3, len: 10"}`},
		{"page=0", 400, invalid("0", "undefined")},
		{"page=-1", 400, invalid("-1", "undefined")},
		{"page=1&page_size=501", 400, invalid("1", "501")},
		{"page=1&page_size=0", 400, invalid("1", "0")},
		{"page=x", 400, bad},
		{"page=", 400, bad},
		{"page=1&page_size=x", 400, bad},
		{"page=99999999999999999999", 400, bad},
		{"page=1&name=(&use_regex=true", 400, bad},
		{"page=1&sort_reverse=yes", 400, `{"error":"bad_request","reason":["not_boolean","yes"]}`},
	} {
		if status, body := askThings(c.query+"&columns=count", things...); status != c.status || body != c.want {
			t.Errorf("%s: %d %s, want %d %s", c.query, status, body, c.status, c.want)
		}
	}
}

// However long a pattern takes for one name, the list as a whole does not.
func TestList_FilterIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		looked := 0
		_, err := filtered(make([]thing, 20_000), func(thing) bool {
			looked++
			time.Sleep(filterTime / 10)
			return true
		})
		if err == nil || looked > 12 {
			t.Errorf("%d names were looked at: %v", looked, err)
		}
	})
}
