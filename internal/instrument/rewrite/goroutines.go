package rewrite

import (
	"fmt"
	"go/ast"
	"go/types"
	"strings"

	"github.com/leakassert/leakassert/internal/explore/shim"
)

// goStatement rewrites
//
//	go f(a, b)
//	{ leakassert_f, leakassert_0, leakassert_1 := f, a, b; leakassert_go(func() { leakassert_f(leakassert_0, leakassert_1) }, SITE) }
//
// so that the statement evaluates the function and its arguments, and go func() {…}() to leakassert_go(func() {…}, SITE).
func (r *rewriter) goStatement(x *ast.GoStmt) {
	call := x.Call
	if r.builtin(call.Fun, "") {
		r.leave(x, "go", "starts a builtin function")
		r.handled[call] = true
		return
	}
	literal, _ := ast.Unparen(call.Fun).(*ast.FuncLit)
	if literal != nil && literal.Type.Params.NumFields() == 0 && literal.Type.Results.NumFields() == 0 {
		if r.refused(x, "go", "leakassert_go") {
			return
		}
		e, start, fun := r.edits, r.offset(x.Go), r.offset(call.Fun.Pos())
		e.replace(start, fun, "leakassert_go("+e.breaks(start, fun))
		from, to := r.offset(call.Lparen), r.offset(call.Rparen)
		e.replace(from, to, ", "+r.site(x, "go")+e.breaks(from, to))
		return
	}
	args, reason := r.bindArguments(call)
	if reason != "" {
		r.leave(x, "go", reason)
		return
	}
	if c, ok := r.known(call.Fun); ok {
		r.goKnown(x, c, args)
		return
	}
	if r.refused(x, "go", "leakassert_go") {
		return
	}
	fun := bound{start: r.offset(call.Fun.Pos()), end: r.offset(call.Fun.End()), use: r.text(call.Fun)}
	if !r.static(call.Fun) {
		fun.use = "leakassert_f"
		fun.names = []string{fun.use}
	}
	r.goBound(x, append([]bound{fun}, args...), fun.use+"("+uses(args)+")")
}

// goKnown rewrites a go statement whose function has a helper, such as go group.Wait(): the goroutine calls the helper.
func (r *rewriter) goKnown(x *ast.GoStmt, c callee, args []bound) {
	call := x.Call
	r.handled[call] = true
	r.handle(c)
	if c.selector != nil {
		if reason := r.receiver(&c); reason != "" {
			r.leave(x, "go", reason)
			return
		}
	}
	helper := c.Name
	if c.Kind == shim.Point {
		helper = "leakassert_at"
	}
	if c.Kind == shim.Call && call.Ellipsis.IsValid() || c.Kind == shim.Point && c.selector == nil && len(args) == 0 {
		r.leave(x, "go", "arguments that are one expression")
		return
	}
	if r.refused(x, "go", "leakassert_go", helper) {
		return
	}
	site := r.site(call, c.Op)
	fun := bound{start: r.offset(call.Fun.Pos()), end: r.offset(call.Fun.End())}
	if c.selector != nil {
		fun = bound{start: r.offset(c.selector.X.Pos()), end: r.offset(c.selector.X.End()), before: c.ampersand(), after: c.path, names: []string{"leakassert_f"}, use: "leakassert_f"}
	}
	var text string
	switch {
	case c.Kind == shim.Call:
		given := args
		if c.selector != nil {
			given = append([]bound{fun}, args...)
		} else {
			r.keepImport(c)
		}
		instance := string(r.edits.source[r.offset(c.name.End()):r.offset(call.Fun.End())])
		text = c.Name + instance + "(" + uses(append(given[:len(given):len(given)], bound{use: site})) + ")"
	case c.selector != nil:
		text = fmt.Sprintf("leakassert_at(%s, %s, %d).%s(%s)", fun.use, site, c.Code, c.selector.Sel.Name, uses(args))
	default:
		text = fmt.Sprintf("%s(leakassert_at(%s, %s, %d)%s)", r.text(call.Fun), args[0].use, site, c.Code, strings.TrimPrefix(uses(args), args[0].use))
	}
	r.goBound(x, append([]bound{fun}, args...), text)
}

// bound is the function or an argument of a go statement.
type bound struct {
	start, end    int
	before, after string   // around its text
	names         []string // the variables that hold it; none if the call has its text
	use           string   // how the call spells it
}

func uses(args []bound) string {
	var list []string
	for _, arg := range args {
		list = append(list, arg.use)
	}
	return strings.Join(list, ", ")
}

// bindArguments finds variables for the arguments, or returns why there are none. Constants need none.
func (r *rewriter) bindArguments(call *ast.CallExpr) (args []bound, reason string) {
	for i, arg := range call.Args {
		part := bound{start: r.offset(arg.Pos()), end: r.offset(arg.End()), use: fmt.Sprintf("leakassert_%d", i)}
		tv := r.info.Types[arg]
		tuple, several := tv.Type.(*types.Tuple)
		switch {
		case tv.Value != nil || tv.IsNil():
			part.use = r.text(arg)
		case several:
			for n := range tuple.Len() {
				part.names = append(part.names, fmt.Sprintf("leakassert_%d", n))
			}
			part.use = strings.Join(part.names, ", ")
		default:
			convert, ok := r.conversion(arg)
			if !ok {
				return nil, "an argument's type has no name here"
			}
			if convert != "" {
				part.before, part.after = convert+"(", ")"
			}
			part.names = []string{part.use}
		}
		args = append(args, part)
	}
	if call.Ellipsis.IsValid() {
		args[len(args)-1].use += "..."
	}
	return args, ""
}

// static reports whether an expression names a function that no statement can change.
func (r *rewriter) static(fun ast.Expr) bool {
	switch x := ast.Unparen(fun).(type) {
	case *ast.IndexExpr:
		return r.static(x.X)
	case *ast.IndexListExpr:
		return r.static(x.X)
	case *ast.Ident:
		f, ok := r.info.Uses[x].(*types.Func)
		return ok && f.Signature().Recv() == nil
	case *ast.SelectorExpr:
		f, ok := r.info.Uses[x.Sel].(*types.Func)
		return ok && f.Signature().Recv() == nil
	}
	return false
}

// goBound replaces a go statement by variables for its parts and the start of the call. Each part stays in its line.
func (r *rewriter) goBound(x *ast.GoStmt, parts []bound, call string) {
	e, start, end := r.edits, r.offset(x.Go), r.offset(x.End())
	site := r.site(x, "go")
	e.replaceBy(start, end, func() string {
		var names []string
		var values strings.Builder
		at := start
		for _, part := range parts {
			if len(part.names) == 0 {
				values.WriteString(e.breaks(at, part.end))
				at = part.end
				continue
			}
			if len(part.names) > 1 && len(names) > 0 { // f, then what g returns for it
				fmt.Fprintf(&values, "; %s := ", strings.Join(part.names, ", "))
			} else {
				if len(names) > 0 {
					values.WriteString(", ")
				}
				names = append(names, part.names...)
			}
			values.WriteString(e.breaks(at, part.start) + part.before + e.render(part.start, part.end) + part.after)
			at = part.end
		}
		text := "{ " + values.String()
		if len(names) > 0 {
			text = "{ " + strings.Join(names, ", ") + " := " + values.String() + "; "
		}
		return text + e.breaks(at, end) + "leakassert_go(func() { " + call + " }, " + site + ") }"
	})
}
