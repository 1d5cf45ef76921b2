package policy

import (
	"errors"
	"strings"
	"testing"
)

func TestPatternMatches(t *testing.T) {
	tests := []struct {
		pattern  string
		yes, not string // names, separated by spaces; "-" is the empty name
	}{
		{"", "- a anything", ""},
		{".*", "- a", ""},
		{"a", "a xa ax xax", "- A b"},
		{"^ha.", "ha.x hax", "xha.x ha"},
		{`^(?!amq\.).*`, "a amq amqx -", "amq. amq.x"},
		{`^(?!amq\.|tmp)`, "a amq", "amq.x tmp1"},
		{`(?i)^(?!AMQ)`, "a", "amq.x AmQ"},
		{`^((?!dlx).)*$`, "- a dl x", "dlx adlx dlxa"},
		{`^.*(?<!\.dlq)$`, "a dlq x.dl", "a.dlq .dlq"},
		{`(?<=a)b`, "ab xab", "b cb"},
		{`(?<=^a)b`, "ab abc", "xab b"},
		{`^(?=.*\d)(?=.*[a-z])\w+$`, "a1 1a", "a 1 a1-"},
		{`(?!a)b|c`, "b c", "a -"},
		{`(?!)`, "", "- a"},
		{`(?=)`, "- a", ""},
		{`^(?:(?!-)[a-z-])+?$`, "abc", "a-b -"},
		{`^(?!a)(b|bc)?(c|d)$`, "bc bd c bcc", "ac bcdd"},
		{`(?i)(?!x)ÄB`, "äb", "ab"},
		{`^(?!a).\b.$`, "b- -b", "bb"},
		{`(?m)^(?!a)b$`, "b", "ab"},
		{`^(?!x)[^\n]\Bb`, "bb", "b -b"},
		{`\Qa.b\E+`, "a.b a.bb", "axb"},
		{`[\Q]\E]`, "]", "a"},
		{`[]a]`, "] a", "b"},
		{`[^]a]`, "b", "] a"},
		{`[[:digit:]]-[\w.-]`, "1-. 1-- 1-a", "a-a 1-/"},
		{`^a\-b\_c\/d$`, "a-b_c/d", "ab"},
		{`\y\j`, "yj", "y"},
		{`^a\Z`, "a", "ab"},
		{`\x41\x{42}\103`, "ABC", "abc"},
		{`a(?#comment)b`, "ab", "a"},
		{`a(?)b`, "ab", "a"},
		{`a{,2}`, "a{,2}", "aa"},
		{`^a{2}$`, "aa", "a aaa"},
		{`^a{2,}?$`, "aa aaa", "a"},
		{`(?<n>a)(?P<m>b)`, "ab", "a"},
		{`^\H\N$`, "ab", "a"},
	}
	for _, test := range tests {
		p, err := CompilePattern(test.pattern)
		if err != nil {
			t.Errorf("%s: %v", test.pattern, err)
			continue
		}
		if p.String() != test.pattern {
			t.Errorf("%s: String is %s", test.pattern, p)
		}
		check := func(names string, want bool) {
			for _, name := range strings.Fields(names) {
				if name == "-" {
					name = ""
				}
				if got := p.MatchString(name); got != want {
					t.Errorf("%s on %q: %t", test.pattern, name, got)
				}
			}
		}
		check(test.yes, true)
		check(test.not, false)
	}
}

