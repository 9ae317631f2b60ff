// Package rewrite makes every synchronisation of a package a point of a schedule: it rewrites the call sites of atomics, locks, channels, goroutines and chance.
//
// Types stay as they are, and so do the sizes of values, the numbers of lines and the order of evaluation. The calls that replace the original ones are those of the shim.
package rewrite

import (
	"cmp"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"github.com/leakassert/leakassert/internal/explore/shim"
	"github.com/leakassert/leakassert/internal/instrument"
)

// Shim is what the rewritten calls lead to: package shim, or a counter in tests.
type Shim interface {
	Lookup(fullName string) (shim.Helper, bool)
	File(pkgPath, pkgName string, used []string) ([]byte, error)
}

// Source is a file of a package.
type Source struct {
	Name string // absolute: positions of the table and line directives use it
	Text []byte
}

// Package is what to rewrite.
type Package struct {
	Path      string
	Files     []Source
	GoVersion string // the language version of its module, such as "go1.13"; empty for the newest
	Importer  types.Importer
	CanImport func(path string) bool // whether the compiler finds the export data of a package
	// Taken reports whether the number of a site already names another one.
	Taken func(site instrument.Site) bool
	// Refused are lines of which the compiler has refused the rewritten text: the declarations around them stay as they are.
	Refused []Refusal
}

// Refusal is a line that the compiler has refused, and why.
type Refusal struct {
	Base   string // of the file's name
	Line   int
	Reason string
}

// Result is a rewritten package.
type Result struct {
	Files     []Source // in the order of the package's; a file without sites is unchanged
	Changed   []bool
	Shim      []byte // one more file of the package; empty if nothing has changed
	GoVersion string // what the compiler must be told
	Sites     []instrument.Site
	Left      []instrument.Left
}

// Rewrite rewrites a package. It fails if the package does not pass the type checker as it is.
func Rewrite(p Package, s Shim) (*Result, error) {
	r := &rewriter{
		pkg: p, shim: s, fset: token.NewFileSet(), linknames: map[string]string{}, used: map[string]bool{}, usable: map[string]bool{},
		binders: map[string]string{},
		repeats: map[instrument.Site]int{}, numbers: map[uint32]bool{},
	}
	var files []*ast.File
	for _, source := range p.Files {
		file, err := parser.ParseFile(r.fset, source.Name, source.Text, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		files = append(files, file)
		r.readLinknames(file)
	}
	if err := r.check(files); err != nil {
		return nil, err
	}
	result := &Result{GoVersion: p.GoVersion}
	for i, file := range files {
		text, changed := r.file(file, p.Files[i])
		result.Files = append(result.Files, Source{p.Files[i].Name, text})
		result.Changed = append(result.Changed, changed)
	}
	result.Sites, result.Left = r.sites, r.left
	if len(r.sites) == 0 {
		return result, nil
	}
	var err error
	if result.Shim, err = s.File(p.Path, files[0].Name.Name, sortedKeys(r.used)); err != nil {
		return nil, err
	}
	for _, name := range sortedKeys(r.binders) {
		result.Shim = append(result.Shim, "\n"+r.binders[name]...)
	}
	if old(p.GoVersion) {
		result.GoVersion = helperVersion
	}
	return result, nil
}

// helperVersion is the oldest language version with all that calls of helpers need. Newer ones change the variables of loops.
const helperVersion = "go1.21"

// old reports whether a language version comes before helperVersion.
func old(version string) bool {
	var minor int
	if _, err := fmt.Sscanf(version, "go1.%d", &minor); err != nil {
		return false
	}
	return minor < 21
}

// rewriter holds what the rewriting of one package knows.
type rewriter struct {
	pkg       Package
	shim      Shim
	fset      *token.FileSet
	types     *types.Package
	info      *types.Info
	linknames map[string]string // functions of this package that are bound to others: local name to target
	used      map[string]bool   // names of helpers
	binders   map[string]string // functions that values of functions need: name to text
	usable    map[string]bool   // whether the imports of a helper are there
	sites     []instrument.Site
	left      []instrument.Left
	repeats   map[instrument.Site]int
	numbers   map[uint32]bool

	// of the file and function that is being walked
	edits    *edits
	tokens   *token.File
	function string
	refuse   string // why nothing of it may be rewritten
	handled  map[ast.Node]bool
	keep     map[string]string // imports whose use may be gone: an expression that uses them
}

func (r *rewriter) check(files []*ast.File) error {
	var all []error
	config := types.Config{
		Importer:  r.pkg.Importer,
		GoVersion: r.pkg.GoVersion,
		Error:     func(err error) { all = append(all, err) },
	}
	r.info = &types.Info{
		Types: map[ast.Expr]types.TypeAndValue{}, Uses: map[*ast.Ident]types.Object{}, Defs: map[*ast.Ident]types.Object{},
		Selections: map[*ast.SelectorExpr]*types.Selection{},
	}
	r.types, _ = config.Check(r.pkg.Path, r.fset, files, r.info)
	return errors.Join(all[:min(len(all), 3)]...)
}

// readLinknames finds functions without a body that are bound to others by name, such as the runtime's generator of random numbers.
func (r *rewriter) readLinknames(file *ast.File) {
	bodyless := map[string]bool{}
	for _, decl := range file.Decls {
		if f, ok := decl.(*ast.FuncDecl); ok && f.Recv == nil && f.Body == nil {
			bodyless[f.Name.Name] = true
		}
	}
	for _, group := range file.Comments {
		for _, comment := range group.List {
			fields := strings.Fields(comment.Text)
			if len(fields) == 3 && fields[0] == "//go:linkname" && bodyless[fields[1]] {
				r.linknames[fields[1]] = fields[2]
			}
		}
	}
}

// file rewrites one file.
func (r *rewriter) file(file *ast.File, source Source) (text []byte, changed bool) {
	r.edits, r.tokens = &edits{source: source.Text}, r.fset.File(file.FileStart)
	r.handled, r.keep = map[ast.Node]bool{}, map[string]string{}
	before := len(r.sites)
	reason := refusedFile(r.pkg.Path, source)
	for _, decl := range file.Decls {
		r.function, r.refuse = functionName(decl), reason
		if r.refuse == "" {
			r.refuse = r.refusedDeclaration(decl)
		}
		ast.Inspect(decl, r.visit)
	}
	if len(r.sites) == before {
		return source.Text, false
	}
	r.edits.sort()
	var b strings.Builder
	fmt.Fprintf(&b, "//line %s:1:1\n", source.Name)
	b.WriteString(strings.TrimPrefix(r.edits.render(0, len(source.Text)), "\ufeff"))
	for _, name := range sortedKeys(r.keep) {
		fmt.Fprintf(&b, "\nvar _ = %s", r.keep[name])
	}
	b.WriteString("\n")
	return []byte(b.String()), true
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, cmp.Compare[string])
	return keys
}
