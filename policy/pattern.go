package policy

import (
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
	"strings"
)

// Pattern is a compiled regular expression of a policy or a permission. It is
// not anchored and case-sensitive (amqp-behaviour §8, §9.1). It may be used
// by many goroutines at once.
//
// RabbitMQ takes PCRE. Nearly all of it that is found in policies means the
// same to Go's linear-time regexp package, which does the matching then. The
// rest is handled here: escapes that only PCRE knows are rewritten, and
// lookahead and lookbehind, as in "^(?!amq\.).*", are matched by a
// backtracking matcher with a budget. Refused, though PCRE takes them:
// back references, possessive quantifiers, atomic and conditional groups, verbs,
// and counts above 1000.
type Pattern struct {
	source string
	linear *regexp.Regexp // nil when the pattern looks around
	around *aroundMatcher // nil otherwise
}

// PatternError says why a text is no regular expression, in PCRE's words and
// with the offset in octets at which it was noticed.
type PatternError struct {
	Message string
	Offset  int
}

// Error renders the error for logs; policy validation has its own form.
func (e *PatternError) Error() string {
	return fmt.Sprintf("invalid regular expression at offset %d: %s", e.Offset, e.Message)
}

// CompilePattern compiles text. Its errors are all *PatternError.
func CompilePattern(text string) (*Pattern, error) {
	translated, arounds, bad := translate(text)
	if bad != nil {
		return nil, bad
	}
	if len(arounds) > 0 {
		matcher, err := compileAround(translated, arounds)
		if err != nil {
			return nil, explain(text, err)
		}
		return &Pattern{source: text, around: matcher}, nil
	}
	linear, err := regexp.Compile(translated)
	if err != nil {
		return nil, explain(text, err)
	}
	return &Pattern{source: text, linear: linear}, nil
}

// String is the text that was compiled.
func (p *Pattern) String() string { return p.source }

// MatchString reports whether the pattern is found anywhere in s. A pattern
// that looks around and needs more than its budget of steps does not match,
// as in PCRE.
func (p *Pattern) MatchString(s string) bool {
	if p.around != nil {
		return p.around.match(s)
	}
	return p.linear.MatchString(s)
}

// pcreMessages gives Go's error codes the words of PCRE.
var pcreMessages = map[syntax.ErrorCode]string{
	syntax.ErrInvalidCharClass:      "invalid range in character class",
	syntax.ErrInvalidCharRange:      "range out of order in character class",
	syntax.ErrInvalidEscape:         "unrecognized character follows \\",
	syntax.ErrInvalidNamedCapture:   "syntax error in subpattern name (missing terminator)",
	syntax.ErrInvalidPerlOp:         "unrecognized character after (? or (?-",
	syntax.ErrInvalidRepeatOp:       "nothing to repeat",
	syntax.ErrInvalidRepeatSize:     "number too big in {} quantifier",
	syntax.ErrInvalidUTF8:           "invalid UTF-8 string",
	syntax.ErrMissingBracket:        "missing terminating ] for character class",
	syntax.ErrMissingParen:          "missing )",
	syntax.ErrMissingRepeatArgument: "nothing to repeat",
	syntax.ErrTrailingBackslash:     "\\ at end of pattern",
	syntax.ErrUnexpectedParen:       "unmatched parentheses",
	syntax.ErrNestingDepth:          "parentheses are too deeply nested",
	syntax.ErrLarge:                 "regular expression is too large",
}

// explain turns an error of Go's parser into PCRE's words. PCRE reports the
// offset of the last octet of what it could not take.
func explain(text string, err error) *PatternError {
	var at *syntax.Error
	if !errors.As(err, &at) {
		return &PatternError{Message: err.Error(), Offset: len(text)}
	}
	message, known := pcreMessages[at.Code]
	if !known {
		message = at.Code.String()
	}
	switch {
	case at.Code == syntax.ErrInvalidRepeatSize && outOfOrder(at.Expr):
		message = "numbers out of order in {} quantifier"
	case at.Code == syntax.ErrInvalidCharRange && strings.HasPrefix(at.Expr, "[:"):
		message = "unknown POSIX class name"
		return &PatternError{Message: message, Offset: strings.Index(text, at.Expr) + 2}
	case at.Code == syntax.ErrInvalidCharRange && strings.HasPrefix(strings.ToLower(at.Expr), `\p`):
		message = `unknown property name after \P or \p`
	}
	offset := len(text)
	if i := strings.Index(text, at.Expr); i >= 0 && at.Expr != text {
		offset = i + len(at.Expr) - 1
	} else if at.Expr == text && at.Code != syntax.ErrMissingParen {
		offset = len(text) - 1
	}
	return &PatternError{Message: message, Offset: max(offset, 0)}
}

// outOfOrder reports whether a quantifier such as "{5,2}" counts downwards.
func outOfOrder(quantifier string) bool {
	var low, high int
	n, _ := fmt.Sscanf(quantifier, "{%d,%d}", &low, &high)
	return n == 2 && low > high
}
