package rewrite

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"strings"

	"github.com/leakassert/leakassert/internal/explore/shim"
)

// call rewrites a call of a function that the shim knows, and of close.
func (r *rewriter) call(x *ast.CallExpr) {
	if r.builtin(x.Fun, "close") && len(x.Args) == 1 {
		r.closing(x)
		return
	}
	c, ok := r.known(x.Fun)
	if !ok {
		if name := r.hiddenLock(x.Fun); name != "" {
			r.leave(x, name, "a lock behind an interface")
		}
		r.hashValue(x)
		return
	}
	r.handle(c)
	if c.selector != nil {
		if reason := r.receiver(&c); reason != "" {
			r.leave(x, c.Op, reason)
			return
		}
	}
	if x.Ellipsis.IsValid() || len(x.Args) == 1 && isTuple(r.typeOf(x.Args[0])) {
		r.leave(x, c.Op, "arguments that are one expression")
		return
	}
	switch c.Kind {
	case shim.Call:
		r.replaceCall(x, c)
	case shim.Point:
		r.announce(x, c)
	}
}

// replaceCall rewrites m.Lock() to helper(&m, SITE) and time.Sleep(d) to helper(d, SITE).
func (r *rewriter) replaceCall(x *ast.CallExpr, c callee) {
	if r.refused(x, c.Op, c.Name) {
		return
	}
	site := r.site(x, c.Op)
	e := r.edits
	if c.selector != nil {
		receiver, end := c.selector.X, r.offset(x.Lparen)+1
		e.open(r.offset(receiver.Pos()), c.Name+"("+c.ampersand())
		start := r.offset(receiver.End())
		if open := r.offset(x.Fun.Pos()); open < r.offset(receiver.Pos()) { // (m.Lock)()
			e.replace(open, r.offset(receiver.Pos()), e.breaks(open, r.offset(receiver.Pos())))
		}
		if len(x.Args) > 0 {
			e.replace(start, end, c.path+", "+e.breaks(start, end))
		} else {
			end = r.offset(x.Rparen)
			e.replace(start, end, c.path+", "+e.breaks(start, end)+site)
		}
	} else {
		start, end := r.offset(c.name.Pos()), r.offset(c.name.End())
		e.replace(start, end, c.Name)
		if breaks := e.breaks(start, end); breaks != "" {
			e.open(r.offset(x.Lparen)+1, breaks)
		}
		r.keepImport(c)
		if len(x.Args) == 0 {
			from, to := r.offset(x.Lparen)+1, r.offset(x.Rparen)
			e.replace(from, to, e.breaks(from, to)+site)
		}
	}
	if n := len(x.Args); n > 0 {
		e.close(r.offset(x.Args[n-1].End()), ", "+site)
	}
}

// keepImport keeps the import of a function in use whose calls are replaced.
func (r *rewriter) keepImport(c callee) {
	if c.function.Pkg() == r.types {
		return
	}
	use := strings.Join(strings.Fields(r.text(c.name)), "")
	if n := c.function.Signature().TypeParams().Len(); n > 0 {
		use += "[" + strings.TrimSuffix(strings.Repeat("int,", n), ",") + "]"
	}
	r.keep[use] = use
}

