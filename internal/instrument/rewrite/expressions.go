package rewrite

import (
	"go/ast"
	"go/token"
	"go/types"
	"strings"
)

// builtin reports whether an expression is a builtin function, which a local name may shadow.
func (r *rewriter) builtin(fun ast.Expr, name string) bool {
	ident, ok := ast.Unparen(fun).(*ast.Ident)
	if !ok {
		return false
	}
	b, ok := r.info.Uses[ident].(*types.Builtin)
	return ok && (name == "" || b.Name() == name)
}

// acts reports whether evaluating an expression can reach another point: it contains a call or a receive.
func (r *rewriter) acts(e ast.Expr) bool {
	found := false
	ast.Inspect(e, func(n ast.Node) bool {
		switch x := n.(type) {
		case *ast.FuncLit:
			return false
		case *ast.UnaryExpr:
			found = found || x.Op == token.ARROW
		case *ast.CallExpr:
			found = found || !r.info.Types[x.Fun].IsType() && !r.builtin(x.Fun, "") && !r.unsafe(x.Fun)
		}
		return !found
	})
	return found
}

func (r *rewriter) unsafe(fun ast.Expr) bool {
	s, ok := ast.Unparen(fun).(*ast.SelectorExpr)
	if !ok {
		return false
	}
	_, ok = r.info.Uses[s.Sel].(*types.Builtin)
	return ok
}

// repeatable reports whether an expression may be evaluated a second time, and fits in a line.
func (r *rewriter) repeatable(e ast.Expr) bool {
	if strings.Contains(r.text(e), "\n") {
		return false
	}
	repeatable := true
	ast.Inspect(e, func(n ast.Node) bool {
		switch x := n.(type) {
		case *ast.UnaryExpr:
			repeatable = repeatable && x.Op != token.ARROW
		case *ast.CallExpr:
			repeatable = repeatable && r.info.Types[x.Fun].IsType()
		case *ast.FuncLit, *ast.CompositeLit:
			repeatable = false
		}
		return repeatable
	})
	return repeatable
}

// steady reports whether an expression for an address or a pointer can be evaluated again after code that may have changed any other memory than
// local variables: it follows no pointer but a local variable, and has no index that may be out of range.
func (r *rewriter) steady(e ast.Expr) bool {
	switch x := ast.Unparen(e).(type) {
	case *ast.UnaryExpr:
		return x.Op == token.AND && r.steady(x.X)
	case *ast.StarExpr:
		return r.local(x.X)
	case *ast.SelectorExpr:
		selection := r.info.Selections[x]
		if selection == nil {
			return true // a variable of another package
		}
		if _, pointer := types.Unalias(r.typeOf(x.X)).Underlying().(*types.Pointer); pointer {
			return r.local(x.X) && len(selection.Index()) == 1
		}
		return r.steady(x.X) && !selection.Indirect()
	case *ast.IndexExpr:
		_, array := types.Unalias(r.typeOf(x.X)).Underlying().(*types.Array)
		return array && r.info.Types[x.Index].Value != nil && r.steady(x.X)
	case *ast.CallExpr: // a conversion
		return len(x.Args) == 1 && r.steady(x.Args[0])
	case *ast.Ident:
		return true
	}
	return false
}

// local reports whether an expression is a local variable.
func (r *rewriter) local(e ast.Expr) bool {
	ident, ok := ast.Unparen(e).(*ast.Ident)
	if !ok {
		return false
	}
	variable, ok := r.info.Uses[ident].(*types.Var)
	return ok && variable.Parent() != r.types.Scope()
}

// conversion returns the type that an expression must be converted to before a generic helper or a variable takes it: one that has no type
// of its own, such as 1<<n, would get another type there. It reports false if that type has no plain name.
func (r *rewriter) conversion(e ast.Expr) (name string, ok bool) {
	tv := r.info.Types[e]
	if tv.Value == nil && !r.untyped(e) {
		return "", true
	}
	basic, ok := types.Unalias(tv.Type).(*types.Basic)
	if !ok {
		return "", false
	}
	if basic.Info()&types.IsUntyped != 0 {
		return "", true
	}
	if r.types.Scope().Lookup(basic.Name()) != nil {
		return "", false
	}
	return basic.Name(), true
}

// untyped reports whether an expression without a constant value takes its type from where it is used.
func (r *rewriter) untyped(e ast.Expr) bool {
	if r.info.Types[e].Value != nil {
		return true
	}
	switch x := ast.Unparen(e).(type) {
	case *ast.BinaryExpr:
		switch x.Op {
		case token.EQL, token.NEQ, token.LSS, token.LEQ, token.GTR, token.GEQ:
			return true
		case token.SHL, token.SHR:
			return r.untyped(x.X)
		}
		return r.untyped(x.X) && r.untyped(x.Y)
	case *ast.UnaryExpr:
		return x.Op != token.ARROW && x.Op != token.AND && r.untyped(x.X)
	}
	return false
}

func isTuple(t types.Type) bool {
	_, ok := t.(*types.Tuple)
	return ok
}

// canUse reports whether the compiler finds what a helper imports.
func (r *rewriter) canUse(helper string) bool {
	usable, ok := r.usable[helper]
	if !ok {
		usable = r.importsOf(helper)
		r.usable[helper] = usable
	}
	return usable
}
