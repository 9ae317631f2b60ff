package main

import (
	"bytes"
	"cmp"
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"slices"
)

// edits are changes to the text of one file. They add no lines, so that every line keeps its number.
type edits struct {
	*wanted
	info   *types.Info
	sizes  types.Sizes
	fset   *token.FileSet
	file   *ast.File
	suffix string // of the names that are declared in the file
	at     []edit
	stores int
}

// An edit inserts text. Of those at one place, the outer ones come first if they open and last if
// they close.
type edit struct {
	pos   token.Pos
	text  string
	order int
}

// wrap puts text around an expression.
func (e *edits) wrap(x ast.Expr, before, after string) {
	n := len(e.at) + 1
	e.at = append(e.at, edit{x.Pos(), before, n}, edit{x.End(), after, -n})
}

// record passes an expression through one of the functions that apply declares. Text around the
// expression makes an operand of it and the expression of the result.
func (e *edits) record(function string, x ast.Expr, result, operand, rest string) {
	e.stores++
	e.wrap(x, result+"leakassert"+function+e.suffix+"("+operand, rest+")")
}

// apply returns the file with the edits.
func (e *edits) apply(source []byte) []byte {
	e.at = append(e.at, edit{pos: e.file.Name.End(), text: `; import leakassertUnsafe` + e.suffix + ` "unsafe"`})
	slices.SortStableFunc(e.at, func(a, b edit) int { return cmp.Or(cmp.Compare(a.pos, b.pos), cmp.Compare(a.order, b.order)) })
	var b bytes.Buffer
	from := 0
	for _, x := range e.at {
		to := int(x.pos - e.file.FileStart)
		b.Write(source[from:to])
		b.WriteString(x.text)
		from = to
	}
	b.Write(source[from:])
	// Each function returns what it gets. The place of a store is the caller of that function.
	fmt.Fprintf(&b, `
func leakassertRef%[1]s[T any](v T) T {
	leakassertStored%[1]s(*(*uintptr)(leakassertUnsafe%[1]s.Pointer(&v)))
	return v
}

func leakassertAt%[1]s[T any](p *T) *T {
	leakassertStored%[1]s(uintptr(leakassertUnsafe%[1]s.Pointer(p)))
	return p
}

func leakassertIn%[1]s[T any](p *T, offset uintptr) *T {
	leakassertStored%[1]s(uintptr(leakassertUnsafe%[1]s.Pointer(p)) + offset)
	return p
}

func leakassertData%[1]s[S ~[]E, E any](s S) S {
	leakassertStored%[1]s(uintptr(leakassertUnsafe%[1]s.Pointer(leakassertUnsafe%[1]s.SliceData(s))))
	return s
}

func leakassertLink%[1]s[T any](v T, id uintptr) T {
	leakassertStored%[1]s(id)
	return v
}

//go:linkname leakassertStored%[1]s %[2]s
func leakassertStored%[1]s(at uintptr)
`, e.suffix, e.wanted.record)
	return b.Bytes()
}
