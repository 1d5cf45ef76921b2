package auth

import (
	"errors"
	"fmt"
	"slices"
	"testing"
)

// refusal is the text of an error, "" for none.
func refusal(t *testing.T, err error) string {
	t.Helper()
	if err == nil {
		return ""
	}
	var r *Refusal
	if !errors.As(err, &r) || !errors.Is(err, ErrAccessRefused) || r.Text != err.Error() {
		t.Errorf("%v is no refusal", err)
	}
	return err.Error()
}

func TestAuthorize(t *testing.T) {
	d := &directory{permissions: map[[2]string]Permission{
		{"u", "/"}:      {Configure: "^c", Write: "w", Read: "r$"},
		{"all", "/"}:    {Configure: ".*", Write: ".*", Read: ".*"},
		{"none", "/"}:   {},
		{"anchor", "/"}: {Configure: "^$", Write: "^amq\\.default$", Read: "^(?!amq\\.).*"},
		{"broken", "/"}: {Configure: "(", Write: "*", Read: "["},
	}}
	a := NewAuthorizer(d)
	tests := []struct {
		user   string
		access Access
		kind   Kind
		name   string
		want   string // kind and name as the refusal has them, "" if allowed
	}{
		{"u", Configure, Queue, "c1", ""},
		{"u", Configure, Queue, "xc", "queue 'xc'"},
		{"u", Configure, Queue, "C1", "queue 'C1'"},
		{"u", Write, Exchange, "xwx", ""},
		{"u", Read, Queue, "xr", ""},
		{"u", Read, Queue, "rx", "queue 'rx'"},
		{"u", Write, Exchange, "", "exchange 'amq.default'"},
		{"u", Write, Queue, "", "queue ''"},
		{"all", Write, Exchange, "", ""},
		{"all", Configure, Queue, "", ""},
		{"none", Configure, Queue, "a", "queue 'a'"},
		{"none", Write, Exchange, "", "exchange 'amq.default'"},
		{"none", Read, Queue, "", ""}, // an empty expression matches the empty name, as ^$ does
		{"anchor", Write, Exchange, "", ""},
		{"anchor", Write, Exchange, "amq.direct", "exchange 'amq.direct'"},
		{"anchor", Read, Exchange, "amq.direct", "exchange 'amq.direct'"},
		{"anchor", Read, Exchange, "x", ""},
		{"broken", Configure, Queue, "a", "queue 'a'"},
		{"broken", Read, Queue, "a", "queue 'a'"},
		{"stranger", Read, Queue, "a", "queue 'a'"},
	}
	for range 2 { // the second time from the cache of patterns
		for _, test := range tests {
			want := ""
			if test.want != "" {
				want = fmt.Sprintf("access to %s in vhost '/' refused for user '%s'", test.want, test.user)
			}
			if got := refusal(t, a.Authorize(test.user, "/", test.access, test.kind, test.name)); got != want {
				t.Errorf("%s %s %s %q: %q, want %q", test.user, test.access, test.kind, test.name, got, want)
			}
		}
	}
}

func TestAuthorizeVhost(t *testing.T) {
	a := NewAuthorizer(&directory{permissions: map[[2]string]Permission{{"u", "/"}: {}}})
	if err := a.AuthorizeVhost("u", "/"); err != nil {
		t.Errorf("an empty permission lets in: %v", err)
	}
	if got := refusal(t, a.AuthorizeVhost("u", "v")); got != "access to vhost 'v' refused for user 'u'" {
		t.Errorf("got %s", got)
	}
}

