package rewrite

import (
	"fmt"
	"go/ast"
	"go/token"
	"strings"
)

// selectStatement rewrites a select statement to a switch over the case that happened:
//
//	switch leakassert_c0, leakassert_c1 := leakassert_receivecase(c), leakassert_sendcase(d)(v); leakassert_select(SITE, false, leakassert_c0, leakassert_c1) {
//	case 0: x, ok := leakassert_c0.received2()
//	case 1:
//	default: panic(…)
//
// Channels and values are evaluated in the order of the text, before anything happens, as in the original; labels, break and goto keep their meaning.
// The last case is never reached: with it, the switch ends a function just as the select statement did.
func (r *rewriter) selectStatement(x *ast.SelectStmt) {
	var cases []*selectCase
	for _, statement := range x.Body.List {
		c := parseCase(statement.(*ast.CommClause))
		cases = append(cases, c)
		if c.channel != nil && !r.channel(x, c.channel, "select") {
			r.handleCases(cases, x)
			return
		}
	}
	helpers := []string{"leakassert_select"}
	for _, c := range cases {
		if c.helper() != "" {
			helpers = append(helpers, c.helper())
		}
	}
	if r.refused(x, "select", helpers...) {
		r.handleCases(cases, x)
		return
	}
	r.handleCases(cases, x)
	site := r.site(x, "select")
	e, start, lbrace := r.edits, r.offset(x.Select), r.offset(x.Body.Lbrace)
	e.replaceBy(start, lbrace+1, func() string { return r.header(e, cases, site, x) + e.breaks(start, lbrace) })
	number := 0
	for _, c := range cases {
		r.caseClause(number, c)
		if c.channel != nil {
			number++
		}
	}
	end := `default: panic("leakassert: no case of a select statement") `
	if len(cases) > 0 {
		end = "; " + end // the last case may end in the same line
	}
	e.open(r.offset(x.Body.Rbrace), end)
}

// selectCase is a case of a select statement.
type selectCase struct {
	clause  *ast.CommClause
	channel ast.Expr // nil for default
	value   ast.Expr // what is sent
	receive *ast.UnaryExpr
	assign  *ast.AssignStmt // of what is received
}

func parseCase(clause *ast.CommClause) *selectCase {
	c := &selectCase{clause: clause}
	var received ast.Expr
	switch x := clause.Comm.(type) {
	case *ast.SendStmt:
		c.channel, c.value = x.Chan, x.Value
	case *ast.ExprStmt:
		received = x.X
	case *ast.AssignStmt:
		c.assign, received = x, x.Rhs[0]
	}
	if received != nil {
		c.receive = ast.Unparen(received).(*ast.UnaryExpr)
		c.channel = c.receive.X
	}
	return c
}

func (c *selectCase) helper() string {
	switch {
	case c.value != nil:
		return "leakassert_sendcase"
	case c.channel != nil:
		return "leakassert_receivecase"
	}
	return ""
}

// handleCases marks the operations of the cases, which are no operations of their own.
func (r *rewriter) handleCases(cases []*selectCase, x *ast.SelectStmt) {
	for _, statement := range x.Body.List {
		clause := statement.(*ast.CommClause)
		c := parseCase(clause)
		if c.receive != nil {
			r.handled[c.receive] = true
		}
		if clause.Comm != nil {
			r.handled[clause.Comm] = true
		}
	}
}

// header returns the switch statement up to its brace. What is moved from another line brings its line with it.
func (r *rewriter) header(e *edits, cases []*selectCase, site string, x *ast.SelectStmt) string {
	var names, values []string
	hasDefault := "false"
	moved := func(part ast.Expr) string { return r.moved(e, part, x.Select, x.Body.Lbrace) }
	for _, c := range cases {
		name := fmt.Sprintf("leakassert_c%d", len(names))
		switch {
		case c.value != nil:
			values = append(values, "leakassert_sendcase("+moved(c.channel)+")("+moved(c.value)+")")
		case c.channel != nil:
			values = append(values, "leakassert_receivecase("+moved(c.channel)+")")
		default:
			hasDefault = "true"
			continue
		}
		names = append(names, name)
	}
	chosen := "leakassert_select(" + strings.Join(append([]string{site, hasDefault}, names...), ", ") + ") {"
	if len(names) == 0 {
		return "switch " + chosen
	}
	return "switch " + strings.Join(names, ", ") + " := " + strings.Join(values, ", ") + "; " + chosen
}

// caseClause rewrites the head of one case. Breaks of lines within it stay.
func (r *rewriter) caseClause(i int, c *selectCase) {
	e := r.edits
	start, colon := r.offset(c.clause.Case), r.offset(c.clause.Colon)
	if c.channel == nil {
		e.replace(start, colon, "case -1")
		return
	}
	e.replaceBy(start, colon+1, func() string {
		head := fmt.Sprintf("case %d:", i)
		if c.assign != nil {
			received := "received()"
			if len(c.assign.Lhs) == 2 {
				received = "received2()"
			}
			left := e.render(r.offsetIn(e, c.assign.Lhs[0].Pos()), r.offsetIn(e, c.assign.Lhs[len(c.assign.Lhs)-1].End()))
			head += fmt.Sprintf(" %s %s leakassert_c%d.%s;", left, c.assign.Tok, i, received)
			return head + strings.Repeat("\n", max(0, len(e.breaks(start, colon))-strings.Count(left, "\n")))
		}
		return head + e.breaks(start, colon)
	})
}

// moved returns the text of an expression that moves to another line, between directives that give it its own line and then that of after.
func (r *rewriter) moved(e *edits, part ast.Expr, before, after token.Pos) string {
	text := e.render(r.offsetIn(e, part.Pos()), r.offsetIn(e, part.End()))
	switch part.(type) {
	case *ast.Ident, *ast.BasicLit: // can't panic: nothing shows their line
		return text
	}
	from, at, to := r.fset.Position(before), r.fset.Position(part.Pos()), r.fset.Position(after)
	if at.Line == from.Line && from.Line == to.Line && !strings.Contains(text, "\n") {
		return text
	}
	return fmt.Sprintf(" /*line %s:%d:%d*/ %s /*line %s:%d:%d*/ ", at.Filename, at.Line, at.Column, text, to.Filename, to.Line, to.Column)
}

// offsetIn returns the offset of a position in the file of edits that are rendered after the walk.
func (r *rewriter) offsetIn(e *edits, pos token.Pos) int { return r.fset.File(pos).Offset(pos) }
