package rewrite

import (
	"fmt"
	"go/ast"
	"go/types"
	"strings"

	"github.com/leakassert/leakassert/internal/explore/shim"
)

// value rewrites a known function that is used without being called:
//
//	m.Lock      leakassert_bind_1_0_0(leakassert_MutexLock, &m, SITE)
//	time.Now    leakassert_bind_0_0_1(leakassert_Now, SITE)
//	n.Add       leakassert_point_1_1(n.Add, &n, SITE, OP)
func (r *rewriter) value(x ast.Expr) {
	c, ok := r.known(x)
	if !ok || r.handled[c.name] {
		return
	}
	r.handle(c)
	signature := c.function.Signature()
	if c.selector != nil {
		if reason := r.receiver(&c); reason != "" {
			r.leave(x, c.Op, reason)
			return
		}
	}
	simple := !signature.Variadic() && signature.TypeParams().Len() == 0
	if isLocker(c.function) {
		_, parameter := types.Unalias(r.typeOf(c.selector.X)).(*types.TypeParam)
		simple = c.function.FullName() == "(sync.Locker)."+c.function.Name() && !parameter
	}
	if c.Kind == shim.Point {
		simple = simple && c.selector != nil && r.repeatable(c.selector.X)
	}
	if !simple {
		r.leave(x, c.Op, "the function is a value here")
		return
	}
	params, results := signature.Params().Len(), signature.Results().Len()
	e, start, end := r.edits, r.offset(c.name.Pos()), r.offset(c.name.End())
	if c.Kind == shim.Point {
		if r.refused(x, c.Op, "leakassert_at") {
			return
		}
		name := r.binder(pointBinder(params, results))
		e.open(start, name+"(")
		e.close(end, fmt.Sprintf(", %s%s%s, %s, %d)", c.ampersand(), r.text(c.selector.X), c.path, r.site(x, c.Op), c.Code))
		return
	}
	if r.refused(x, c.Op, c.Name) {
		return
	}
	if c.selector == nil {
		r.keepImport(c)
		name := r.binder(callBinder(0, params, results))
		e.replace(start, end, name+"("+c.Name+", "+e.breaks(start, end)+r.site(x, c.Op)+")")
		return
	}
	receiver := c.selector.X
	e.open(r.offset(receiver.Pos()), r.binder(callBinder(1, params, results))+"("+c.Name+", "+c.ampersand())
	e.replace(r.offset(receiver.End()), end, c.path+", "+e.breaks(r.offset(receiver.End()), end)+r.site(x, c.Op)+")")
}

// binder adds the text of a function to the helpers' file and returns its name.
func (r *rewriter) binder(name, text string) string {
	r.binders[name] = text
	return name
}

// list returns the names of n things of a kind.
func list(n int, format string) (names []string) {
	for i := range n {
		names = append(names, strings.ReplaceAll(format, "#", fmt.Sprint(i)))
	}
	return names
}

// callBinder is a function that binds a helper to its receiver, if there is one, and its site.
func callBinder(receivers, params, results int) (name, text string) {
	name = fmt.Sprintf("leakassert_bind_%d_%d_%d", receivers, params, results)
	join := func(parts ...[]string) string {
		var all []string
		for _, part := range parts {
			all = append(all, part...)
		}
		return strings.Join(all, ", ")
	}
	p, a, res := list(receivers, "P#"), list(params, "A#"), list(results, "R#")
	of := ""
	if receivers+params+results > 0 {
		of = "[" + join(p, a, res) + " any]"
	}
	returns := ""
	if results > 0 {
		returns = "return "
	}
	result := "(" + join(res) + ")"
	text = fmt.Sprintf("func %s%s(%s) func(%s) %s {\n\treturn func(%s) %s { %sf(%s) }\n}\n", name, of,
		join([]string{"f func(" + join(p, a, []string{"uint32"}) + ") " + result}, list(receivers, "p# P#"), []string{"site uint32"}), join(a), result,
		join(list(params, "a# A#")), result, returns, join(list(receivers, "p#"), list(params, "a#"), []string{"site"}))
	return name, text
}

// pointBinder is a function that announces an operation that is a method's value, and does it.
func pointBinder(params, results int) (name, text string) {
	name = fmt.Sprintf("leakassert_point_%d_%d", params, results)
	names := func(names []string) string { return strings.Join(names, ", ") }
	a, res := list(params, "A#"), list(results, "R#")
	returns := ""
	if results > 0 {
		returns = "return "
	}
	text = fmt.Sprintf("func %s[%s any](f func(%s) (%s), p *T, site uint32, op uint8) func(%s) (%s) {\n\treturn func(%s) (%s) {\n\t\tleakassert_at(p, site, op)\n\t\t%sf(%s)\n\t}\n}\n", name,
		names(append(append([]string{"T"}, a...), res...)), names(a), names(res), names(a), names(res), names(list(params, "a# A#")), names(res), returns, names(list(params, "a#")))
	return name, text
}
