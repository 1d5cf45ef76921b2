package mgmt

import (
	"bytes"
	"encoding/json"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// decode reads JSON as it stands: numbers keep their digits, however many.
func decode(text []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	return d.Decode(v)
}

// applyPatch carries out a patch as a client does.
func applyPatch(t testing.TB, text, patch []byte) any {
	t.Helper()
	var doc any
	var ops []struct {
		Op, Path string
		Value    any
	}
	if err := decode(text, &doc); err != nil {
		t.Fatal(err)
	}
	if err := decode(patch, &ops); err != nil {
		t.Fatalf("the patch is no JSON: %v: %s", err, patch)
	}
	for _, op := range ops {
		if op.Path == "" {
			doc = op.Value
			continue
		}
		keys := strings.Split(op.Path, "/")[1:]
		doc = applyAt(t, doc, keys, op.Op, op.Value)
	}
	return doc
}

// applyAt carries out one operation below doc and returns doc.
func applyAt(t testing.TB, doc any, keys []string, op string, v any) any {
	t.Helper()
	key := strings.NewReplacer("~1", "/", "~0", "~").Replace(keys[0])
	switch doc := doc.(type) {
	case map[string]any:
		_, there := doc[key]
		switch {
		case len(keys) > 1:
			doc[key] = applyAt(t, doc[key], keys[1:], op, v)
		case there == (op == "add"):
			t.Fatalf("%s of %s, which is there: %v", op, key, there)
		case op == "remove":
			delete(doc, key)
		default:
			doc[key] = v
		}
		return doc
	case []any:
		i, err := strconv.Atoi(key)
		if err != nil || i < 0 || i > len(doc) || i == len(doc) && op != "add" {
			t.Fatalf("%s at %s of %d", op, key, len(doc))
		}
		switch {
		case len(keys) > 1:
			doc[i] = applyAt(t, doc[i], keys[1:], op, v)
		case op == "add":
			return slices.Insert(doc, i, v)
		case op == "remove":
			return slices.Delete(doc, i, i+1)
		default:
			doc[i] = v
		}
		return doc
	}
	t.Fatalf("nothing at %s of %v", key, doc)
	return nil
}

// checkPatch makes the patch from old to new and carries it out.
func checkPatch(t testing.TB, old, new string) {
	t.Helper()
	p := &patcher{max: 1 << 30}
	p.out = append(p.out, '[')
	p.compare([]byte(old), []byte(new), 0)
	p.out = append(p.out, ']')
	var want any
	if err := decode([]byte(new), &want); err != nil {
		t.Fatal(err)
	}
	if got := applyPatch(t, []byte(old), p.out); !reflect.DeepEqual(got, want) {
		t.Errorf("from %s by %s: %v; want %s", old, p.out, got, new)
	}
}

func TestPatch(t *testing.T) {
	for _, c := range [][3]string{
		{`{"a":1}`, `{"a":1}`, `[]`},
		{`{"a":1}`, `{"a":2}`, `[{"op":"replace","path":"/a","value":2}]`},
		{`{"a":{"b":1,"c":2}}`, `{"a":{"b":1}}`, `[{"op":"remove","path":"/a/c"}]`},
		{`{"a":null}`, `{"a":null,"b/~":[1]}`, `[{"op":"add","path":"/b~1~0","value":[1]}]`},
		{`[1,2,3]`, `[0,1,3]`, `[{"op":"remove","path":"/1"},{"op":"add","path":"/0","value":0}]`},
		{`{"samples":[{"sample":5,"timestamp":10},{"sample":4,"timestamp":5}]}`, `{"samples":[{"sample":6,"timestamp":15},{"sample":5,"timestamp":10}]}`,
			`[{"op":"remove","path":"/samples/1"},{"op":"add","path":"/samples/0","value":{"sample":6,"timestamp":15}}]`},
		{`[{"name":"a","n":1},{"name":"b","n":1}]`, `[{"name":"b","n":2}]`, `[{"op":"remove","path":"/0"},{"op":"replace","path":"/0/n","value":2}]`},
		{`{}`, `[]`, `[{"op":"replace","path":"","value":[]}]`},
	} {
		p := &patcher{max: 1 << 20, out: []byte{'['}}
		p.compare([]byte(c[0]), []byte(c[1]), 0)
		if got := string(p.out) + "]"; got != c[2] {
			t.Errorf("%s to %s: %s; want %s", c[0], c[1], got, c[2])
		}
		checkPatch(t, c[0], c[1])
	}
	if _, short := makePatch([]byte(`{"a":1}`), []byte(`{"a":2}`)); short {
		t.Error("a patch longer than the answer counts as short")
	}
}

// Keys that no table of this package has: twice, escaped, very many.
func TestPatch_StrangeKeys(t *testing.T) {
	many := func(last string) string {
		var b strings.Builder
		b.WriteString("{")
		for i := range maxPatchMembers {
			b.WriteString(`"k` + strconv.Itoa(i) + `":0,`)
		}
		return b.String() + `"l":` + last + "}"
	}
	for _, c := range [][2]string{
		{`{"a":1,"a":2}`, `{"a":2,"a":2}`}, {`{"\u0061":1}`, `{"a":2}`}, {`{"\/":1}`, `{"\/":2}`}, {many("1"), many("2")},
		{strings.Repeat("[", 50) + "1" + strings.Repeat("]", 50), strings.Repeat("[", 50) + "2" + strings.Repeat("]", 50)},
	} {
		checkPatch(t, c[0], c[1])
	}
}

func FuzzPatch(f *testing.F) {
	f.Add(`{"a":[{"name":"x","v":1}]}`, `{"a":[{"name":"y"},{"name":"x","v":2}]}`)
	f.Add(`[1,"a",null,{}]`, ` [ "a" , 1 , {"b" : [ ] } ] `)
	f.Add(`{"a":"}\"{"}`, `{"a":"],["}`)
	f.Fuzz(func(t *testing.T, old, new string) {
		if !json.Valid([]byte(old)) || !json.Valid([]byte(new)) {
			return
		}
		checkPatch(t, strings.TrimSpace(old), strings.TrimSpace(new))
	})
}
