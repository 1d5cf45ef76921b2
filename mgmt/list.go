package mgmt

import (
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"amqpd/policy"
)

// Bounds of paging (management-api §4).
const (
	defaultPageSize = 100
	maxPageSize     = 500
)

// single answers with one row of which columns= may choose.
func single[T any](c *call, s shape[T], row T) error { return c.item(shaped[T]{s, row}) }

// items answers with a list of all rows, in their order or that of sort=. Paging
// parameters have no effect (management-api §4).
func items[T any](c *call, s shape[T], rows []T) error {
	if err := sortRows(c, s, rows); err != nil {
		return err
	}
	cols := parseColumns(c.query("columns"))
	return c.answer(http.StatusOK, func(e *encoder) { writeRows(e, s, rows, cols) })
}

// paged is items, but page= cuts a page out of what name= leaves (management-api
// §4). name is what the filter looks at. The rows are rearranged.
func paged[T any](c *call, s shape[T], rows []T, name func(T) string) error {
	if !c.queries().Has("page") {
		return items(c, s, rows)
	}
	p, err := c.pageParameters()
	if err != nil {
		return err
	}
	total := len(rows)
	if p.match != nil {
		if rows, err = filtered(rows, func(t T) bool { return p.match(name(t)) }); err != nil {
			return err
		}
	}
	if err := sortRows(c, s, rows); err != nil {
		return err
	}
	from := (p.number - 1) * p.size
	if from >= len(rows) && p.number > 1 {
		return &refusal{http.StatusBadRequest, "page_out_of_range", str("Page out of range, page: " + strconv.Itoa(p.number) +
			" page size: " + strconv.Itoa(p.size) + ", len: " + strconv.Itoa(len(rows)))}
	}
	shown := rows[from:min(from+p.size, len(rows))]
	cols := parseColumns(c.query("columns"))
	return c.answer(http.StatusOK, func(e *encoder) {
		e.begin('{')
		e.member("total_count", whole(total), nil)
		e.member("filtered_count", whole(len(rows)), nil)
		e.member("item_count", whole(len(shown)), nil)
		e.member("page", whole(p.number), nil)
		e.member("page_size", whole(p.size), nil)
		e.member("page_count", whole((len(rows)+p.size-1)/p.size), nil)
		e.key("items")
		writeRows(e, s, shown, cols)
		e.end('}')
	})
}

// filterTime bounds the time that a pattern may take for all names of a list: one
// can be made that takes long for each.
const filterTime = 2 * time.Second

// filtered keeps the rows that fit, or refuses a pattern that takes too long.
func filtered[T any](rows []T, fits func(T) bool) ([]T, error) {
	end, late := time.Now().Add(filterTime), false
	rows = slices.DeleteFunc(rows, func(t T) bool {
		late = late || time.Now().After(end)
		return late || !fits(t)
	})
	if late {
		return nil, badRequest("the pattern takes too long")
	}
	return rows, nil
}

// writeRows writes a list; an item of which nothing is asked for is [].
func writeRows[T any](e *encoder, s shape[T], rows []T, cols columns) {
	e.begin('[')
	for _, row := range rows {
		e.separate()
		from := len(e.buf)
		shaped[T]{s, row}.write(e, cols)
		e.emptyAsList(from, cols)
		e.comma = true
		if len(e.buf) >= flushAt {
			e.full(e)
		}
	}
	e.end(']')
}

// sortRows puts rows in the order of sort= and sort_reverse=. They come in the
// default order, which breaks ties.
func sortRows[T any](c *call, s shape[T], rows []T) error {
	reverse, err := c.queryFlag("sort_reverse")
	if err != nil {
		return err
	}
	if key := c.query("sort"); key != "" {
		sortBy(s, rows, strings.Split(key, "."))
	}
	if reverse {
		slices.Reverse(rows)
	}
	return nil
}

// sortBy sorts by the value under a path, computed once for each row.
func sortBy[T any](s shape[T], rows []T, path []string) {
	type keyed struct {
		key value
		row T
	}
	sorted := make([]keyed, len(rows))
	for i, row := range rows {
		sorted[i] = keyed{s.member(row, path[0]).at(path[1:]).sortable(), row}
	}
	slices.SortStableFunc(sorted, func(a, b keyed) int { return compare(a.key, b.key) })
	for i := range sorted {
		rows[i] = sorted[i].row
	}
}

// queryFlag reads a parameter that is true, false or not there.
func (c *call) queryFlag(name string) (bool, error) {
	switch text := c.query(name); text {
	case "true":
		return true, nil
	case "false", "":
		return false, nil
	default:
		return false, badValue("not_boolean", text)
	}
}

// pageWanted is the page that a query asks for.
type pageWanted struct {
	number, size int                    // number from 1
	match        func(name string) bool // nil: everything
}

var errPaging = badRequest("Pagination parameters are invalid")

// pageParameters reads page, page_size, name and use_regex.
func (c *call) pageParameters() (pageWanted, error) {
	p := pageWanted{size: defaultPageSize}
	number, err := strconv.Atoi(c.query("page"))
	if err != nil {
		return p, errPaging
	}
	size, sizeText := defaultPageSize, "undefined"
	if text := c.query("page_size"); text != "" {
		if size, err = strconv.Atoi(text); err != nil {
			return p, errPaging
		}
		sizeText = strconv.Itoa(size)
	}
	if number < 1 || size < 1 || size > maxPageSize || number > math.MaxInt32 {
		return p, &refusal{http.StatusBadRequest, "invalid_pagination_parameters",
			str("Invalid pagination parameters: page number " + strconv.Itoa(number) + ", page size " + sizeText)}
	}
	p.number, p.size = number, size
	p.match, err = nameFilter(c.query("name"), c.query("use_regex") == "true")
	return p, err
}

// nameFilter is a filter on names, without regard to case; nil takes all.
func nameFilter(text string, isPattern bool) (func(string) bool, error) {
	if text == "" {
		return nil, nil
	}
	if isPattern {
		pattern, err := policy.CompilePattern("(?i)" + text)
		if err != nil {
			return nil, errPaging
		}
		return pattern.MatchString, nil
	}
	text = strings.ToLower(text)
	return func(name string) bool { return strings.Contains(strings.ToLower(name), text) }, nil
}
