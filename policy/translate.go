package policy

import (
	"regexp/syntax"
	"strings"
)

// around is one lookaround of a pattern.
type around struct {
	behind bool // (?<= or (?<!
	negate bool // (?! or (?<!
}

// aroundPrefix starts the names under which lookarounds travel through Go's
// parser: as named groups, so that their bodies inherit the flags in force.
const aroundPrefix = "amqpdAround"

// groupOpenings lists what may follow "(" and is not Go's: lookarounds, which
// are renamed, and groups that cannot be honoured, which are refused. The
// first opening that fits wins.
var groupOpenings = []struct {
	text    string
	around  around
	refused string // PCRE feature that is missing, "" for a lookaround
}{
	{"(?=", around{}, ""},
	{"(?!", around{negate: true}, ""},
	{"(?<=", around{behind: true}, ""},
	{"(?<!", around{behind: true, negate: true}, ""},
	{"(?>", around{}, "atomic groups are not supported"},
	{"(?|", around{}, "branch reset groups are not supported"},
	{"(?(", around{}, "conditional groups are not supported"},
	{"(?&", around{}, "recursion is not supported"},
	{"(?R", around{}, "recursion is not supported"},
}

// escapeSet says what letters mean after a backslash.
type escapeSet struct {
	same  string          // letters and digits that mean the same to Go
	other map[byte]string // what PCRE has besides, in Go's words
}

// escapes are those outside character classes, classEscapes those inside.
// Letters known to neither stand for themselves in PCRE.
var (
	escapes = escapeSet{"aAbBCdDfnpPrsStvwWxz0", map[byte]string{
		'Z': `\z`,
		'G': `\A`,
		'e': `\x1b`,
		'h': `[ \t]`,
		'H': `[^ \t]`,
		'N': `[^\n]`,
		'R': `(?:\r\n|[\n\v\f\r])`,
	}}
	classEscapes = escapeSet{"adDfnpPrsStvwWx0", map[byte]string{
		'b': `\x08`,
		'e': `\x1b`,
		'h': ` \t`,
	}}
)

// anchors are escapes that take no characters, so that they cannot be repeated.
const anchors = "bBAzZG"

// repeatable says what stands before a quantifier.
type repeatable uint8

const (
	nothing  repeatable = iota // start, anchor, opening of a group: an error
	item                       // something that may be repeated
	repeated                   // a quantifier: only ? may follow, for lazy ones
)

// translator rewrites one pattern. It walks octets, never splitting a UTF-8
// sequence, because all that it looks for is ASCII.
type translator struct {
	text    string
	at      int
	out     strings.Builder
	open    int // groups not closed yet
	arounds []around
	before  repeatable // what stands before at
}

// translate rewrites a PCRE pattern to what regexp/syntax takes, and lists its
// lookarounds in the order of their names.
func translate(text string) (string, []around, *PatternError) {
	t := translator{text: text}
	for t.at < len(text) {
		if bad := t.step(); bad != nil {
			return "", nil, bad
		}
	}
	if t.open > 0 {
		return "", nil, patternFault("missing )", len(text))
	}
	return t.out.String(), t.arounds, nil
}

func (t *translator) step() *PatternError {
	if length := quantifier(t.text[t.at:]); length > 0 {
		return t.quantified(length)
	}
	c := t.text[t.at]
	if c == '(' {
		return t.group()
	}
	t.before = item
	switch c {
	case '\\':
		if t.at+1 < len(t.text) && strings.IndexByte(anchors, t.text[t.at+1]) >= 0 {
			t.before = nothing
		}
		return t.escape(escapes)
	case '[':
		return t.class()
	case ')':
		t.open--
		if t.open < 0 {
			return patternFault("unmatched parentheses", t.at)
		}
	case '^', '$', '|':
		t.before = nothing
	}
	t.copy(1)
	return nil
}

// quantifier returns the length of the quantifier at the start of text, 0 if
// there is none: a "{" without numbers stands for itself.
func quantifier(text string) int {
	switch text[0] {
	case '*', '+', '?':
		return 1
	case '{':
		if end := strings.IndexByte(text, '}'); end > 0 && counts(text[1:end]) {
			return end + 1
		}
	}
	return 0
}

// counts reports whether text is what stands in braces: 2, 2, or 2,3.
func counts(text string) bool {
	low, high, _ := strings.Cut(text, ",")
	return low != "" && digits(low) && digits(high)
}

func digits(text string) bool {
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return false
		}
	}
	return true
}

// quantified copies a quantifier of that length.
func (t *translator) quantified(length int) *PatternError {
	c := t.text[t.at]
	switch {
	case t.before == nothing, t.before == repeated && c != '+' && c != '?':
		return patternFault("nothing to repeat", t.at+length-1)
	case t.before == repeated && c == '+':
		return patternFault("possessive quantifiers are not supported", t.at)
	case t.before == repeated: // lazy; nothing may follow
		t.before = nothing
	default:
		t.before = repeated
	}
	t.copy(length)
	return nil
}

