package main

import (
	"slices"
	"strings"
	"testing"
)

// The record is read whole, and what the session and the differences refer to is
// there.
func TestRecord_IsSound(t *testing.T) {
	shapes, err := readShapes(shapesText)
	if err != nil {
		t.Fatalf("shapes.txt: %v", err)
	}
	sections, err := readSession(sessionText)
	if err != nil {
		t.Fatalf("session.txt: %v", err)
	}
	differs, err := readDifferences(differsText)
	if err != nil {
		t.Fatalf("differs.txt: %v", err)
	}
	asked, used := map[string]bool{}, map[string]bool{}
	var order []string
	for _, s := range sections {
		order = append(order, s.name)
		for _, q := range s.requests {
			asked[q.id] = true
			if q.like == nil {
				continue
			}
			err := q.like.each(func(inner *shape) error { used[inner.name] = true; return nil })
			if err != nil || q.like.name != "" && shapes[q.like.name] == nil {
				t.Errorf("%s: there is no shape %q", q.id, q.like.name)
			}
		}
	}
	if want := []string{"setup", "look", "refuse", "probe", "teardown"}; !slices.Equal(order, want) {
		t.Errorf("sections %v, want %v", order, want)
	}
	for id := range differs.requests {
		if !asked[id] {
			t.Errorf("differs.txt: nothing is called %s", id)
		}
	}
	for _, s := range shapes {
		s.each(func(inner *shape) error { used[inner.name] = true; return nil })
	}
	for name := range shapes {
		if !used[name] {
			t.Errorf("shapes.txt: nothing is like %s", name)
		}
	}
}

const notation = `
shape queue object
	name string
	state string in idle|disk space
	stats object sometimes
		rate number
	arguments object
		* integer|string
	owner @owner may
	when kind=quorum
		members array of string
	when kind=classic @more
shape owner object|null
	pid string
shape more any
	tags array of object
		tag string
`

func TestCompare(t *testing.T) {
	shapes, err := readShapes(notation)
	if err != nil {
		t.Fatal(err)
	}
	const classic = `"name":"q","state":"idle","arguments":{},"kind":"classic","tags":[]`
	for _, c := range []struct{ name, list, want string }{
		{"all of it", `[{` + classic + `,"stats":{"rate":1}}]`, ""},
		{"unknown fields are allowed", `[{` + classic + `,"stats":{"rate":1.5},"new":1}]`, ""},
		{"sometimes: not in every one", `[{` + classic + `},{` + classic + `,"stats":{"rate":1}}]`, ""},
		{"sometimes: in none", `[{` + classic + `},{` + classic + `}]`, "[]<classic>.stats is in 0 of 2"},
		{"always: not in every one", `[{` + classic + `,"stats":{}}]`, "[]<classic>.stats.rate is in 0 of 1"},
		{"another case", `[{"name":"q","state":"idle","arguments":{},"kind":"quorum","stats":{"rate":0},"members":["a",1]}]`, "[]<quorum>.members[] is 1, want string"},
		{"no case", `[{"name":"q","state":"idle","arguments":{},"kind":"stream","stats":{"rate":0}}]`, `[].kind is "stream", which was not recorded`},
		{"a value that is none of them", `[{` + strings.Replace(classic, "idle", "gone", 1) + `,"stats":{"rate":0}}]`, `[]<classic>.state is "gone", want one of ["idle" "disk space"]`},
		{"other fields", `[{` + strings.Replace(classic, `{}`, `{"a":1,"b":1.5}`, 1) + `,"stats":{"rate":0}}]`, "[]<classic>.arguments.* is 1.5, want integer or string"},
		{"null where it may be", `[{` + classic + `,"stats":{"rate":0},"owner":null}]`, ""},
		{"of what stands behind a name", `[{` + classic + `,"stats":{"rate":0},"owner":{}}]`, "[]<classic>.owner.pid is in 0 of 1"},
		{"deep in a list", `[{` + strings.Replace(classic, `[]`, `[{"tag":"a"},{}]`, 1) + `,"stats":{"rate":0}}]`, "[]<classic>.tags[].tag is in 1 of 2"},
		{"no object at all", `[5]`, "[] is 5, want object"},
	} {
		value, err := decode([]byte(c.list))
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		var got []string
		for _, f := range shapes.compare(value, &shape{types: []string{"array"}, items: &shape{name: "queue"}}) {
			got = append(got, f.text)
		}
		if got := strings.Join(got, "; "); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestIsOf_IntegersHaveNoPoint(t *testing.T) {
	for text, want := range map[string]bool{"5": true, "-5": true, "5.0": false, "5e3": false} {
		if v, err := decode([]byte(text)); err != nil || isOf(v, "integer") != want || !isOf(v, "number") {
			t.Errorf("%s is an integer: %t, want %t", text, !want, want)
		}
	}
}

func TestReading_RefusesWhatItDoesNotKnow(t *testing.T) {
	for _, text := range []string{"name string", "shape a object\n\t\tdeep string", "shape a text", "shape a @b", "shape a any\nshape a any", "shape a object\n\tb string often", "shape a object\n\twhen kind @a"} {
		if _, err := readShapes(text); err == nil {
			t.Errorf("shapes %q are read", text)
		}
	}
	for _, text := range []string{"a GET /api 200", "section look\na GET /api", "section look\n\tsome", "section look\na GET /api 200\n\tperhaps", "section look\na GET /api 200\na GET /api 200"} {
		if _, err := readSession(text); err == nil {
			t.Errorf("the session %q is read", text)
		}
	}
	for _, text := range []string{"field a", "thing a: b", "field a: ", "field a, a: b"} {
		if _, err := readDifferences(text); err == nil {
			t.Errorf("the differences %q are read", text)
		}
	}
}

func TestDifferences_TellWhatIsOfNoUse(t *testing.T) {
	d, err := readDifferences("field a, b: no Erlang\nrequest look/x: no plugin")
	if err != nil {
		t.Fatal(err)
	}
	if got := d.unmeant([]fault{{"a", "no a"}, {"c", "no c"}}); !slices.Equal(got, []string{"no c"}) {
		t.Errorf("%q is not meant, want c alone", got)
	}
	if got := d.unused(); !slices.Equal(got, []string{"b", "look/x"}) {
		t.Errorf("of no use: %q", got)
	}
}

func TestNames_AreWrittenAsTheirPlaceAsks(t *testing.T) {
	n := names{"v": `a/b "c"`, "u_x": "x"}
	for _, c := range []struct {
		text   string
		encode func(string) string
		want   string
	}{
		{"/api/queues/{v}/q", inPath, "/api/queues/a%2Fb%20%22c%22/q"},
		{`{"vhost": "{v}", "{u_x}": {}}`, inJSON, `{"vhost": "a/b \"c\"", "x": {}}`},
		{"[{key_missing,read}]", plain, "[{key_missing,read}]"},
	} {
		if got, err := n.fill(c.text, c.encode); err != nil || got != c.want {
			t.Errorf("%s: %s %v, want %s", c.text, got, err, c.want)
		}
	}
	if _, err := n.fill("{nobody}", plain); err == nil {
		t.Error("a word without a name was filled in")
	}
}
