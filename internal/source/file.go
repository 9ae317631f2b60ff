package source

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"

	"github.com/leakassert/leakassert/internal/names"
	"github.com/leakassert/leakassert/internal/probe"
)

// maxFile is the size of the largest file that is read.
const maxFile = 1 << 20

// A file is a file of source. What its lines have is empty if it can't be parsed.
type file struct {
	lines   [][]byte
	imports []*ast.ImportSpec
	// calls, goes and waits have, by line and the outermost first, the calls, the go statements, and
	// what can wait for a channel.
	calls, goes map[int][]call
	waits       map[int][]ast.Node
	fields      map[string][]ast.Expr // the types of the fields of structs, by name
}

// A call is a call of a function, or a go statement. Its name is "" for a function literal.
type call struct {
	name   string
	column int
}

// own returns the file of a frame of the module under test, nil if it can't be read.
func (l *Lines) own(at probe.Frame) *file {
	if !names.InModule(at) {
		return nil
	}
	f, known := l.files[at.File]
	if !known && len(l.files) < mostFiles {
		if f = readFile(at.File); l.files == nil {
			l.files = make(map[string]*file)
		}
		l.files[at.File] = f
	}
	return f
}

// Line returns a line of a file that the compiler has read, "" if the file is not there or has changed
// since, or has no such line.
func Line(name string, number int) string {
	lines := bytes.Split(textOf(name), []byte("\n"))
	if number < 1 || number > len(lines) {
		return ""
	}
	return string(lines[number-1])
}

// textOf returns a file that the compiler has read. It returns nil if the file is not there, as for
// a program built with -trimpath or on another machine, or has changed since.
func textOf(name string) []byte {
	if !filepath.IsAbs(name) || filepath.Ext(name) != ".go" {
		return nil
	}
	info, err := os.Stat(name)
	if err != nil || !info.Mode().IsRegular() || info.Size() > maxFile || info.ModTime().After(built()) {
		return nil
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return nil
	}
	return text
}

func readFile(name string) *file {
	text := textOf(name)
	if text == nil {
		return nil
	}
	f := &file{lines: bytes.Split(text, []byte("\n"))}
	fset := token.NewFileSet()
	if tree, err := parser.ParseFile(fset, name, text, 0); err == nil {
		f.index(tree, func(at token.Pos) (line, column int) {
			p := fset.PositionFor(at, false)
			return p.Line, p.Column
		})
	}
	return f
}

// index notes what is on which line.
func (f *file) index(tree *ast.File, position func(token.Pos) (line, column int)) {
	f.imports = tree.Imports
	f.calls, f.goes, f.waits = make(map[int][]call), make(map[int][]call), make(map[int][]ast.Node)
	f.fields = make(map[string][]ast.Expr)
	wait := func(n ast.Node) {
		line, _ := position(n.Pos())
		f.waits[line] = append(f.waits[line], n)
	}
	ast.Inspect(tree, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			name, at := called(n.Fun)
			line, column := position(at)
			f.calls[line] = append(f.calls[line], call{name, column})
		case *ast.GoStmt:
			name, _ := called(n.Call.Fun)
			line, column := position(n.Pos())
			f.goes[line] = append(f.goes[line], call{name, column})
		case *ast.UnaryExpr:
			if n.Op == token.ARROW {
				wait(n)
			}
		case *ast.RangeStmt, *ast.SelectStmt:
			wait(n)
		case *ast.StructType:
			for _, field := range n.Fields.List {
				for _, id := range field.Names {
					f.fields[id.Name] = append(f.fields[id.Name], field.Type)
				}
			}
		}
		return true
	})
}

// called returns the name by which an expression calls a function, and the position that the
// compiler gives to the call.
func called(fun ast.Expr) (name string, at token.Pos) {
	switch f := ast.Unparen(fun).(type) {
	case *ast.Ident:
		return f.Name, f.Pos()
	case *ast.SelectorExpr:
		return f.Sel.Name, f.Sel.Pos()
	case *ast.IndexExpr:
		return called(f.X)
	case *ast.IndexListExpr:
		return called(f.X)
	}
	return "", fun.Pos()
}
