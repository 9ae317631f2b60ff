package rewrite

import (
	"go/ast"
	"go/token"
	"go/types"

	"github.com/leakassert/leakassert/internal/instrument"
)

// send rewrites ch <- v to leakassert_sendto(ch, SITE)(v).
func (r *rewriter) send(x *ast.SendStmt) {
	if r.handled[x] || !r.channel(x, x.Chan, "send") || r.refused(x, "send", "leakassert_sendto") {
		return
	}
	e := r.edits
	e.open(r.offset(x.Chan.Pos()), "leakassert_sendto(")
	start, end := r.offset(x.Chan.End()), r.offset(x.Value.Pos())
	e.replace(start, end, ", "+r.site(x, "send")+")("+e.breaks(start, end))
	e.close(r.offset(x.Value.End()), ")")
}

// receive rewrites <-ch to leakassert_receive(ch, SITE), or leakassert_receive2 where the second value is asked for.
func (r *rewriter) receive(x *ast.UnaryExpr) {
	if r.handled[x] || !r.channel(x, x.X, "receive") {
		return
	}
	helper := "leakassert_receive"
	if tuple, ok := r.typeOf(x).(*types.Tuple); ok {
		helper = "leakassert_receive2"
		if types.Unalias(tuple.At(1).Type()) != types.Typ[types.Bool] && types.Unalias(tuple.At(1).Type()) != types.Typ[types.UntypedBool] {
			r.leave(x, "receive", "the second value is of a type of its own")
			return
		}
	}
	if r.refused(x, "receive", helper) {
		return
	}
	start := r.offset(x.OpPos)
	r.edits.replace(start, start+len("<-"), helper+"(")
	r.edits.close(r.offset(x.X.End()), ", "+r.site(x, "receive")+")")
}

// closing rewrites close(ch) to leakassert_close(ch, SITE).
func (r *rewriter) closing(x *ast.CallExpr) {
	if !r.channel(x, x.Args[0], "close") || r.refused(x, "close", "leakassert_close") {
		return
	}
	r.edits.replace(r.offset(x.Fun.Pos()), r.offset(x.Fun.End()), "leakassert_close")
	r.edits.close(r.offset(x.Args[0].End()), ", "+r.site(x, "close"))
}

// rangeStatement rewrites
//
//	for v := range ch {
//	for leakassert_r, v := leakassert_over(ch, SITE); leakassert_r.next(&v); {
//
// which gives v the scope that it has in a range statement: one variable for the loop before Go 1.22, one for each round since.
func (r *rewriter) rangeStatement(x *ast.RangeStmt) {
	t := types.Unalias(r.typeOf(x.X))
	if _, ok := t.Underlying().(*types.Map); ok && x.Key != nil {
		r.leave(x, "range", instrument.Chance)
		return
	}
	if parameter, ok := t.(*types.TypeParam); ok && !mayBeChannel(parameter) {
		return
	}
	if _, ok := t.Underlying().(*types.Chan); !ok {
		if _, ok := t.(*types.TypeParam); !ok {
			return
		}
	}
	if !r.channel(x, x.X, "range") || r.refused(x, "range", "leakassert_over") {
		return
	}
	variable, target, body := "_", "nil", ""
	if x.Key != nil && !isBlank(x.Key) {
		if x.Tok == token.DEFINE {
			variable = r.text(x.Key)
			target = "&" + variable
		} else {
			variable, target = "leakassert_v", "&leakassert_v"
			body = " = leakassert_v;"
		}
	}
	e := r.edits
	start, end := r.offset(x.For), r.offset(x.X.Pos())
	e.replace(start, end, "for leakassert_r, "+variable+" := leakassert_over("+e.breaks(start, end))
	e.close(r.offset(x.X.End()), ", "+r.site(x, "range")+"); leakassert_r.next("+target+"); ")
	if body != "" {
		key, lbrace := x.Key, r.offset(x.Body.Lbrace)
		e.replaceBy(lbrace, lbrace+1, func() string {
			return "{ " + r.moved(e, key, x.Body.Lbrace, x.Body.Lbrace) + body
		})
	}
}

// mayBeChannel reports whether a type parameter stands for channels.
func mayBeChannel(p *types.TypeParam) bool {
	constraint, ok := p.Constraint().Underlying().(*types.Interface)
	if !ok {
		return false
	}
	for i := range constraint.NumEmbeddeds() {
		embedded := constraint.EmbeddedType(i)
		if union, ok := embedded.(*types.Union); ok && union.Len() > 0 {
			embedded = union.Term(0).Type()
		}
		if _, ok := embedded.Underlying().(*types.Chan); ok {
			return true
		}
	}
	return false
}

func isBlank(e ast.Expr) bool {
	ident, ok := e.(*ast.Ident)
	return ok && ident.Name == "_"
}
