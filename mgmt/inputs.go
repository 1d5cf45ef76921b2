package mgmt

import "slices"

// input is a parameter of a query or a member of a body, for programs that read
// the OpenAPI document.
type input struct {
	name    string
	kind    string // JSON Schema's: "string", "integer", "boolean", "object"; "array" is one of strings
	doc     string // no full stop
	choices []string
	members []input // of an object; nil: any
	needed  bool
}

// parameter describes an input of a query.
func (in *input) parameter() object {
	return obj(m("name", str(in.name)), m("in", str("query")), m("required", flag(in.needed)), m("description", str(in.doc)),
		m("schema", of(in.schema())))
}

// schema is what the values of an input are like.
func (in *input) schema() object {
	if in.members != nil {
		return objectSchema(in.members)
	}
	o := obj(m("type", str(in.kind)))
	if in.kind == "array" {
		o = append(o, m("items", of(obj(m("type", str("string"))))))
	}
	if in.choices != nil {
		o = append(o, m("enum", strs(in.choices)))
	}
	return o
}

// objectSchema is an object that takes members and no others.
func objectSchema(members []input) object {
	properties, needed := object{}, []string{}
	for i := range members {
		in := &members[i]
		properties = append(properties, m(in.name, of(append(in.schema(), m("description", str(in.doc))))))
		if in.needed {
			needed = append(needed, in.name)
		}
	}
	return obj(m("type", str("object")), m("properties", of(properties)), m("required", strs(needed)), m("additionalProperties", flag(false)))
}

// What lists and objects take in common (management-api §4, §5).
var (
	columnInputs = []input{{name: "columns", kind: "string", doc: "The keys that are wanted, with commas between them; a key of a value within as name.key. Single connections and channels come whole"}}
	sortInputs   = []input{
		{name: "sort", kind: "string", doc: "The key to sort by; a key of a value within as name.key"},
		{name: "sort_reverse", kind: "boolean", doc: "From the largest to the smallest"},
	}
	pageInputs = []input{
		{name: "page", kind: "integer", doc: "The page that is wanted, from 1 on; without it the whole list"},
		{name: "page_size", kind: "integer", doc: "Items of a page, up to 500; 100 unless given"},
		{name: "name", kind: "string", doc: "What the name has to contain, without regard to case"},
		{name: "use_regex", kind: "boolean", doc: "name is a regular expression"},
	}
)

// ownQueries are the queries of single routes.
var ownQueries = map[string][]input{
	"GET /api/queues/{vhost}/{queue}/browse": browseInputs,
	"DELETE /api/queues/{vhost}/{queue}": {
		{name: "if-empty", kind: "boolean", doc: "Only without messages"}, {name: "if-unused", kind: "boolean", doc: "Only without consumers"},
	},
	"DELETE /api/exchanges/{vhost}/{exchange}": {{name: "if-unused", kind: "boolean", doc: "Only without bindings from it"}},
	"GET /api/events": {
		{name: "topic", kind: "array", doc: "Paths of GET routes below /api that are to be followed, with their queries; 16 at most"},
		{name: "objects", kind: "string", doc: "Kinds of objects that come and go, with commas between them, or all"},
	},
	"GET /api/definitions":         {{name: "download", kind: "string", doc: "The name of the file that a browser saves"}},
	"GET /api/definitions/{vhost}": {{name: "download", kind: "string", doc: "The name of the file that a browser saves"}},
	"GET /api/nodes/{node}": {
		{name: "memory", kind: "boolean", doc: "With where its memory is"}, {name: "binary", kind: "boolean", doc: "With who holds the octets of messages"},
	},
}

// queryInputs are all that the query of a route may have, but for the ranges of
// figures, which management-api §5.1 has.
func queryInputs(r route) []input {
	all := ownQueries[r.method+" "+r.path]
	if r.media&(live|listOut|pagedOut) != 0 {
		all = slices.Concat(all, columnInputs)
	}
	if r.media&(listOut|pagedOut) != 0 {
		all = slices.Concat(all, sortInputs)
	}
	if r.media&pagedOut != 0 {
		all = slices.Concat(all, pageInputs)
	}
	return all
}

// bodyInputs are the bodies of routes that refuse what they do not know.
var bodyInputs = map[string][]input{
	"POST /api/queues/{vhost}/{queue}/transfers": transferInputs,
	"PATCH /api/queues/{vhost}/{queue}/arguments": {
		{name: "arguments", kind: "object", doc: "Arguments and their new values; null removes one", needed: true},
	},
}
