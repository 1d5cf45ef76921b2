package web

import (
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// module is what a module imports and exports.
type module struct {
	imports map[string][]string // names by module
	exports []string
	text    string
}

var (
	named     = regexp.MustCompile(`(?m)^import (\w+)?(?:, )?(?:\{([^}]*)\})? ?from '([^']+)';$`)
	exporting = regexp.MustCompile(`(?m)^export (?:async )?(?:function|const|class|let) (\w+)`)
	listing   = regexp.MustCompile(`(?m)^export \{([^}]*)\};$`)
	loading   = regexp.MustCompile(`\bpage\('([\w-]+)', '(\w+)'\)`) // what routes.js loads when it is wanted
)

// words splits a list of names.
func words(list string) []string {
	return strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ' ' || r == '\n' })
}

// console reads the console's own modules.
func console(t *testing.T) map[string]*module {
	t.Helper()
	all := map[string]*module{}
	err := fs.WalkDir(Files, "js", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := fs.ReadFile(Files, name)
		m := &module{imports: map[string][]string{}, text: string(text)}
		for _, found := range named.FindAllStringSubmatch(m.text, -1) {
			from := path.Join(path.Dir(name), found[3])
			m.imports[from] = append(m.imports[from], words(found[2])...)
			if found[1] != "" {
				m.imports[from] = append(m.imports[from], "default")
			}
		}
		for _, found := range loading.FindAllStringSubmatch(m.text, -1) {
			from := "js/pages/" + found[1] + ".js"
			m.imports[from] = append(m.imports[from], found[2])
		}
		for _, found := range exporting.FindAllStringSubmatch(m.text, -1) {
			m.exports = append(m.exports, found[1])
		}
		for _, found := range listing.FindAllStringSubmatch(m.text, -1) {
			m.exports = append(m.exports, words(found[1])...)
		}
		all[name] = m
		return err
	})
	if err != nil || len(all) == 0 {
		t.Fatal("there are no modules: ", err)
	}
	return all
}

// A name that is not there is a blank page, and only in the browser.
func TestModules_ImportsExist(t *testing.T) {
	all := console(t)
	for name, m := range all {
		for from, names := range m.imports {
			if _, err := fs.Stat(Files, from); err != nil {
				t.Errorf("%s imports %s, which is not there", name, from)
				continue
			}
			for _, word := range names {
				if all[from] != nil && !slices.Contains(all[from].exports, word) {
					t.Errorf("%s imports %s from %s, which does not export it", name, word, from)
				}
			}
		}
	}
}

// What nothing uses is gone.
func TestModules_NothingUnused(t *testing.T) {
	all := console(t)
	used := map[string]bool{}
	for name, m := range all {
		body := named.ReplaceAllString(m.text, "")
		for from, names := range m.imports {
			for _, word := range names {
				used[from+" "+word] = true
				if word != "default" && !regexp.MustCompile(`\b`+word+`\b`).MatchString(body) {
					t.Errorf("%s imports %s and does not use it", name, word)
				}
			}
		}
	}
	for name, m := range all {
		for _, word := range m.exports {
			if !used[name+" "+word] {
				t.Errorf("%s exports %s, and nothing imports it", name, word)
			}
		}
	}
}

// The first visit's modules are all named by the index page, each once.
func TestPreloaded(t *testing.T) {
	index := get(t, Handler(), "/").Body.String()
	all := console(t)
	todo := slices.Clone(entries)
	for i := 0; i < len(todo); i++ {
		if n := strings.Count(index, `<link rel="modulepreload" href="`+todo[i]+`">`); n != 1 {
			t.Errorf("the index page has %d links to %s", n, todo[i])
		}
		if all[todo[i]] == nil {
			continue // not ours
		}
		for from := range all[todo[i]].imports {
			if todo[i] != "js/routes.js" && !slices.Contains(todo, from) {
				todo = append(todo, from)
			}
		}
	}
	if n := strings.Count(index, "modulepreload"); n != len(todo) {
		t.Errorf("the index page links to %d modules, the first visit runs %d", n, len(todo))
	}
}
