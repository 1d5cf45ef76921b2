package exchange

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestTopicTable is the table of amqp-behaviour §3.5.
func TestTopicTable(t *testing.T) {
	for _, row := range []struct {
		pattern   string
		yes, no   []string
		canonical string // in the trie's normal form, where it differs
	}{
		{pattern: "", yes: []string{""}, no: []string{"a", ".", "#"}},
		{pattern: "#", yes: []string{"", "a", ".", "a.b.c", "#"}},
		{pattern: "#.#", yes: []string{"", "a", ".", "a.b.c"}, canonical: "#"},
		{pattern: "*", yes: []string{"a", "#", "*"}, no: []string{"", "a.b", "."}},
		{pattern: "*.#", yes: []string{"a", "a.b", "."}, no: []string{""}},
		{pattern: "#.*", yes: []string{"a", "a.b", "."}, no: []string{""}, canonical: "*.#"},
		{pattern: "a.*", yes: []string{"a.b", "a."}, no: []string{"a", "a.b.c"}},
		{pattern: "a.#", yes: []string{"a", "a.b", "a.", "a..b"}, no: []string{"b", ""}},
		{pattern: "#.a", yes: []string{"a", ".a", "b.c.a"}, no: []string{"a.", ""}},
		{pattern: "a.*.b", yes: []string{"a.x.b", "a..b"}, no: []string{"a.b", "a.x.y.b"}},
		{pattern: "a.#.b", yes: []string{"a.b", "a..b", "a.x.y.b"}, no: []string{"a", "b"}},
		{pattern: "#.a.#.b", yes: []string{"a.b", "lazy.a.b", "a.a.b.b"}, no: []string{"a", "b.a"}},
		{pattern: "*.*", yes: []string{"a.b", ".", "a.", ".a"}, no: []string{"..", "a"}},
		{pattern: "*.b.*", yes: []string{"x.b.y"}, no: []string{"a.b"}},
		{pattern: "..", yes: []string{".."}, no: []string{".", ""}},
		{pattern: "a#", yes: []string{"a#"}, no: []string{"a", "ab", "a.b"}},
		{pattern: "#a", yes: []string{"#a"}, no: []string{"a", "b.a"}},
		{pattern: "*a", yes: []string{"*a"}, no: []string{"ba", "a"}},
		{pattern: "**", yes: []string{"**"}, no: []string{"a", "ab"}},
		{pattern: "#.*.#.a.#.#.*.#", yes: []string{"x.a.y", "x.y.a.a.z"}, no: []string{"a.y", "x.a"}, canonical: "*.#.a.*.#"},
		{pattern: "a.b", yes: []string{"a.b"}, no: []string{"a", "b", "a.b.", ".a.b", "a.b.c", "A.b"}},
	} {
		canonical := row.canonical
		if canonical == "" {
			canonical = row.pattern
		}
		var tokens []string
		for token := range normalTokens(row.pattern) {
			tokens = append(tokens, token)
		}
		if got := strings.Join(tokens, "."); got != canonical {
			t.Errorf("%q is stored as %q, want %q", row.pattern, got, canonical)
		}
		r := NewRouter()
		r.Put(Exchange{Name: "t", Type: Topic})
		mustBind(t, r, Binding{Source: "t", Destination: "q", Key: row.pattern})
		for _, k := range row.yes {
			expectQueues(t, r, "t", key(k), "q")
		}
		for _, k := range row.no {
			expectQueues(t, r, "t", key(k))
		}
		r.Unbind(Binding{Source: "t", Destination: "q", Key: row.pattern})
		for _, k := range row.yes {
			expectQueues(t, r, "t", key(k))
		}
		mustVerify(t, r)
	}
}

// TestTopicKeepsIdentity holds the normal form apart from the identity: #.#
// and # match alike and are two bindings.
func TestTopicKeepsIdentity(t *testing.T) {
	r := NewRouter()
	r.Put(Exchange{Name: "t", Type: Topic})
	for _, pattern := range []string{"#", "#.#", "#.#.#"} {
		mustBind(t, r, Binding{Source: "t", Destination: "q", Key: pattern})
	}
	r.Unbind(Binding{Source: "t", Destination: "q", Key: "#"})
	r.Unbind(Binding{Source: "t", Destination: "q", Key: "#.#"})
	expectQueues(t, r, "t", key("a.b"), "q")
	r.Unbind(Binding{Source: "t", Destination: "q", Key: "#.#.#"})
	expectQueues(t, r, "t", key("a.b"))
	mustVerify(t, r)
}