func TestAuthorizeTopic(t *testing.T) {
	rows := func(user string) map[[2]string][]TopicPermission {
		return map[[2]string][]TopicPermission{{user, "v"}: {
			{Exchange: "other", Write: "", Read: ""},
			{Exchange: "amq.topic", Write: "^{username}\\.", Read: "^{vhost}\\."},
			{Exchange: "empty"},
		}}
	}
	tests := []struct {
		user, exchange string
		access         Access
		key            string
		allowed        bool
	}{
		{"u", "amq.topic", Write, "u.x", true},
		{"u", "amq.topic", Write, "v.x", false},
		{"u", "amq.topic", Read, "v.x", true},
		{"u", "amq.topic", Read, "u.x", false},
		{"u", "no.row", Write, "anything", true},
		{"u", "empty", Write, "a", false},
		{"u", "empty", Write, "", true},
		{".*", "amq.topic", Write, "u.x", false}, // the name is no expression
		{".*", "amq.topic", Write, ".*.x", true},
	}
	for _, test := range tests {
		a := NewAuthorizer(&directory{topics: rows(test.user)})
		want := ""
		if !test.allowed {
			want = fmt.Sprintf("access to topic '%s' in exchange '%s' in vhost 'v' refused for user '%s'", test.key, test.exchange, test.user)
		}
		if got := refusal(t, a.AuthorizeTopic(test.user, "v", test.access, test.exchange, test.key)); got != want {
			t.Errorf("%+v: got %s", test, got)
		}
	}
}

// TestOperations walks the table of amqp-behaviour §8: with the accesses of an
// operation it is allowed, without any one of them it is not, and the first
// that is missing is named.
func TestOperations(t *testing.T) {
	type need struct {
		access Access
		kind   Kind
		name   string
	}
	operations := map[string][]need{
		"queue.declare":                   {{Configure, Queue, "q"}},
		"queue.declare with dead letters": {{Configure, Queue, "q"}, {Read, Queue, "q"}, {Write, Exchange, "dlx"}},
		"queue.delete":                    {{Configure, Queue, "q"}},
		"queue.purge":                     {{Read, Queue, "q"}},
		"basic.get":                       {{Read, Queue, "q"}},
		"basic.consume":                   {{Read, Queue, "q"}},
		"queue.bind":                      {{Write, Queue, "q"}, {Read, Exchange, "x"}},
		"queue.unbind":                    {{Write, Queue, "q"}, {Read, Exchange, "x"}},
		"exchange.declare":                {{Configure, Exchange, "x"}},
		"exchange.declare, alternate":     {{Configure, Exchange, "x"}, {Write, Exchange, "ae"}, {Read, Exchange, "x"}},
		"exchange.delete":                 {{Configure, Exchange, "x"}},
		"exchange.bind":                   {{Write, Exchange, "destination"}, {Read, Exchange, "source"}},
		"basic.publish":                   {{Write, Exchange, "x"}},
		"basic.publish to default":        {{Write, Exchange, ""}},
	}
	for name, needs := range operations {
		for missing := -1; missing < len(needs); missing++ {
			var p Permission
			for i, n := range needs {
				if i == missing {
					continue
				}
				name := n.name
				if name == "" {
					name = "amq.default"
				}
				field := map[Access]*string{Configure: &p.Configure, Write: &p.Write, Read: &p.Read}[n.access]
				*field += "|^" + name + "$"
			}
			for _, field := range []*string{&p.Configure, &p.Write, &p.Read} {
				if *field != "" {
					*field = (*field)[1:]
				}
			}
			a := NewAuthorizer(&directory{permissions: map[[2]string]Permission{{"u", "/"}: p}})
			var cache Cache
			refusedAt := slices.IndexFunc(needs, func(n need) bool {
				return cache.Authorize(a, "u", "/", n.access, n.kind, n.name) != nil
			})
			if refusedAt != missing {
				t.Errorf("%s without need %d is refused at %d", name, missing, refusedAt)
			}
		}
	}
}

func TestCheckPatterns(t *testing.T) {
	if err := CheckPatterns("", ".*", "^(?!a)"); err != nil {
		t.Error(err)
	}
	if CheckPatterns(".*", "(") == nil {
		t.Error("an open parenthesis passes")
	}
}

func TestPatternCacheIsBounded(t *testing.T) {
	var c patternCache
	for i := range maxPatterns + 10 {
		c.match(fmt.Sprintf("^%d$", i), "1")
	}
	if len(c.patterns) > maxPatterns {
		t.Errorf("%d patterns kept", len(c.patterns))
	}
}

