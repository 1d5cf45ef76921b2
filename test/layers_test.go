package test

import (
	"bytes"
	"encoding/json"
	"errors"
	"go/ast"
	"io"
	"os/exec"
	"path"
	"slices"
	"strings"
	"testing"
)

// module is the path that our own imports begin with.
const module = "amqpd/"

// layer is a package's place: it may import packages of lower floors, the
// standard library but for what its rules forbid, and the modules it lists.
type layer struct {
	pkg     string
	floor   int
	modules []string // prefixes of the import paths it may use from other modules
}

// layers is the picture of docs/architecture.md. A package that is not here
// fails the test: give it a floor first.
var layers = []layer{
	{"cmd/amqpd", 6, []string{"github.com/spf13/"}},
	{"mgmt", 5, nil},
	{"mgmt/metrics", 5, []string{"github.com/prometheus/"}},
	{"broker", 4, nil},
	{"broker/auth", 3, nil},
	{"mirror", 3, nil},
	{"queue", 2, nil},
	{"exchange", 2, nil},
	{"cluster/meta", 2, []string{"github.com/google/btree"}},
	{"policy", 1, nil},
	{"cluster", 1, []string{"github.com/hashicorp/", "go.etcd.io/bbolt"}},
	{"amqp", 0, nil},
	{"store", 0, []string{"go.etcd.io/bbolt", "golang.org/x/sys/unix"}},
	{"schedule", 0, nil},
	{"web", 0, nil},
}

// testModules are what any test may import besides.
var testModules = []string{"pgregory.net/rapid", "go.uber.org/goleak", "github.com/rabbitmq/amqp091-go"}

// ban forbids imports to a package beyond what its floor says.
type ban struct {
	pkg     string
	imports []string
	why     string
}

var bans = []ban{
	{"amqp", []string{"net", "time", "os", "sync", "context", "log"}, "the codec knows octets: no network, no clock, no goroutine"},
	{"policy", []string{"net", "time", "os", "sync", "context", "log"}, "what an argument means depends on nothing but the argument"},
	{"exchange", []string{"net", "time", "os", "context", "log"}, "routing is a function of the message and the bindings"},
	{"schedule", []string{"net", "time", "os", "sync", "context", "log"}, "who calls says what time it is"},
	{"queue", []string{"net", "time", "os", "context", "log"}, "operations and the time go in, effects come out"},
	{"cluster/meta", []string{"net", "time", "os", "context", "log", "math/rand"}, "every node must compute the same state"},
	{"store", []string{"net"}, "the store knows files"},
	{"mgmt", []string{module + "queue", module + "store", module + "mirror"}, "the HTTP API sees views that broker hands out, and holds no queue's lock"},
	{"mgmt/metrics", []string{module + "queue", module + "store", module + "mirror"}, "metrics are made of what broker hands out"},
}

// pure are the packages without a goroutine and without a clock of their own.
var pure = []string{"amqp", "policy", "exchange", "queue", "schedule", "cluster/meta"}

// forbiddenNames are folders that say nothing of what is in them.
var forbiddenNames = []string{"internal", "util", "utils", "common", "misc", "helpers", "helper", "base", "types", "interfaces", "lib", "pkg"}

// goPackage is what go list tells of a package.
type goPackage struct {
	ImportPath                string
	Imports                   []string
	TestImports, XTestImports []string
}

// packages lists the module's packages, but for those of the folder test and
// for the programs named gen that write Go code.
func packages(t *testing.T) []goPackage {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Imports,TestImports,XTestImports", "./...")
	cmd.Dir = root
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, stderr.String())
	}
	var list []goPackage
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p goPackage
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return list
		} else if err != nil {
			t.Fatal(err)
		}
		p.ImportPath = strings.TrimPrefix(p.ImportPath, module)
		if p.ImportPath == "test" || strings.HasPrefix(p.ImportPath, "test/") || path.Base(p.ImportPath) == "gen" {
			continue
		}
		list = append(list, p)
	}
}

// layerOf finds the layer of one of our packages.
func layerOf(pkg string) (layer, bool) {
	i := slices.IndexFunc(layers, func(l layer) bool { return l.pkg == pkg })
	if i < 0 {
		return layer{}, false
	}
	return layers[i], true
}

func TestLayers_ArrowsPointDown(t *testing.T) {
	for _, p := range packages(t) {
		from, ok := layerOf(p.ImportPath)
		if !ok {
			t.Errorf("%s has no floor: add it to layers in test/layers_test.go and to the picture in docs/architecture.md", p.ImportPath)
			continue
		}
		for _, imported := range p.Imports {
			checkImport(t, from, imported, nil)
		}
		for _, imported := range slices.Concat(p.TestImports, p.XTestImports) {
			if imported != module+from.pkg {
				checkImport(t, from, imported, testModules)
			}
		}
	}
}

// checkImport holds one import to the floors; extra are modules that it may
// come from besides those of its layer.
func checkImport(t *testing.T, from layer, imported string, extra []string) {
	t.Helper()
	if pkg, ours := strings.CutPrefix(imported, module); ours {
		if to, ok := layerOf(pkg); ok && to.floor >= from.floor {
			t.Errorf("%s (floor %d) imports %s (floor %d); arrows only point down", from.pkg, from.floor, pkg, to.floor)
		}
		return
	}
	if first, _, _ := strings.Cut(imported, "/"); !strings.Contains(first, ".") {
		return // the standard library
	}
	for _, prefix := range slices.Concat(from.modules, extra) {
		if strings.HasPrefix(imported, prefix) {
			return
		}
	}
	t.Errorf("%s imports %s; list a dependency with its package in test/layers_test.go, and say why in the commit", from.pkg, imported)
}

func TestLayers_Bans(t *testing.T) {
	for _, p := range packages(t) {
		for _, b := range bans {
			if b.pkg != p.ImportPath {
				continue
			}
			for _, imported := range p.Imports {
				if banned(b, imported) {
					t.Errorf("%s imports %s: %s", p.ImportPath, imported, b.why)
				}
			}
		}
	}
}

// banned tells whether b forbids an import. A package forbids those below it
// too (net forbids net/http), but sync allows sync/atomic.
func banned(b ban, imported string) bool {
	for _, name := range b.imports {
		if imported == name || strings.HasPrefix(imported, name+"/") && imported != "sync/atomic" {
			return true
		}
	}
	return false
}

func TestLayers_PurePackages(t *testing.T) {
	clocks := []string{"Now", "Since", "Until", "Sleep", "After", "AfterFunc", "Tick", "NewTimer", "NewTicker"}
	keep := func(s *source) bool { return !s.test && slices.Contains(pure, s.dir) }
	eachSource(t, keep, func(s *source) {
		ast.Inspect(s.file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.GoStmt:
				t.Errorf("%s starts a goroutine; package %s is pure", s.at(n.Pos()), s.dir)
			case *ast.CallExpr:
				if pkg, name := s.callee(n); pkg == "time" && slices.Contains(clocks, name) {
					t.Errorf("%s reads a clock (time.%s); package %s is told the time", s.at(n.Pos()), name, s.dir)
				}
			}
			return true
		})
	})
}

func TestLayers_FolderNamesSaySomething(t *testing.T) {
	eachSource(t, nil, func(s *source) {
		for part := range strings.SplitSeq(s.dir, "/") {
			if slices.Contains(forbiddenNames, part) {
				t.Errorf("%s: a folder named %s says nothing of what is in it", s.path, part)
			}
		}
	})
}
