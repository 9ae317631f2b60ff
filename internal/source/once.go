// Package source reads from Go source what a stack does not show.
package source

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/leakassert/leakassert/internal/probe"
)

// OnceEvidence returns evidence for a goroutine that a sync.Once of its package started. The first
// test that needed it started it for the whole process.
func OnceEvidence(l probe.Leak) []probe.Evidence {
	if !startedOnce(l.CreatedBy) {
		return nil
	}
	how := fmt.Sprintf("through sync.Once: start it in TestMain, or IgnoreCreatedBy(%q)", l.CreatedBy.Func)
	return []probe.Evidence{{Label: "started", Columns: []string{how}}}
}

// startedOnce reports whether the source proves that the go statement at a frame runs once in the
// process. Its function must be called only by a sync.Once in a variable of the package, or only by
// sync.OnceFunc, OnceValue or OnceValues in such a variable.
func startedOnce(creator probe.Frame) bool {
	p := packageOf(creator.File)
	if p == nil {
		return false
	}
	statements := p.statements[line{creator.File, creator.Line}]
	return len(statements) == 1 && p.once(statements[0], nil)
}

// once reports whether the node at the end of a path runs once, or in a loop that runs once. A loop
// of another goroutine does not: it goes on while the tests run. asked has the functions whose
// answers depend on this one.
func (p *pkg) once(path []ast.Node, asked []string) bool {
	loop := false
	for i := len(path) - 1; i > 0; i-- {
		switch n := path[i].(type) {
		case *ast.ForStmt, *ast.RangeStmt:
			loop = true
		case *ast.FuncLit:
			call, ok := path[i-1].(*ast.CallExpr)
			if !ok || call.Fun != n { // not called in place
				return ok && p.callsOnce(call, path[:i-1])
			}
			if loop && isGo(path[:i-1]) {
				return false
			}
		case *ast.FuncDecl:
			return p.usedOnce(n.Name.Name, loop, asked)
		}
	}
	return false
}

// isGo reports whether a path ends with a go statement.
func isGo(path []ast.Node) bool {
	_, ok := path[len(path)-1].(*ast.GoStmt)
	return ok
}

// usedOnce reports whether the package uses a function, and only where it runs once. If loop is set,
// it must not run on a goroutine of its own.
func (p *pkg) usedOnce(name string, loop bool, asked []string) bool {
	if ast.IsExported(name) || name == "init" || name == "main" || slices.Contains(asked, name) {
		return false
	}
	asked = append(asked, name)
	for _, path := range p.uses[name] {
		call, ok := path[len(path)-1].(*ast.CallExpr)
		if loop && ok && isGo(path[:len(path)-1]) || !(ok && p.callsOnce(call, path[:len(path)-1])) && !p.once(path, asked) {
			return false
		}
	}
	return len(p.uses[name]) > 0
}

// callsOnce reports whether a call at the end of a path runs its argument once in the process.
func (p *pkg) callsOnce(call *ast.CallExpr, path []ast.Node) bool {
	s, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || len(call.Args) != 1 {
		return false
	}
	of, ok := s.X.(*ast.Ident)
	switch {
	case !ok:
		return false
	case of.Name == "sync" && strings.HasPrefix(s.Sel.Name, "Once"):
		return !slices.ContainsFunc(path, func(n ast.Node) bool { _, in := n.(*ast.FuncDecl); return in })
	}
	ofPackage := of.Obj == nil || of.Obj == path[0].(*ast.File).Scope.Lookup(of.Name)
	return s.Sel.Name == "Do" && ofPackage && p.onces[of.Name]
}

// A pkg is what the source of a package says about its go statements. It is empty if the package does not use
// package sync's Once.
type pkg struct {
	onces map[string]bool // variables of the package of type sync.Once
	// statements has the paths to the go statements, themselves included, by their line.
	statements map[line][][]ast.Node
	// uses has the paths to the uses of the package's functions and methods, by name. A use of a
	// method is the selector.
	uses map[string][][]ast.Node
}

type line struct {
	file   string
	number int
}

var packages sync.Map // by folder and whether tests are included

// packageOf returns the package of a file, with its tests if the file is a test file. It returns
// nil if the package can't be read.
func packageOf(file string) *pkg {
	if !filepath.IsAbs(file) {
		return nil // built with -trimpath
	}
	dir, tests := filepath.Dir(file), strings.HasSuffix(file, "_test.go")
	type key struct {
		dir   string
		tests bool
	}
	p, ok := packages.Load(key{dir, tests})
	if !ok {
		p, _ = packages.LoadOrStore(key{dir, tests}, read(dir, tests))
	}
	return p.(*pkg)
}

func read(dir string, tests bool) *pkg {
	names, _ := filepath.Glob(filepath.Join(dir, "*.go"))
	fset, p := token.NewFileSet(), &pkg{onces: make(map[string]bool)}
	var files []*ast.File
	functions, used := make(map[string]bool), false
	for _, name := range names {
		if !tests && strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(fset, name, nil, 0)
		if err != nil {
			return nil
		}
		files = append(files, f)
		for _, d := range f.Decls {
			if decl, ok := d.(*ast.FuncDecl); ok {
				functions[decl.Name.Name] = true
			}
		}
	}
	walk(files, func(n ast.Node, path []ast.Node) {
		s, ok := n.(*ast.SelectorExpr)
		if !ok || !strings.HasPrefix(s.Sel.Name, "Once") || !isIdent(s.X, "sync") {
			return
		}
		used = true
		if s.Sel.Name != "Once" || len(path) < 3 {
			return
		}
		if variable, ok := path[2].(*ast.ValueSpec); ok { // a type, a pointer or a value
			for _, name := range variable.Names {
				p.onces[name.Name] = true
			}
		}
	})
	if used {
		p.index(fset, files, functions)
	}
	return p
}

// index finds the go statements, and the uses of functions.
func (p *pkg) index(fset *token.FileSet, files []*ast.File, functions map[string]bool) {
	p.statements, p.uses = make(map[line][][]ast.Node), make(map[string][][]ast.Node)
	walk(files, func(n ast.Node, path []ast.Node) {
		switch n := n.(type) {
		case *ast.GoStmt:
			at := fset.Position(n.Pos())
			key := line{at.Filename, at.Line}
			p.statements[key] = append(p.statements[key], append(slices.Clone(path), n))
		case *ast.Ident:
			around := path[len(path)-1]
			if decl, ok := around.(*ast.FuncDecl); !functions[n.Name] || ok && decl.Name == n {
				return
			}
			if s, ok := around.(*ast.SelectorExpr); ok && s.Sel == n { // a method
				path = path[:len(path)-1]
			}
			p.uses[n.Name] = append(p.uses[n.Name], slices.Clone(path))
		}
	})
}

func isIdent(n ast.Node, name string) bool {
	id, ok := n.(*ast.Ident)
	return ok && id.Name == name
}

// walk calls f with every node and the path to it from the file.
func walk(files []*ast.File, f func(n ast.Node, path []ast.Node)) {
	for _, file := range files {
		ast.PreorderStack(file, nil, func(n ast.Node, path []ast.Node) bool {
			f(n, path)
			return true
		})
	}
}