// escape handles a backslash and what follows it.
func (t *translator) escape(known escapeSet) *PatternError {
	if t.at+1 == len(t.text) {
		return patternFault(`\ at end of pattern`, len(t.text))
	}
	c := t.text[t.at+1]
	switch {
	case c == 'Q':
		t.quoted()
	case c == 'E': // ends nothing
		t.at += 2
	case known.other[c] != "":
		t.out.WriteString(known.other[c])
		t.at += 2
	case strings.IndexByte(known.same, c) >= 0 || !alphanumeric(c):
		t.copy(2)
	case c >= '1' && c <= '9', c == 'k', c == 'g':
		if octal(t.text[t.at+1:]) {
			t.copy(4)
			return nil
		}
		return patternFault("back references are not supported", t.at+1)
	default:
		t.out.WriteByte(c)
		t.at += 2
	}
	return nil
}

// quoted copies what stands in \Q…\E, or after \Q, as plain text.
func (t *translator) quoted() {
	plain, _, _ := strings.Cut(t.text[t.at+len(`\Q`):], `\E`)
	for i := range len(plain) {
		if c := plain[i]; c < 0x80 && !alphanumeric(c) {
			t.out.WriteByte('\\')
		}
		t.out.WriteByte(plain[i])
	}
	t.at = min(t.at+len(`\Q`)+len(plain)+len(`\E`), len(t.text))
}

// class copies a character class. A "]" in first place is a member.
func (t *translator) class() *PatternError {
	t.copy(1)
	if t.at < len(t.text) && t.text[t.at] == '^' {
		t.copy(1)
	}
	for first := true; t.at < len(t.text); first = false {
		switch c := t.text[t.at]; {
		case c == ']' && !first:
			t.copy(1)
			return nil
		case c == '\\':
			if bad := t.escape(classEscapes); bad != nil {
				return bad
			}
		case strings.HasPrefix(t.text[t.at:], "[:") && strings.Contains(t.text[t.at:], ":]"):
			t.copy(strings.Index(t.text[t.at:], ":]") + len(":]"))
		default:
			t.copy(1)
		}
	}
	return patternFault("missing terminating ] for character class", len(t.text))
}

// group handles an opening parenthesis.
func (t *translator) group() *PatternError {
	rest := t.text[t.at:]
	if strings.HasPrefix(rest, "(?#") {
		end := strings.IndexByte(rest, ')')
		if end < 0 {
			return patternFault("missing ) after comment", len(t.text))
		}
		t.at += end + 1
		return nil
	}
	t.before = nothing
	for _, opening := range groupOpenings {
		if !strings.HasPrefix(rest, opening.text) {
			continue
		}
		if opening.refused != "" {
			return patternFault(opening.refused, t.at+len(opening.text)-1)
		}
		t.open++
		t.out.WriteString("(?P<" + aroundName(len(t.arounds)) + ">")
		t.arounds = append(t.arounds, opening.around)
		t.at += len(opening.text)
		return nil
	}
	if !strings.HasPrefix(rest, "(?") {
		t.open++
		t.copy(1)
		return nil
	}
	return t.openGo(rest)
}

// openGo copies the opening of a group that Go has too: (?:, (?flags), (?flags:
// or a name.
func (t *translator) openGo(rest string) *PatternError {
	length := len("(?")
	if strings.HasPrefix(rest[length:], "P<") || strings.HasPrefix(rest[length:], "<") {
		name, _, ended := strings.Cut(rest, ">")
		if !ended {
			return patternFault(pcreMessages[syntax.ErrInvalidNamedCapture], len(t.text))
		}
		length = len(name)
	} else {
		length += len(flagsOf(rest[length:]))
	}
	if length == len(rest) || strings.IndexByte(":>)", rest[length]) < 0 {
		return patternFault(pcreMessages[syntax.ErrInvalidPerlOp], t.at+length)
	}
	if rest[length] != ')' { // flags alone open nothing
		t.open++
	} else if length == len("(?") { // no flags at all
		t.at += len("(?)")
		return nil
	}
	t.copy(length + 1)
	return nil
}

// flagsOf is the flags that text begins with.
func flagsOf(text string) string {
	return text[:len(text)-len(strings.TrimLeft(text, "imsxUJ-"))]
}

func (t *translator) copy(n int) {
	t.out.WriteString(t.text[t.at : t.at+n])
	t.at += n
}

func patternFault(message string, offset int) *PatternError {
	return &PatternError{Message: message, Offset: offset}
}

func alphanumeric(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// octal reports whether digits begins with three octal digits.
func octal(digits string) bool {
	if len(digits) < 3 {
		return false
	}
	for i := range 3 {
		if digits[i] < '0' || digits[i] > '7' {
			return false
		}
	}
	return true
}
