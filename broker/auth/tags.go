package auth

import "strings"

// Tags is what a user's tags allow beyond AMQP (management-api §3). The zero
// value allows nothing.
type Tags uint8

// The tags that mean something. What a tag includes is in tagTable.
const (
	Administrator Tags = 1 << iota
	Monitoring
	Policymaker
	Management
	Impersonator
)

// tagTable says what each tag includes.
var tagTable = []struct {
	name     string
	includes Tags
}{
	{"administrator", Administrator | Monitoring | Policymaker | Management},
	{"monitoring", Monitoring | Management},
	{"policymaker", Policymaker | Management},
	{"management", Management},
	{"impersonator", Impersonator},
}

// ParseTags adds up what a list of tags allows. Names are case-sensitive;
// unknown ones are ignored.
func ParseTags(names []string) (tags Tags) {
	for _, name := range names {
		for _, row := range tagTable {
			if row.name == name {
				tags |= row.includes
			}
		}
	}
	return tags
}

// Has reports whether all of want is allowed.
func (t Tags) Has(want Tags) bool { return t&want == want }

// SplitTags splits the old form of a user's tags, one text with commas, into
// the list that User has: "administrator, monitoring" and "" are valid.
func SplitTags(text string) []string {
	names := []string{}
	for name := range strings.SplitSeq(text, ",") {
		if name = strings.TrimSpace(name); name != "" {
			names = append(names, name)
		}
	}
	return names
}
