package test

import (
	"go/ast"
	"go/token"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Sizes that a reader can hold in the head. A function that is one state
// machine may be longer, if its comment begins a line with "State machine:".
const (
	maxFileLines     = 700
	maxTestFileLines = 1000
	maxFuncLines     = 100
	stateMachine     = "State machine:"
)

func TestTidy_FileSizes(t *testing.T) {
	eachSource(t, func(s *source) bool { return !s.generated }, func(s *source) {
		limit := maxFileLines
		if s.test {
			limit = maxTestFileLines
		}
		if s.lines > limit {
			t.Errorf("%s has %d lines; %d are enough for one concept", s.path, s.lines, limit)
		}
	})
}

func TestTidy_FunctionSizes(t *testing.T) {
	eachSource(t, func(s *source) bool { return !s.generated && !s.test }, func(s *source) {
		for _, d := range s.file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || strings.Contains(f.Doc.Text(), stateMachine) {
				continue
			}
			if n := s.line(f.End()) - s.line(f.Pos()) + 1; n > maxFuncLines {
				t.Errorf("%s: %s has %d lines; the most is %d", s.at(f.Pos()), f.Name.Name, n, maxFuncLines)
			}
		}
	})
}

// A package says what it is in one place: doc.go where it has more than one
// file, or main.go of a program.
func TestTidy_PackageComments(t *testing.T) {
	files, documented := map[string]int{}, map[string]string{}
	eachSource(t, nil, func(s *source) {
		if !s.test {
			files[s.dir]++
		}
		if s.file.Doc == nil || s.generated {
			return
		}
		if other := documented[s.dir]; other != "" {
			t.Errorf("%s and %s both have a package comment", other, s.path)
		}
		documented[s.dir] = s.path
	})
	for dir, n := range files {
		switch where := documented[dir]; {
		case where == "":
			t.Errorf("package %s has no package comment", dir)
		case n > 1 && !strings.HasSuffix(where, "/doc.go") && !strings.HasSuffix(where, "/main.go"):
			t.Errorf("the package comment of %s is in %s; it belongs in doc.go", dir, where)
		}
	}
}

func TestTidy_NothingLeftForLater(t *testing.T) {
	// Written so that this file does not find itself.
	leftover := regexp.MustCompile(`\b(TO` + `DO|FIX` + `ME|XX` + `X|HA` + `CK)\b`)
	eachSource(t, nil, func(s *source) {
		for i, line := range strings.Split(string(s.text), "\n") {
			if word := leftover.FindString(line); word != "" {
				t.Errorf("%s:%d: %s is left in the code", s.path, i+1, word)
			}
		}
	})
}

// A skipped test says why, so that a run's output tells what was not tested.
func TestTidy_SkipsHaveReasons(t *testing.T) {
	eachSource(t, func(s *source) bool { return s.test }, func(s *source) {
		ast.Inspect(s.file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			selector, ok := call.Fun.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			switch selector.Sel.Name {
			case "SkipNow":
				t.Errorf("%s skips without a reason; use Skip", s.at(call.Pos()))
			case "Skip", "Skipf":
				if len(call.Args) == 0 {
					t.Errorf("%s skips without a reason", s.at(call.Pos()))
				}
			}
			return true
		})
	})
}

// Unit tests do not wait for time to pass: a sleep is either too short on a
// busy machine or too long everywhere else. Files that use synctest may, where
// it costs nothing, and so may a loop that looks again for a condition.
func TestTidy_UnitTestsDoNotSleep(t *testing.T) {
	unit := func(s *source) bool {
		synthetic := slices.ContainsFunc(s.file.Imports, func(i *ast.ImportSpec) bool { return i.Path.Value == `"testing/synctest"` })
		return s.test && !synthetic && s.dir != "test" && !strings.HasPrefix(s.dir, "test/")
	}
	eachSource(t, unit, func(s *source) {
		ast.Inspect(s.file, func(n ast.Node) bool {
			if _, polls := n.(*ast.ForStmt); polls {
				return false
			}
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			switch pkg, name := s.callee(call); {
			case pkg == "time" && name == "Sleep":
				t.Errorf("%s sleeps; wait for the condition, or use testing/synctest", s.at(call.Pos()))
			}
			return true
		})
	})
}

// wellKnown are methods whose meaning an interface of the standard library has
// documented.
var wellKnown = []string{
	"Error", "Unwrap", "Is", "String", "Len", "Less", "Swap", "Push", "Pop", "MarshalJSON", "UnmarshalJSON", "MarshalText", "UnmarshalText",
}

func TestTidy_ExportedNamesAreDocumented(t *testing.T) {
	eachSource(t, func(s *source) bool { return !s.test }, func(s *source) {
		for _, d := range s.file.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if d.Doc == nil && d.Name.IsExported() && exportedReceiver(d) && (d.Recv == nil || !slices.Contains(wellKnown, d.Name.Name)) {
					t.Errorf("%s: %s has no comment", s.at(d.Pos()), d.Name.Name)
				}
			case *ast.GenDecl:
				checkSpecs(t, s, d)
			}
		}
	})
}

// exportedReceiver tells whether f is a function, or a method of an exported
// type.
func exportedReceiver(f *ast.FuncDecl) bool {
	if f.Recv == nil {
		return true
	}
	typ := f.Recv.List[0].Type
	for {
		switch e := typ.(type) {
		case *ast.StarExpr:
			typ = e.X
		case *ast.IndexExpr:
			typ = e.X
		case *ast.IndexListExpr:
			typ = e.X
		case *ast.Ident:
			return e.IsExported()
		default:
			return false
		}
	}
}

// checkSpecs holds types, constants and variables to having a comment of their
// own, at the end of their line, or over their group.
func checkSpecs(t *testing.T, s *source, d *ast.GenDecl) {
	t.Helper()
	if d.Tok == token.IMPORT {
		return
	}
	for _, spec := range d.Specs {
		switch spec := spec.(type) {
		case *ast.TypeSpec:
			if spec.Name.IsExported() && spec.Doc == nil && spec.Comment == nil && d.Doc == nil {
				t.Errorf("%s: type %s has no comment", s.at(spec.Pos()), spec.Name.Name)
			}
		case *ast.ValueSpec:
			if spec.Doc != nil || spec.Comment != nil || d.Doc != nil {
				continue
			}
			for _, name := range spec.Names {
				if name.IsExported() {
					t.Errorf("%s: %s has no comment", s.at(name.Pos()), name.Name)
				}
			}
		}
	}
}