// TestTopicCannotExplode routes the keys and patterns for which a
// backtracking matcher takes longer than the universe has been there.
func TestTopicCannotExplode(t *testing.T) {
	r := NewRouter()
	r.Put(Exchange{Name: "t", Type: Topic})
	long := strings.Repeat("a.", 127) + "a"
	for _, pattern := range []string{
		strings.Repeat("#.a.", 63) + "z",
		strings.Repeat("#.", 127) + "z",
		strings.Repeat("#.*.", 63) + "z",
		strings.Repeat("a.#.", 63) + "#.z",
		strings.Repeat("*.#.a.", 40) + "z",
	} {
		mustBind(t, r, Binding{Source: "t", Destination: pattern[:8], Key: pattern})
	}
	mustBind(t, r, Binding{Source: "t", Destination: "yes", Key: strings.Repeat("#.a.", 60) + "#"})
	expectQueues(t, r, "t", key(long), "yes")
	mustVerify(t, r)
}

// naiveTopic matches word lists by the definition of the wildcards: matches[n] says whether
// the pattern, as far as it is read, matches the first n words of the key.
func naiveTopic(pattern, key []string) bool {
	matches := make([]bool, len(key)+1)
	matches[0] = true
	for _, word := range pattern {
		if word == "#" {
			for n := range key {
				matches[n+1] = matches[n+1] || matches[n]
			}
			continue
		}
		for n := len(key); n > 0; n-- {
			matches[n] = matches[n-1] && (word == "*" || word == key[n-1])
		}
		matches[0] = false
	}
	return matches[len(key)]
}

func splitWords(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, ".")
}

// FuzzTopic reads patterns and keys from lines: the first line is the key,
// each further one a pattern. Bindings are made, checked, half of them
// removed, and checked again.
func FuzzTopic(f *testing.F) {
	f.Add("a.b.c\na.#\n*.b.*\n#.c\n#.#.#\na.b.c")
	f.Add("\n#\n*\n\n#.*")
	f.Add("..\n*.*.*\n..\n#.\n.#")
	f.Add("a.a.a.a\n#.a.#.a.#\n#.a.*.#.a\na.#.#.a")
	f.Fuzz(func(t *testing.T, script string) {
		lines := strings.Split(script, "\n")
		if len(script) > 1000 || len(lines) > 12 {
			return // longer scripts only take longer
		}
		r := NewRouter()
		r.Put(Exchange{Name: "t", Type: Topic})
		alive := map[string]bool{}
		check := func() {
			var want []string
			for pattern := range alive {
				if naiveTopic(splitWords(pattern), splitWords(lines[0])) {
					want = append(want, "q"+pattern)
				}
			}
			got := routed(t, r, "t", key(lines[0]))
			if len(got) != len(want) {
				t.Fatalf("key %q of %q reaches %q, want %q", lines[0], lines[1:], got, want)
			}
			for _, q := range got {
				if !alive[q[1:]] {
					t.Fatalf("key %q reaches %q, which is gone", lines[0], q)
				}
			}
			mustVerify(t, r)
		}
		for _, pattern := range lines[1:] {
			mustBind(t, r, Binding{Source: "t", Destination: "q" + pattern, Key: pattern})
			alive[pattern] = true
		}
		check()
		for i, pattern := range lines[1:] {
			if i%2 == 0 && alive[pattern] {
				r.Unbind(Binding{Source: "t", Destination: "q" + pattern, Key: pattern})
				delete(alive, pattern)
			}
		}
		check()
	})
}

// TestTopicAgainstNaive is the fuzz target's question with keys that hit.
func TestTopicAgainstNaive(t *testing.T) {
	words := rapid.SampledFrom([]string{"a", "b", "", "#", "*", "a", "#", "*", "a#"})
	phrase := rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(words, 0, 7).Draw(t, "words"), ".")
	})
	rapid.Check(t, func(t *rapid.T) {
		trie := newTrie()
		places := newDestinations()
		patterns := rapid.SliceOfNDistinct(phrase, 0, 30, rapid.ID[string]).Draw(t, "patterns")
		for _, pattern := range patterns {
			trie.add(pattern, places.queue(pattern))
		}
		gone := rapid.IntRange(0, len(patterns)).Draw(t, "gone")
		for _, pattern := range patterns[:gone] {
			trie.remove(pattern, places.queue(pattern))
		}
		if err := trie.verify(); err != nil {
			t.Fatal(err)
		}
		var walk topicWalk
		for range 5 {
			k := phrase.Draw(t, "key")
			var res Result
			trie.match([]byte(k), &walk, &res)
			got := map[string]bool{}
			for _, q := range res.Queues {
				got[q] = true
			}
			if len(got) != len(res.Queues) {
				t.Fatalf("key %q reaches %q", k, res.Queues)
			}
			for i, pattern := range patterns {
				if want := i >= gone && naiveTopic(splitWords(pattern), splitWords(k)); got[pattern] != want {
					t.Fatalf("key %q, pattern %q: %v, want %v", k, pattern, got[pattern], want)
				}
			}
		}
	})
}