// TestPatternFaults has messages and offsets of RabbitMQ 3.10.8, except where
// the message says that something is not supported.
func TestPatternFaults(t *testing.T) {
	tests := []struct {
		pattern, message string
		offset           int
	}{
		{`*`, "nothing to repeat", 0},
		{`a**`, "nothing to repeat", 2},
		{`a|*b`, "nothing to repeat", 2},
		{`{1}`, "nothing to repeat", 2},
		{`^*`, "nothing to repeat", 1},
		{`\b{2}`, "nothing to repeat", 4},
		{`(?:?)`, "nothing to repeat", 3},
		{`(?P<n>?)`, "nothing to repeat", 6},
		{`a*??`, "nothing to repeat", 3},
		{`(a`, "missing )", 2},
		{`((a)`, "missing )", 4},
		{`(?=`, "missing )", 3},
		{`a)`, "unmatched parentheses", 1},
		{`[a`, "missing terminating ] for character class", 2},
		{`[]`, "missing terminating ] for character class", 2},
		{`a\`, `\ at end of pattern`, 2},
		{`[a\`, `\ at end of pattern`, 3},
		{`[b-a]`, "range out of order in character class", 3},
		{`a{2,1}`, "numbers out of order in {} quantifier", 5},
		{`a{70000}`, "number too big in {} quantifier", 7},
		{`(?z)b`, "unrecognized character after (? or (?-", 2},
		{`(?`, "unrecognized character after (? or (?-", 2},
		{`(?P<a`, "syntax error in subpattern name (missing terminator)", 5},
		{`(?<n`, "syntax error in subpattern name (missing terminator)", 4},
		{`[[:foo:]]`, "unknown POSIX class name", 3},
		{`\p{Foo}`, `unknown property name after \P or \p`, 6},
		{`(?#abc`, "missing ) after comment", 6},
		{`(?=[b-a])`, "range out of order in character class", 6},
		{`(a)\1`, "back references are not supported", 4},
		{`a++`, "possessive quantifiers are not supported", 2},
		{`(?>a)`, "atomic groups are not supported", 2},
	}
	for _, test := range tests {
		_, err := CompilePattern(test.pattern)
		var bad *PatternError
		if !errors.As(err, &bad) || bad.Message != test.message || bad.Offset != test.offset {
			t.Errorf("%s: %v, want %s at %d", test.pattern, err, test.message, test.offset)
		}
	}
}

// TestPatternFaultLayout checks where the text of a policy's fault breaks.
func TestPatternFaultLayout(t *testing.T) {
	const start = "pattern should be regular expression but is invalid: "
	indent := "\n" + strings.Repeat(" ", 54)
	for pattern, want := range map[string]string{
		`*`:    start + `{"nothing to repeat",0}`,
		`a)`:   start + `{"unmatched parentheses",` + indent + `1}`,
		`ab\`:  start + `{"\\ at end of pattern",` + indent + `3}`,
		`good`: ``,
	} {
		if got := patternFaultText(pattern); got != want {
			t.Errorf("%s:\n got %s\nwant %s", pattern, got, want)
		}
	}
}

// TestPatternBudget checks that a pattern made to explode gives up, rather than
// take for ever, and that giving up never counts as a match.
func TestPatternBudget(t *testing.T) {
	name := strings.Repeat("a", 255)
	for _, pattern := range []string{`(?=a)(a*)*(a*)*b`, `^(?!(a*)*(a*)*b)`, `(?!(a|a?)+$b)x`} {
		p, err := CompilePattern(pattern)
		if err != nil {
			t.Fatal(err)
		}
		if p.MatchString(name) {
			t.Errorf("%s matches", pattern)
		}
	}
}

func FuzzPattern(f *testing.F) {
	for _, seed := range []string{`^(?!amq\.).*`, `(?<=a)b`, `\Qa\E`, `[[:alpha:]]+?`, `(?i)x{2,3}`, `((a*)*)*`, `(?P<amqpdAround0>a)`} {
		f.Add(seed, "amq.x")
	}
	f.Fuzz(func(t *testing.T, pattern, name string) {
		if len(pattern) > 255 || len(name) > 255 {
			return
		}
		p, err := CompilePattern(pattern)
		if err != nil {
			var bad *PatternError
			if !errors.As(err, &bad) || bad.Message == "" || bad.Offset < 0 || bad.Offset > len(pattern) {
				t.Fatalf("%q: %#v", pattern, err)
			}
			return
		}
		p.MatchString(name)
	})
}

func BenchmarkPattern(b *testing.B) {
	for name, text := range map[string]string{"linear": `^amq\..*`, "around": `^(?!amq\.).*`} {
		p, err := CompilePattern(text)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				p.MatchString("orders.incoming.eu")
			}
		})
	}
}
