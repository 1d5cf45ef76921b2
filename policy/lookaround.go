package policy

import (
	"regexp/syntax"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// aroundBudget bounds the steps of one match of a pattern that looks around.
// Names are at most 255 octets, so only a pattern made to explode needs more.
const aroundBudget = 200_000

// aroundMatcher matches a pattern that holds lookarounds, by backtracking over
// the syntax tree that Go's parser made of it.
type aroundMatcher struct {
	root    *syntax.Regexp
	arounds []around
}

func aroundName(i int) string { return aroundPrefix + strconv.Itoa(i) }

func compileAround(translated string, arounds []around) (*aroundMatcher, error) {
	root, err := syntax.Parse(translated, syntax.Perl)
	if err != nil {
		return nil, err
	}
	return &aroundMatcher{root: root.Simplify(), arounds: arounds}, nil
}

// match reports whether the pattern is found anywhere in s.
func (m *aroundMatcher) match(s string) bool {
	run := aroundRun{aroundMatcher: m, text: s, budget: aroundBudget}
	for at := 0; at <= len(s); {
		if run.at(m.root, at, func(int) bool { return true }) {
			return true
		}
		if run.budget <= 0 {
			return false
		}
		_, width := utf8.DecodeRuneInString(s[at:])
		at += max(width, 1)
	}
	return false
}

// aroundRun is one attempt to match. When its budget is used up everything
// fails, a negative lookaround too, so that exhaustion never counts as a match.
type aroundRun struct {
	*aroundMatcher
	text   string
	budget int
}

// at matches re at offset i and calls then with each offset where it may end,
// until one of them returns true.
func (r *aroundRun) at(re *syntax.Regexp, i int, then func(int) bool) bool {
	r.budget--
	if r.budget <= 0 {
		return false
	}
	switch re.Op {
	case syntax.OpEmptyMatch:
		return then(i)
	case syntax.OpLiteral, syntax.OpCharClass, syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		end, ok := r.consume(re, i)
		return ok && then(end)
	case syntax.OpConcat:
		return r.sequence(re.Sub, i, then)
	case syntax.OpAlternate:
		for _, sub := range re.Sub {
			if r.at(sub, i, then) {
				return true
			}
		}
		return false
	case syntax.OpCapture:
		return r.capture(re, i, then)
	case syntax.OpStar:
		return r.repeat(re, i, then)
	case syntax.OpPlus:
		return r.at(re.Sub[0], i, func(end int) bool { return r.repeat(re, end, then) })
	case syntax.OpQuest:
		return r.quest(re, i, then)
	default:
		return r.assertion(re.Op, i) && then(i)
	}
}

// consume matches what takes characters: literals, classes and dots.
func (r *aroundRun) consume(re *syntax.Regexp, i int) (end int, ok bool) {
	if re.Op == syntax.OpLiteral {
		for _, want := range re.Rune {
			got, width := utf8.DecodeRuneInString(r.text[i:])
			if width == 0 || !sameRune(want, got, re.Flags&syntax.FoldCase != 0) {
				return i, false
			}
			i += width
		}
		return i, true
	}
	got, width := utf8.DecodeRuneInString(r.text[i:])
	if width == 0 {
		return i, false
	}
	switch re.Op {
	case syntax.OpAnyCharNotNL:
		ok = got != '\n'
	case syntax.OpAnyChar:
		ok = true
	default:
		ok = inClass(re.Rune, got)
	}
	return i + width, ok
}

func (r *aroundRun) sequence(subs []*syntax.Regexp, i int, then func(int) bool) bool {
	if len(subs) == 0 {
		return then(i)
	}
	return r.at(subs[0], i, func(end int) bool { return r.sequence(subs[1:], end, then) })
}

// repeat matches zero or more of re's operand. A round that takes nothing
// ends the loop, or it would never end.
func (r *aroundRun) repeat(re *syntax.Regexp, i int, then func(int) bool) bool {
	more := func() bool {
		return r.at(re.Sub[0], i, func(end int) bool { return end > i && r.repeat(re, end, then) })
	}
	if re.Flags&syntax.NonGreedy != 0 {
		return then(i) || r.budget > 0 && more()
	}
	return more() || r.budget > 0 && then(i)
}

func (r *aroundRun) quest(re *syntax.Regexp, i int, then func(int) bool) bool {
	if re.Flags&syntax.NonGreedy != 0 {
		return then(i) || r.budget > 0 && r.at(re.Sub[0], i, then)
	}
	return r.at(re.Sub[0], i, then) || r.budget > 0 && then(i)
}

// capture matches a group, which may stand for a lookaround.
func (r *aroundRun) capture(re *syntax.Regexp, i int, then func(int) bool) bool {
	number, named := strings.CutPrefix(re.Name, aroundPrefix)
	index, err := strconv.Atoi(number)
	if !named || err != nil || index >= len(r.arounds) {
		return r.at(re.Sub[0], i, then)
	}
	look := r.arounds[index]
	seen := false
	if look.behind {
		for start := i; start >= 0 && !seen; start-- {
			seen = r.at(re.Sub[0], start, func(end int) bool { return end == i })
		}
	} else {
		seen = r.at(re.Sub[0], i, func(int) bool { return true })
	}
	return r.budget > 0 && seen != look.negate && then(i)
}

// assertion checks what takes no characters.
func (r *aroundRun) assertion(op syntax.Op, i int) bool {
	before, _ := utf8.DecodeLastRuneInString(r.text[:i])
	after, _ := utf8.DecodeRuneInString(r.text[i:])
	if i == 0 {
		before = -1
	}
	if i == len(r.text) {
		after = -1
	}
	context := syntax.EmptyOpContext(before, after)
	switch op {
	case syntax.OpBeginText:
		return i == 0
	case syntax.OpEndText:
		return i == len(r.text)
	case syntax.OpBeginLine:
		return context&syntax.EmptyBeginLine != 0
	case syntax.OpEndLine:
		return context&syntax.EmptyEndLine != 0
	case syntax.OpWordBoundary:
		return context&syntax.EmptyWordBoundary != 0
	case syntax.OpNoWordBoundary:
		return context&syntax.EmptyNoWordBoundary != 0
	default: // OpNoMatch
		return false
	}
}

// sameRune compares two characters, ignoring case if fold is set.
func sameRune(a, b rune, fold bool) bool {
	if a == b || !fold {
		return a == b
	}
	for c := unicode.SimpleFold(a); c != a; c = unicode.SimpleFold(c) {
		if c == b {
			return true
		}
	}
	return false
}

// inClass reports whether c lies in one of the pairs of bounds of a class.
func inClass(bounds []rune, c rune) bool {
	for i := 0; i+1 < len(bounds); i += 2 {
		if bounds[i] <= c && c <= bounds[i+1] {
			return true
		}
	}
	return false
}