func TestAccessNames(t *testing.T) {
	if got := fmt.Sprint(Configure, Write, Read, Access(9)); got != "configure write read Access(9)" {
		t.Errorf("got %s", got)
	}
	if (Permission{".*", ".*", ".*"}).pattern(Access(9)) != "" {
		t.Error("an access that is none is allowed")
	}
}

func TestCache(t *testing.T) {
	d := &directory{permissions: map[[2]string]Permission{{"u", "/"}: {Write: ".*"}}}
	a := NewAuthorizer(d)
	var c Cache
	write := func(name string) bool { return c.Authorize(a, "u", "/", Write, Exchange, name) == nil }
	if !write("x") {
		t.Fatal("not allowed at all")
	}
	d.permissions[[2]string{"u", "/"}] = Permission{}
	if !write("x") {
		t.Error("forgotten at once")
	}
	if write("y") || c.Authorize(a, "u", "/", Read, Exchange, "x") == nil || c.Authorize(a, "u", "/", Write, Queue, "x") == nil {
		t.Error("remembered for another name, access or kind")
	}
	c.Clear()
	if write("x") {
		t.Error("Clear does not forget")
	}

	d.permissions[[2]string{"u", "/"}] = Permission{Write: ".*"}
	for i := range cacheSize {
		write(fmt.Sprint(i))
	}
	write("one too many")
	d.permissions[[2]string{"u", "/"}] = Permission{}
	if write("0") || !write("1") || !write("11") || !write("one too many") {
		t.Error("not the latest 12 are remembered")
	}
}

func TestCacheOfTopics(t *testing.T) {
	d := &directory{topics: map[[2]string][]TopicPermission{{"u", "/"}: {{Exchange: "x", Write: "^a", Read: "^b"}}}}
	a := NewAuthorizer(d)
	var c Cache
	ask := func(access Access, key string) bool { return c.AuthorizeTopic(a, "u", "/", access, "x", key) == nil }
	if !ask(Write, "a") || ask(Write, "b") || !ask(Read, "b") || ask(Read, "a") {
		t.Error("not decided as the authorizer does")
	}
	d.topics[[2]string{"u", "/"}] = []TopicPermission{{Exchange: "x"}}
	if !ask(Write, "a") || ask(Write, "aa") {
		t.Error("remembers too little or too much")
	}
}

func TestTags(t *testing.T) {
	tests := []struct {
		names []string
		want  Tags
	}{
		{nil, 0},
		{[]string{"zzz", "Administrator"}, 0},
		{[]string{"administrator"}, Administrator | Monitoring | Policymaker | Management},
		{[]string{"monitoring"}, Monitoring | Management},
		{[]string{"policymaker"}, Policymaker | Management},
		{[]string{"management"}, Management},
		{[]string{"impersonator"}, Impersonator},
		{[]string{"monitoring", "impersonator", "zzz"}, Monitoring | Management | Impersonator},
	}
	for _, test := range tests {
		got := ParseTags(test.names)
		if got != test.want {
			t.Errorf("%v: %b, want %b", test.names, got, test.want)
		}
		if !got.Has(test.want) || test.want == 0 && got.Has(Management) {
			t.Errorf("%v: Has does not agree", test.names)
		}
	}
	for text, want := range map[string][]string{
		"": {}, "administrator": {"administrator"}, " administrator, monitoring ,,x": {"administrator", "monitoring", "x"},
	} {
		if got := SplitTags(text); !slices.Equal(got, want) || got == nil {
			t.Errorf("%q: %v", text, got)
		}
	}
}

func BenchmarkCache(b *testing.B) {
	a := NewAuthorizer(&directory{permissions: map[[2]string]Permission{{"u", "/"}: {Write: "^x"}}})
	var c Cache
	b.ReportAllocs()
	for b.Loop() {
		if err := c.Authorize(a, "u", "/", Write, Exchange, "x.orders"); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAuthorize(b *testing.B) {
	a := NewAuthorizer(&directory{permissions: map[[2]string]Permission{{"u", "/"}: {Write: "^x"}}})
	b.ReportAllocs()
	for b.Loop() {
		if err := a.Authorize("u", "/", Write, Exchange, "x.orders"); err != nil {
			b.Fatal(err)
		}
	}
}
