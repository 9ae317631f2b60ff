package rewrite

import (
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"strconv"
)

// visit rewrites one node. Nodes come from the outside in.
func (r *rewriter) visit(n ast.Node) bool {
	switch x := n.(type) {
	case *ast.DeferStmt:
		r.deferred(x)
	case *ast.GoStmt:
		r.goStatement(x)
	case *ast.SelectStmt:
		r.selectStatement(x)
	case *ast.RangeStmt:
		r.rangeStatement(x)
	case *ast.SendStmt:
		r.send(x)
	case *ast.UnaryExpr:
		if x.Op == token.ARROW {
			r.receive(x)
		}
	case *ast.CallExpr:
		if !r.handled[x] {
			r.call(x)
		}
	case *ast.SelectorExpr:
		if isCounter(x) {
			r.handled[x.Sel] = true
			return true
		}
		r.value(x)
	case *ast.Ident:
		r.value(x)
	}
	return true
}

// importsOf reports whether the compiler finds all that the text of a helper imports.
func (r *rewriter) importsOf(helper string) bool {
	text, err := r.shim.File(r.pkg.Path, r.types.Name(), []string{helper})
	if err != nil {
		return false
	}
	file, err := parser.ParseFile(token.NewFileSet(), "", text, parser.ImportsOnly)
	if err != nil {
		return false
	}
	for _, spec := range file.Imports {
		path, err := strconv.Unquote(spec.Path.Value)
		if err != nil || path != "unsafe" && r.pkg.CanImport != nil && !r.pkg.CanImport(path) {
			return false
		}
	}
	return true
}

// channel reports whether a helper can take an expression as a channel, and lists the operation if not.
func (r *rewriter) channel(node ast.Node, c ast.Expr, what string) bool {
	t := types.Unalias(r.typeOf(c))
	if _, ok := t.(*types.TypeParam); ok {
		r.leave(node, what, "the channel's type is a type parameter")
		return false
	}
	_, ok := t.Underlying().(*types.Chan)
	return ok
}

// isCounter reports whether a function counts for go test -cover.
func isCounter(s *ast.SelectorExpr) bool {
	x, ok := s.X.(*ast.Ident)
	return ok && x.Name == "_cover_atomic_"
}
