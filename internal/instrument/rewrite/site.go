package rewrite

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"hash/fnv"
	"path/filepath"
	"strings"

	"github.com/leakassert/leakassert/internal/instrument"
)

// site allots the number of a site. It is a hash of where and what it is, so that it stays the same from build to build and names the same thing in all of them.
func (r *rewriter) site(node ast.Node, operation string) string {
	position := r.fset.Position(node.Pos())
	site := instrument.Site{File: position.Filename, Line: position.Line, Function: r.function, Operation: operation}
	same := r.repeats[site]
	r.repeats[site]++
	hash := fnv.New32a()
	fmt.Fprintf(hash, "%s\x00%s\x00%d\x00%s\x00%s\x00%d", r.pkg.Path, withoutFolder(site.File), site.Line, site.Function, site.Operation, same)
	for site.Number = max(hash.Sum32(), 1); r.numbers[site.Number] || r.pkg.Taken != nil && r.pkg.Taken(site); site.Number = max(site.Number+1, 1) {
	}
	r.numbers[site.Number] = true
	r.sites = append(r.sites, site)
	return fmt.Sprint(site.Number)
}

// withoutFolder returns what of a file's name is the same on every machine: its base name, and the folder from the version of its module on.
func withoutFolder(name string) string {
	if at := strings.LastIndexByte(name, '@'); at >= 0 {
		return filepath.ToSlash(name[at:])
	}
	return filepath.Base(name)
}

// leave lists what is not rewritten.
func (r *rewriter) leave(node ast.Node, what, reason string) {
	position := r.fset.Position(node.Pos())
	r.left = append(r.left, instrument.Left{Package: r.pkg.Path, File: position.Filename, Line: position.Line, What: what, Reason: reason})
}

// refused lists a node if nothing of its function may be rewritten, or if a helper can't be used in this package.
func (r *rewriter) refused(node ast.Node, what string, helpers ...string) bool {
	if r.refuse != "" {
		r.leave(node, what, r.refuse)
		return true
	}
	for _, name := range helpers {
		if !r.canUse(name) {
			r.leave(node, what, "the package does not import what "+name+" needs")
			return true
		}
	}
	for _, name := range helpers {
		r.used[name] = true
	}
	return false
}

func (r *rewriter) offset(pos token.Pos) int { return r.tokens.Offset(pos) }

// text returns the original source of a node.
func (r *rewriter) text(node ast.Node) string {
	return string(r.edits.source[r.offset(node.Pos()):r.offset(node.End())])
}

func (r *rewriter) typeOf(e ast.Expr) types.Type { return r.info.TypeOf(e) }
