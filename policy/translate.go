package policy

import "strings"

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
	{"(*", around{}, "verbs are not supported"},
}

// escapes gives the meaning of letters after a backslash that PCRE knows and
// Go does not. Letters known to neither stand for themselves in PCRE.
var escapes = map[byte]string{
	'Z': `\z`,
	'G': `\A`,
	'e': `\x1b`,
	'h': `[ \t]`,
	'H': `[^ \t]`,
	'N': `[^\n]`,
	'R': `(?:\r\n|[\n\v\f\r])`,
}

// classEscapes is escapes inside a character class.
var classEscapes = map[byte]string{
	'e': `\x1b`,
	'h': ` \t`,
}

// goEscapes are the letters and digits that mean the same to Go after a
// backslash as to PCRE.
const goEscapes = "aAbBCdDfnpPQrsStvwWxzE0"

// translator rewrites one pattern. It walks octets, never splitting a UTF-8
// sequence, because all that it looks for is ASCII.
type translator struct {
	text    string
	at      int
	out     strings.Builder
	open    int // groups not closed yet
	arounds []around
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
		return "", nil, &PatternError{Message: "missing )", Offset: len(text)}
	}
	return t.out.String(), t.arounds, nil
}

func (t *translator) step() *PatternError {
	switch t.text[t.at] {
	case '\\':
		return t.escape(escapes)
	case '[':
		return t.class()
	case '(':
		return t.group()
	case ')':
		t.open--
		if t.open < 0 {
			return patternFault("unmatched parentheses", t.at)
		}
	case '+':
		if t.possessive() {
			return patternFault("possessive quantifiers are not supported", t.at)
		}
	}
	t.copy(1)
	return nil
}

// possessive reports whether the "+" at hand follows another quantifier.
func (t *translator) possessive() bool {
	if t.at < 2 || t.text[t.at-2] == '\\' {
		return false
	}
	last := t.text[t.at-1]
	return last == '*' || last == '+' || last == '?' && t.text[t.at-2] != '('
}

// escape handles a backslash and what follows it.
func (t *translator) escape(known map[byte]string) *PatternError {
	if t.at+1 == len(t.text) {
		return patternFault(`\ at end of pattern`, len(t.text))
	}
	c := t.text[t.at+1]
	switch {
	case c == 'Q':
		t.quoted()
	case known[c] != "":
		t.out.WriteString(known[c])
		t.at += 2
	case strings.IndexByte(goEscapes, c) >= 0 || !alphanumeric(c):
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

// quoted copies \Q…\E, or \Q to the end, as it stands.
func (t *translator) quoted() {
	end := strings.Index(t.text[t.at:], `\E`)
	if end < 0 {
		t.copy(len(t.text) - t.at)
		return
	}
	t.copy(end + len(`\E`))
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
	t.open++
	for _, opening := range groupOpenings {
		if !strings.HasPrefix(rest, opening.text) {
			continue
		}
		if opening.refused != "" {
			return patternFault(opening.refused, t.at+len(opening.text)-1)
		}
		t.out.WriteString("(?P<" + aroundName(len(t.arounds)) + ">")
		t.arounds = append(t.arounds, opening.around)
		t.at += len(opening.text)
		return nil
	}
	if strings.HasPrefix(rest, "(?") {
		t.copy(2)
		return nil
	}
	t.copy(1)
	return nil
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
