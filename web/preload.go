package web

import (
	"bytes"
	"io/fs"
	"path"
	"regexp"
	"slices"
)

// entries are the modules that a first visit runs: the console itself, and the
// page at the address without anything behind the #.
var entries = []string{"js/app.js", "js/pages/overview.js"}

// importing finds what a module imports at once. What import() names comes when
// it is wanted.
var importing = regexp.MustCompile(`(?m)^import\b(?:[^'"(]*\bfrom)?\s*["'](\.[^"']+)["']`)

// preloaded is the index page with a link to each module that a first visit
// runs, so that the browser fetches them together. Without the links it would
// learn of a module only after it has read the one that imports it.
func preloaded(index []byte) []byte {
	var links bytes.Buffer
	for _, name := range modules(Files, entries...) {
		links.WriteString(`<link rel="modulepreload" href="` + name + "\">\n")
	}
	const script = `<script type="module"`
	return bytes.Replace(index, []byte(script), append(links.Bytes(), script...), 1)
}

// modules are all that some modules import, and what those import, the modules
// themselves first.
func modules(files fs.FS, from ...string) []string {
	all := slices.Clone(from)
	for i := 0; i < len(all); i++ {
		text, err := fs.ReadFile(files, all[i])
		if err != nil {
			continue // the browser says so too
		}
		for _, m := range importing.FindAllSubmatch(text, -1) {
			name := path.Join(path.Dir(all[i]), string(m[1]))
			if !slices.Contains(all, name) {
				all = append(all, name)
			}
		}
	}
	return all
}