// announce leaves an operation as it is and announces it right before it happens: as its receiver or first argument is evaluated, or with the last
// argument whose evaluation does something itself.
func (r *rewriter) announce(x *ast.CallExpr, c callee) {
	var address ast.Expr
	later := x.Args
	if c.selector != nil {
		address = c.selector.X
	} else {
		if len(x.Args) == 0 || pointed(r.typeOf(x.Args[0])) == r.typeOf(x.Args[0]) {
			r.leave(x, c.Op, "no address")
			return
		}
		address, later, c.direct = x.Args[0], x.Args[1:], true
	}
	var last ast.Expr
	for _, arg := range later {
		if r.acts(arg) {
			last = arg
		}
	}
	e := r.edits
	if last == nil {
		if r.refused(x, c.Op, "leakassert_at") {
			return
		}
		e.open(r.offset(address.Pos()), "leakassert_at("+c.ampersand())
		e.close(r.offset(address.End()), fmt.Sprintf("%s, %s, %d)", c.path, r.site(x, c.Op), c.Code))
		return
	}
	convert, ok := r.conversion(last)
	if !ok {
		r.leave(x, c.Op, "the argument's type has no name here")
		return
	}
	helpers := []string{"leakassert_then"}
	steady := r.repeatable(address) && r.steady(address) && !c.deref
	if c.path != "" && pointed(r.typeOf(address)) != r.typeOf(address) {
		steady = steady && r.local(address)
	}
	if steady {
		helpers = append(helpers, "leakassert_pointer")
	}
	if r.refused(x, c.Op, helpers...) {
		return
	}
	pointer := "nil"
	if steady {
		pointer = "leakassert_pointer(" + c.ampersand() + r.text(address) + c.path + ")"
	}
	open, shut := "leakassert_then(", ""
	if convert != "" {
		open, shut = open+convert+"(", ")"
	}
	e.open(r.offset(last.Pos()), open)
	e.close(r.offset(last.End()), fmt.Sprintf("%s, %s, %s, %d)", shut, pointer, r.site(x, c.Op), c.Code))
}

// deferred rewrites defer x.v.Store(1): the announcement is deferred after the operation, and so runs right before it.
func (r *rewriter) deferred(d *ast.DeferStmt) {
	c, ok := r.known(d.Call.Fun)
	if !ok || c.Kind != shim.Point {
		return
	}
	r.handled[d.Call] = true
	r.handle(c)
	var address ast.Expr
	if c.selector == nil && len(d.Call.Args) > 0 {
		address, c.direct = d.Call.Args[0], true
	} else if c.selector != nil {
		address = c.selector.X
		if reason := r.receiver(&c); reason != "" {
			r.leave(d, c.Op, reason)
			return
		}
	}
	if address == nil || !r.repeatable(address) {
		r.leave(d, c.Op, "deferred with an address that can't be evaluated twice")
		return
	}
	if r.refused(d, c.Op, "leakassert_at") {
		return
	}
	announcement := fmt.Sprintf("; defer leakassert_at(%s%s%s, %s, %d)", c.ampersand(), r.text(address), c.path, r.site(d, c.Op), c.Code)
	r.edits.close(r.offset(d.End()), announcement)
}

// hashValue rewrites a call of a value that is the runtime's hash function of a built-in map, as its type says:
// m.hash(p, seed) becomes helper(m.hash(p, seed), SITE).
func (r *rewriter) hashValue(x *ast.CallExpr) {
	helper, ok := r.shim.Lookup(shim.HashValue)
	if !ok {
		return
	}
	var name *ast.Ident
	switch f := ast.Unparen(x.Fun).(type) {
	case *ast.Ident:
		name = f
	case *ast.SelectorExpr:
		name = f.Sel
	default:
		return
	}
	if _, value := r.info.Uses[name].(*types.Var); !value || !types.Identical(r.typeOf(x.Fun).Underlying(), hashFunction) {
		return
	}
	if r.refused(x, helper.Op, helper.Name) {
		return
	}
	r.edits.open(r.offset(x.Pos()), helper.Name+"(")
	r.edits.close(r.offset(x.End()), ", "+r.site(x, helper.Op)+")")
}

// hashFunction is the type that shim.HashValue names.
var hashFunction = func() types.Type {
	variable := func(t types.BasicKind) *types.Var { return types.NewVar(token.NoPos, nil, "", types.Typ[t]) }
	return types.NewSignatureType(nil, nil, nil, types.NewTuple(variable(types.UnsafePointer), variable(types.Uintptr)), types.NewTuple(variable(types.Uintptr)), false)
}()
