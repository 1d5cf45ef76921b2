package test

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// root is the top of the module, seen from this package.
const root = ".."

// source is one Go file of the module.
type source struct {
	path      string // from the top of the module, with slashes
	dir       string // likewise; "." for none
	test      bool   // its name ends in _test.go
	generated bool   // it has the "Code generated" line
	lines     int
	text      []byte
	fset      *token.FileSet
	file      *ast.File
}

// at names a place in the file as editors and CI logs understand it.
func (s *source) at(pos token.Pos) string {
	return fmt.Sprintf("%s:%d", s.path, s.fset.Position(pos).Line)
}

// line is the number of the line that pos is on.
func (s *source) line(pos token.Pos) int { return s.fset.Position(pos).Line }

// sources parses every Go file of the module, once.
var sources = sync.OnceValues(func() ([]*source, error) {
	var all []*source
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() {
			if path != root && (strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") || name == "testdata") {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(name, ".go") {
			return nil
		}
		s, err := parseSource(path)
		if err == nil {
			all = append(all, s)
		}
		return err
	})
	return all, err
})

// parseSource reads one file.
func parseSource(path string) (*source, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	rel, err := filepath.Rel(root, path)
	if err != nil {
		return nil, err
	}
	s := &source{path: filepath.ToSlash(rel), text: text, lines: bytes.Count(text, []byte("\n")), fset: token.NewFileSet()}
	s.dir = filepath.ToSlash(filepath.Dir(rel))
	s.test = strings.HasSuffix(path, "_test.go")
	if s.file, err = parser.ParseFile(s.fset, path, text, parser.ParseComments|parser.SkipObjectResolution); err != nil {
		return nil, err
	}
	s.generated = ast.IsGenerated(s.file)
	return s, nil
}

// eachSource calls f with every file that keep keeps, all if it is nil.
func eachSource(t *testing.T, keep func(*source) bool, f func(*source)) {
	t.Helper()
	all, err := sources()
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 10 {
		t.Fatalf("only %d Go files found under %s", len(all), root)
	}
	for _, s := range all {
		if keep == nil || keep(s) {
			f(s)
		}
	}
}

// callee gives the package and the name of a call such as time.Now(), by the
// path that the file imports the package from. Both are empty for other calls.
func (s *source) callee(call *ast.CallExpr) (pkg, name string) {
	selector, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return "", ""
	}
	ident, ok := selector.X.(*ast.Ident)
	if !ok {
		return "", ""
	}
	for _, spec := range s.file.Imports {
		path := strings.Trim(spec.Path.Value, `"`)
		local := path[strings.LastIndex(path, "/")+1:]
		if spec.Name != nil {
			local = spec.Name.Name
		}
		if local == ident.Name {
			return path, selector.Sel.Name
		}
	}
	return "", ""
}
