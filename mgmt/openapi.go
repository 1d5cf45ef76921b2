package mgmt

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"amqpd/broker"
)

// openAPI answers GET /api/openapi.json: the route table for programs.
func openAPI(c *call) error {
	byPath := map[string]object{}
	for _, r := range c.s.routes {
		if _, known := byPath[r.path]; !known {
			byPath[r.path] = object{m("parameters", list(variables(r.path)...))}
		}
		byPath[r.path] = append(byPath[r.path], m(strings.ToLower(r.method), of(operation(r))))
	}
	paths := object{}
	for _, path := range slices.Sorted(maps.Keys(byPath)) {
		paths = append(paths, m(path, of(byPath[path])))
	}
	return c.item(obj(
		m("openapi", str("3.1.0")),
		m("info", of(obj(m("title", str("amqpd management API")), m("version", str(broker.RabbitMQVersion))))),
		m("security", list(of(obj(m("basic", list()))))),
		m("components", of(obj(m("securitySchemes", of(obj(m("basic", of(obj(m("type", str("http")), m("scheme", str("basic"))))))))))),
		m("paths", of(paths)),
	))
}

// variables describes the names in a path.
func variables(path string) []value {
	var names []value
	for segment := range strings.SplitSeq(path, "/") {
		if name, isVariable := variableName(segment); isVariable {
			names = append(names, of(obj(m("name", str(name)), m("in", str("path")), m("required", flag(true)),
				m("schema", of(obj(m("type", str("string"))))))))
		}
	}
	return names
}

// operation describes a route. Every one can be refused in the same ways.
func operation(r route) object {
	security, parameters, body := missing, missing, missing
	if r.access == open {
		security = list()
	}
	if query := queryInputs(r); query != nil {
		var all []value
		for i := range query {
			all = append(all, of(query[i].parameter()))
		}
		parameters = list(all...)
	}
	if members := bodyInputs[r.method+" "+r.path]; members != nil {
		body = of(obj(m("required", flag(true)), m("content", of(obj(m("application/json", of(obj(m("schema", of(objectSchema(members)))))))))))
	}
	responses := object{m("default", of(obj(m("description", str("An object with error and reason")))))}
	for _, status := range successes[r.method] {
		responses = append(responses, m(strconv.Itoa(status), of(obj(m("description", str(http.StatusText(status)))))))
	}
	return obj(m("summary", str(r.doc)), m("description", str("Needs: "+accessText[r.access]+".")), m("security", security),
		m("parameters", parameters), m("requestBody", body), m("responses", of(responses)))
}

// successes are the statuses that a method may have when all is well.
var successes = map[string][]int{
	http.MethodGet: {http.StatusOK}, http.MethodPut: {http.StatusCreated, http.StatusNoContent},
	http.MethodPost:   {http.StatusOK, http.StatusCreated, http.StatusNoContent},
	http.MethodPatch:  {http.StatusNoContent},
	http.MethodDelete: {http.StatusNoContent},
}
