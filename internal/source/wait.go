package source

import (
	"go/ast"
	"slices"

	"github.com/leakassert/leakassert/internal/probe"
)

// A Wait says how a line of source waits.
type Wait struct {
	// Ranges means that the line begins a loop over a channel of values other than times and signals,
	// whose channels the standard library does not close.
	Ranges bool
	// Context means that it waits for the end of a context.Context, alone or in a select.
	Context bool
	// Cases is how many cases a select has, but for its default.
	Cases int
	// Ticker means that the line begins a loop over the channel of a time.Ticker.
	Ticker bool
}

// WaitAt returns how the line of a frame waits. It returns nothing if more than one statement of
// the line can wait.
func (l *Lines) WaitAt(at probe.Frame) (w Wait) {
	f := l.own(at)
	if f == nil || len(f.waits[at.Line]) != 1 {
		return w
	}
	switch n := f.waits[at.Line][0].(type) {
	case *ast.RangeStmt:
		return Wait{Ranges: f.channel(n.X), Ticker: f.ticker(n.X), Context: f.done(n.X)}
	case *ast.UnaryExpr:
		return Wait{Context: f.done(n.X)}
	case *ast.SelectStmt:
		for _, s := range n.Body.List {
			comm := s.(*ast.CommClause).Comm
			if comm != nil {
				w.Cases++
			}
			if from := received(comm); from != nil && f.done(from) {
				w.Context = true
			}
		}
	}
	return w
}

// received returns the channel from which a case of a select receives, nil if it does not receive.
func received(comm ast.Stmt) ast.Expr {
	var x ast.Expr
	switch s := comm.(type) {
	case *ast.ExprStmt:
		x = s.X
	case *ast.AssignStmt:
		x = s.Rhs[0]
	}
	if u, ok := ast.Unparen(x).(*ast.UnaryExpr); x != nil && ok {
		return u.X
	}
	return nil
}

// done reports whether an expression is the channel that the end of a context closes.
func (f *file) done(x ast.Expr) bool {
	call, ok := ast.Unparen(x).(*ast.CallExpr)
	if !ok || len(call.Args) > 0 {
		return false
	}
	s, ok := call.Fun.(*ast.SelectorExpr)
	return ok && s.Sel.Name == "Done" && f.is(s.X, "context", "Context", "WithCancel", "WithCancelCause", "WithTimeout", "WithTimeoutCause",
		"WithDeadline", "WithDeadlineCause", "WithValue", "WithoutCancel", "Background", "TODO")
}

// ticker reports whether an expression is the channel of a time.Ticker.
func (f *file) ticker(x ast.Expr) bool {
	switch x := ast.Unparen(x).(type) {
	case *ast.CallExpr:
		return f.of(x.Fun, "time", "Tick")
	case *ast.SelectorExpr:
		return x.Sel.Name == "C" && f.is(x.X, "time", "Ticker", "NewTicker")
	}
	return false
}

// channel reports whether the file shows that an expression is a channel of values other than times
// and signals.
func (f *file) channel(x ast.Expr) bool {
	ofValues := func(t ast.Expr) bool {
		c, ok := t.(*ast.ChanType)
		return ok && !f.of(c.Value, "time", "Time") && !f.of(c.Value, "os", "Signal")
	}
	types := []ast.Expr{f.typeOf(x)}
	if s, ok := ast.Unparen(x).(*ast.SelectorExpr); ok {
		types = f.fields[s.Sel.Name]
	}
	return len(types) > 0 && !slices.ContainsFunc(types, func(t ast.Expr) bool { return !ofValues(t) })
}

// typeOf returns the type with which a variable is declared or made, nil if it is not known.
func (f *file) typeOf(x ast.Expr) ast.Expr {
	id, ok := ast.Unparen(x).(*ast.Ident)
	if !ok || id.Obj == nil {
		return nil
	}
	names, values := []ast.Expr(nil), []ast.Expr(nil)
	switch d := id.Obj.Decl.(type) {
	case *ast.Field:
		return d.Type
	case *ast.ValueSpec:
		if d.Type != nil {
			return d.Type
		}
		for _, n := range d.Names {
			names = append(names, n)
		}
		values = d.Values
	case *ast.AssignStmt:
		names, values = d.Lhs, d.Rhs
	}
	for i, n := range names {
		if n, ok := n.(*ast.Ident); !ok || n.Name != id.Name || len(values) != len(names) {
			continue
		}
		if call, ok := values[i].(*ast.CallExpr); ok && len(call.Args) > 0 {
			if fun, ok := call.Fun.(*ast.Ident); ok && fun.Name == "make" {
				return call.Args[0]
			}
		}
	}
	return nil
}

// is reports whether the file shows that an expression has a type of a package, or comes from one
// of the package's functions. It follows a variable to its declaration and a field to those of
// its name in the file.
func (f *file) is(x ast.Expr, pkg, typ string, makers ...string) bool {
	switch x := ast.Unparen(x).(type) {
	case *ast.CallExpr:
		return f.of(x.Fun, pkg, makers...)
	case *ast.SelectorExpr:
		fields := f.fields[x.Sel.Name]
		return len(fields) > 0 && !slices.ContainsFunc(fields, func(t ast.Expr) bool { return !f.ofType(t, pkg, typ) })
	case *ast.Ident:
		if x.Obj == nil {
			return false
		}
		switch d := x.Obj.Decl.(type) {
		case *ast.Field:
			return f.ofType(d.Type, pkg, typ)
		case *ast.ValueSpec:
			if d.Type != nil {
				return f.ofType(d.Type, pkg, typ)
			}
			return len(d.Values) > 0 && d.Names[0].Name == x.Name && f.made(d.Values[0], pkg, makers)
		case *ast.AssignStmt:
			id, ok := d.Lhs[0].(*ast.Ident)
			return ok && id.Name == x.Name && f.made(d.Rhs[0], pkg, makers)
		}
	}
	return false
}

func (f *file) made(x ast.Expr, pkg string, makers []string) bool {
	call, ok := ast.Unparen(x).(*ast.CallExpr)
	return ok && f.of(call.Fun, pkg, makers...)
}

func (f *file) ofType(x ast.Expr, pkg, typ string) bool {
	if p, ok := x.(*ast.StarExpr); ok {
		x = p.X
	}
	return f.of(x, pkg, typ)
}

// of reports whether an expression is one of the names of a package that the file imports.
func (f *file) of(x ast.Expr, pkg string, names ...string) bool {
	s, ok := x.(*ast.SelectorExpr)
	if !ok || !slices.Contains(names, s.Sel.Name) {
		return false
	}
	id, ok := s.X.(*ast.Ident)
	return ok && id.Obj == nil && id.Name == pkg && slices.ContainsFunc(f.imports, func(i *ast.ImportSpec) bool {
		return i.Name == nil && i.Path.Value == `"`+pkg+`"`
	})
}
