package rewrite

import (
	"go/ast"
	"path/filepath"
	"strings"
)

const explorePackage = "github.com/leakassert/leakassert/internal/explore"

// refusedFile returns why a file as a whole stays as it is.
func refusedFile(path string, source Source) string {
	base := filepath.Base(source.Name)
	switch {
	case strings.HasSuffix(base, ".cgo1.go") || base == "_cgo_gotypes.go" || base == "_cgo_import.go":
		return "cgo"
	case path == explorePackage:
		return "part of the exploration itself"
	case path == "runtime" || path == "sync/atomic" || strings.HasPrefix(path, "internal/runtime/"):
		return "below what helpers call"
	case path == "sync" || path == "internal/sync":
		// The locks themselves are what the helpers call.
		switch base {
		case "map.go", "hashtriemap.go", "oncefunc.go":
		default:
			if !strings.HasSuffix(base, "_test.go") {
				return "part of the locks that helpers call"
			}
		}
	}
	return ""
}

// refusedDeclaration returns why a declaration stays as it is, and lists a function without a body.
func (r *rewriter) refusedDeclaration(decl ast.Decl) string {
	from, to := r.fset.Position(decl.Pos()), r.fset.Position(decl.End())
	for _, refusal := range r.pkg.Refused {
		if refusal.Base == filepath.Base(from.Filename) && from.Line <= refusal.Line && refusal.Line <= to.Line {
			return refusal.Reason
		}
	}
	f, ok := decl.(*ast.FuncDecl)
	if !ok {
		return ""
	}
	if f.Body == nil && r.linknames[f.Name.Name] == "" {
		r.leave(f, "function "+f.Name.Name, "no Go body: assembly, or bound from elsewhere")
	}
	if f.Doc != nil {
		for _, comment := range f.Doc.List {
			if comment.Text == "//go:nosplit" {
				return "go:nosplit"
			}
		}
	}
	return ""
}

func functionName(decl ast.Decl) string {
	f, ok := decl.(*ast.FuncDecl)
	if !ok {
		return "init"
	}
	if f.Recv == nil || len(f.Recv.List) == 0 {
		return f.Name.Name
	}
	receiver, star := f.Recv.List[0].Type, ""
	for {
		switch x := receiver.(type) {
		case *ast.StarExpr:
			receiver, star = x.X, "*"
			continue
		case *ast.ParenExpr:
			receiver = x.X
			continue
		case *ast.IndexExpr:
			receiver = x.X
			continue
		case *ast.IndexListExpr:
			receiver = x.X
			continue
		case *ast.Ident:
			if star != "" {
				return "(*" + x.Name + ")." + f.Name.Name
			}
			return x.Name + "." + f.Name.Name
		}
		return f.Name.Name
	}
}
