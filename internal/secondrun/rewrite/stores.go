package main

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"slices"
)

// visit looks for the stores in a node.
func (e *edits) visit(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.AssignStmt:
		if n.Tok != token.DEFINE {
			for i, x := range n.Lhs {
				if len(n.Rhs) == len(n.Lhs) {
					e.assigned(x, n.Rhs[i])
				} else {
					e.assigned(x, nil)
				}
			}
		}
	case *ast.RangeStmt:
		if n.Tok == token.ASSIGN {
			e.assigned(n.Key, nil)
			if n.Value != nil {
				e.assigned(n.Value, nil)
			}
		}
	case *ast.SendStmt:
		if e.known(n.Chan) && e.has("chan", e.info.TypeOf(n.Chan)) {
			e.record("Ref", n.Chan, "", "", "")
		}
	case *ast.CallExpr:
		e.called(n)
	case *ast.UnaryExpr:
		if lit, ok := n.X.(*ast.CompositeLit); ok && n.Op == token.AND {
			e.composed(n, lit)
		}
	}
	return true
}

func (e *edits) known(x ast.Expr) bool { return x != nil && e.info.TypeOf(x) != nil }

// assigned records an expression on the left of an assignment. value is nil if it has no expression of
// its own.
func (e *edits) assigned(x, value ast.Expr) {
	if !e.known(x) {
		return
	}
	t := e.info.TypeOf(x)
	switch bare := ast.Unparen(x).(type) {
	case *ast.IndexExpr:
		if !e.known(bare.X) {
			return
		}
		of := core(e.info.TypeOf(bare.X))
		switch of.Underlying().(type) {
		case *types.Map:
			if e.has("map", of) {
				e.record("Ref", bare.X, "", "", "")
			}
			return
		case *types.Slice:
			if e.has("slice", of) && pointers(t) && !e.empty(value) {
				e.record("Data", bare.X, "", "", "")
				return
			}
		}
	case *ast.StarExpr:
		if e.has("slice", t) || e.has("plain", t) {
			e.record("At", bare.X, "", "", "")
		}
		return
	}
	o, owner := e.declared(x)
	if o == nil || e.empty(value) {
		return
	}
	form := "plain"
	if _, ok := core(t).Underlying().(*types.Slice); ok {
		form = "slice"
	}
	switch is, link := e.declares(form, o, owner); {
	case is:
		e.record("At", x, "*", "&", "")
	case link > 0:
		e.record("Link", x, "*", "&", fmt.Sprintf(", %d", link))
	}
}

// empty reports whether an expression is nil or makes a container, which stores nothing in it.
func (e *edits) empty(x ast.Expr) bool {
	if x == nil {
		return false
	}
	c, ok := ast.Unparen(x).(*ast.CallExpr)
	return e.info.Types[x].IsNil() || ok && e.info.Types[c.Fun].IsBuiltin() && spelled(c.Fun) == "make"
}

func spelled(x ast.Expr) string {
	id, _ := ast.Unparen(x).(*ast.Ident)
	if id == nil {
		return ""
	}
	return id.Name
}

// declared returns the variable or field that an expression is, and the struct of the field.
func (e *edits) declared(x ast.Expr) (o types.Object, owner types.Type) {
	switch x := ast.Unparen(x).(type) {
	case *ast.Ident:
		return e.info.Uses[x], nil
	case *ast.IndexExpr: // of an array
		return e.declared(x.X)
	case *ast.SelectorExpr:
		s := e.info.Selections[x]
		if s == nil { // of a package
			return e.info.Uses[x.Sel], nil
		}
		owner = s.Recv()
		for _, i := range s.Index()[:len(s.Index())-1] {
			owner = fieldsOf(owner).Field(i).Type()
		}
		if p, ok := owner.Underlying().(*types.Pointer); ok {
			owner = p.Elem()
		}
		return s.Obj(), owner
	}
	return nil, nil
}

// fieldsOf returns the struct that a type is, or points at.
func fieldsOf(t types.Type) *types.Struct {
	if p, ok := t.Underlying().(*types.Pointer); ok {
		t = p.Elem()
	}
	return t.Underlying().(*types.Struct)
}

// pointers reports whether a value of a type may hold an object.
func pointers(t types.Type) bool {
	b, basic := t.Underlying().(*types.Basic)
	return !basic || b.Kind() == types.String || b.Kind() == types.UnsafePointer
}

// storing are the methods of sync.Map and package sync/atomic that store.
var storing = []string{"Store", "LoadOrStore", "Swap", "CompareAndSwap"}

// called records the call of a method that stores.
func (e *edits) called(c *ast.CallExpr) {
	f, ok := ast.Unparen(c.Fun).(*ast.SelectorExpr)
	if !ok || !slices.Contains(storing, f.Sel.Name) {
		return
	}
	s := e.info.Selections[f]
	if s == nil || s.Kind() != types.MethodVal {
		return
	}
	at, path, pointer := s.Recv(), "", false
	for _, i := range s.Index()[:len(s.Index())-1] {
		field := fieldsOf(at).Field(i)
		at, path = field.Type(), path+"."+field.Name()
	}
	if p, ok := types.Unalias(at).(*types.Pointer); ok {
		at, pointer = p.Elem(), true
	}
	if !e.isMethodTarget(at) {
		return
	}
	open := "&"
	if pointer {
		open = ""
	}
	e.record("At", f.X, "", open, path)
}

func (e *edits) isMethodTarget(t types.Type) bool {
	own := spell(t)
	return slices.ContainsFunc(e.targets, func(t target) bool { return t.form == "method" && t.typ == own })
}

// composed records a literal whose address is taken, if it sets a field that is meant.
func (e *edits) composed(whole *ast.UnaryExpr, lit *ast.CompositeLit) {
	if !e.known(lit) {
		return
	}
	t := e.info.TypeOf(lit)
	s, ok := core(t).Underlying().(*types.Struct)
	if !ok {
		return
	}
	var fields []*types.Var
	for f := range s.Fields() {
		fields = append(fields, f)
	}
	for i, x := range lit.Elts {
		if pair, ok := x.(*ast.KeyValueExpr); ok {
			i = slices.IndexFunc(fields, func(f *types.Var) bool { return f.Name() == spelled(pair.Key) })
			x = pair.Value
		}
		if i < 0 || i >= len(fields) || e.empty(x) {
			continue
		}
		form := "plain"
		if _, ok := fields[i].Type().Underlying().(*types.Slice); ok {
			form = "slice"
		}
		switch is, link := e.declares(form, fields[i], t); {
		case is && !parametric(t):
			e.record("In", whole, "", "", fmt.Sprintf(", %d", e.sizes.Offsetsof(fields)[i]))
		case link > 0:
			e.record("Link", whole, "", "", fmt.Sprintf(", %d", link))
		}
	}
}

// parametric reports whether the layout of a type depends on type parameters.
func parametric(t types.Type) bool {
	if _, ok := types.Unalias(t).(*types.TypeParam); ok {
		return true
	}
	switch u := t.Underlying().(type) {
	case *types.Array:
		return parametric(u.Elem())
	case *types.Struct:
		for f := range u.Fields() {
			if parametric(f.Type()) {
				return true
			}
		}
	}
	return false
}
