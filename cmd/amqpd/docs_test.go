package main

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the settings table into docs/configuration.md")

// The docs hold the settings between two marker lines; around them the page is
// written by hand.
const (
	docsPage    = "../../docs/configuration.md"
	tableBegins = "<!-- settings: written by `go test ./cmd/amqpd -run Docs -update` -->\n"
	tableEnds   = "<!-- settings end -->\n"
)

// settingsTable is the table of settings as the docs show it.
func settingsTable() string {
	var b strings.Builder
	b.WriteString("| key and flag | value | default | what |\n| --- | --- | --- | --- |\n")
	for _, s := range settings {
		kind, def := strings.ReplaceAll(s.kind, "|", ", "), "`"+s.def+"`"
		if s.unit != "" {
			kind += " (" + s.unit + ")"
		}
		if s.def == "" {
			def = "empty"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", s.key, kind, def, strings.ReplaceAll(s.doc, "<", "\\<"))
	}
	return b.String()
}

func TestDocs_SettingsAreFresh(t *testing.T) {
	page, err := os.ReadFile(docsPage)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(page), tableBegins)
	_, after, ends := strings.Cut(rest, tableEnds)
	if !found || !ends {
		t.Fatalf("%s lacks the lines\n%sand\n%s", docsPage, tableBegins, tableEnds)
	}
	fresh := before + tableBegins + settingsTable() + tableEnds + after
	if fresh == string(page) {
		return
	}
	if !*update {
		t.Fatalf("%s is not what the settings table says; run go test ./cmd/amqpd -run Docs -update", docsPage)
	}
	if err := os.WriteFile(docsPage, []byte(fresh), 0o644); err != nil {
		t.Fatal(err)
	}
}
