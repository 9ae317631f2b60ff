package rewrite

import (
	"go/ast"
	"go/token"
	"go/types"

	"github.com/leakassert/leakassert/internal/explore/shim"
)

// callee is a function or method that the shim has a helper for.
type callee struct {
	shim.Helper
	function *types.Func
	name     ast.Expr          // the name in the call: an identifier or a selector
	selector *ast.SelectorExpr // of a method
	path     string            // from the receiver's expression to the embedded field that has the method: ".Mutex"
	deref    bool              // the path goes through an embedded pointer
	direct   bool              // the receiver is a pointer or an interface: it needs no &
}

// known returns the callee of an expression that names a function, if there is a helper for it and it is not dealt with yet.
func (r *rewriter) known(fun ast.Expr) (callee, bool) {
	name := ast.Unparen(fun)
	switch x := name.(type) {
	case *ast.IndexExpr:
		name = ast.Unparen(x.X)
	case *ast.IndexListExpr:
		name = ast.Unparen(x.X)
	}
	var ident *ast.Ident
	selector, _ := name.(*ast.SelectorExpr)
	if selector != nil {
		ident = selector.Sel
		if isCounter(selector) {
			return callee{}, false
		}
	} else if ident, _ = name.(*ast.Ident); ident == nil {
		return callee{}, false
	}
	function, ok := r.info.Uses[ident].(*types.Func)
	if !ok || r.handled[ident] {
		return callee{}, false
	}
	full := function.Origin().FullName()
	if function.Pkg() == r.types && function.Signature().Recv() == nil && r.linknames[function.Name()] != "" {
		full = r.linknames[function.Name()]
	}
	helper, ok := r.shim.Lookup(full)
	if !ok && selector != nil && isLocker(function) {
		helper, ok = r.shim.Lookup("(sync.Locker)." + function.Name())
	}
	if !ok {
		return callee{}, false
	}
	c := callee{Helper: helper, function: function, name: name}
	if function.Signature().Recv() != nil {
		c.selector = selector
	}
	return c, true
}

// handle marks a known function's name as dealt with.
func (r *rewriter) handle(c callee) {
	r.handled[c.name] = true
	if s, ok := c.name.(*ast.SelectorExpr); ok {
		r.handled[s.Sel] = true
	}
}

// receiver finds how a call reaches the receiver, and returns why it can't be named.
func (r *rewriter) receiver(c *callee) (reason string) {
	selection := r.info.Selections[c.selector]
	if selection == nil || selection.Kind() != types.MethodVal {
		return "method expression"
	}
	at := r.typeOf(c.selector.X)
	index := selection.Index()
	for _, i := range index[:len(index)-1] {
		structure, ok := pointed(at).Underlying().(*types.Struct)
		if !ok {
			return "promoted through a type parameter"
		}
		field := structure.Field(i)
		if !field.Exported() && field.Pkg() != r.types {
			return "embedded in an unexported field of another package"
		}
		c.path += "." + field.Name()
		_, pointer := types.Unalias(at).Underlying().(*types.Pointer)
		c.deref = c.deref || pointer && at != r.typeOf(c.selector.X)
		at = field.Type()
	}
	_, pointer := types.Unalias(at).Underlying().(*types.Pointer)
	_, method := types.Unalias(c.function.Signature().Recv().Type()).(*types.Pointer)
	c.direct = pointer || !method
	return ""
}

// isLocker reports whether a function is Lock or Unlock of an interface that has both: what implements it is a sync.Locker, too.
func isLocker(function *types.Func) bool {
	recv := function.Signature().Recv()
	if recv == nil || function.Name() != "Lock" && function.Name() != "Unlock" {
		return false
	}
	_, ok := recv.Type().Underlying().(*types.Interface)
	return ok && types.Implements(recv.Type(), locker)
}

// hiddenLock returns the name of an interface's method that can be a lock's, though no helper stands for it.
func (r *rewriter) hiddenLock(fun ast.Expr) string {
	selector, ok := ast.Unparen(fun).(*ast.SelectorExpr)
	if !ok {
		return ""
	}
	function, ok := r.info.Uses[selector.Sel].(*types.Func)
	if !ok || function.Signature().Recv() == nil || function.Signature().Params().Len() > 0 || !types.IsInterface(function.Signature().Recv().Type()) {
		return ""
	}
	switch name := function.Name(); name {
	case "Lock", "Unlock", "TryLock", "RLock", "RUnlock", "TryRLock":
		return name
	}
	return ""
}

// locker is the method set of sync.Locker.
var locker = func() *types.Interface {
	method := func(name string) *types.Func {
		return types.NewFunc(token.NoPos, nil, name, types.NewSignatureType(nil, nil, nil, nil, nil, false))
	}
	return types.NewInterfaceType([]*types.Func{method("Lock"), method("Unlock")}, nil).Complete()
}()

func pointed(t types.Type) types.Type {
	if p, ok := types.Unalias(t).Underlying().(*types.Pointer); ok {
		return p.Elem()
	}
	return t
}

func (c callee) ampersand() string {
	if c.direct {
		return ""
	}
	return "&"
}
