package mgmt

// route is one method of one path.
type route struct {
	method string
	path   string // "{name}" is a variable; "{vhost}" is one that access looks at
	access access
	media  media
	handle func(*call) error // answers, or returns an error for refusal.go
	doc    string            // what it does, for people; no full stop
}

// routes is every method of every path there is. Access, the header allow, 405,
// the reference page and the OpenAPI document follow from it. HEAD comes with
// GET, and OPTIONS with everything.
var routes = []route{
	// Who is here (whoami.go).
	{"GET", "/api/whoami", anyLogin, 0, whoami, "The name and tags of the user who asks"},
	{"GET", "/api/auth", open, 0, authSettings, "How to log in: whether OAuth 2 is used, which it is not"},

	// The cluster (cluster.go).
	{"GET", "/api/cluster-name", anyLogin, 0, clusterName, "The cluster's name"},
	{"PUT", "/api/cluster-name", administrator, 0, putClusterName, "Give the cluster another name: {\"name\":\"...\"}"},
}
