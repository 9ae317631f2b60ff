package names

import (
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/leakassert/leakassert/internal/goroutine"
	"github.com/leakassert/leakassert/internal/pattern"
)

// Place returns where a goroutine comes from: the outermost call on its stack that belongs to the
// module under test. Without one it is the function that the goroutine began with, and the one that
// started it. Unlike the innermost call, the outermost does not change while the goroutine works.
func Place(stack []goroutine.Frame, createdBy goroutine.Frame) string {
	for _, f := range slices.Backward(stack) {
		if InModule(f) && !OfLibrary(f.Func) {
			return Stable(f)
		}
	}
	place := ""
	if len(stack) > 0 {
		place = Stable(stack[len(stack)-1])
	}
	if createdBy.Func != "" {
		place = strings.TrimSpace(place + " by " + Stable(createdBy))
	}
	return place
}

// Stable returns the name of a frame's function, with the whole path of its package, the same in
// every build. The name that the compiler gives a function literal depends on what is inlined: the
// literal in store.Open is store.Open.func1, or shop.TestX.Open.func7 if TestX inlines Open. Stable
// returns store.Open.func for both. It leaves out type arguments, and _test behind a package.
func Stable(f goroutine.Frame) string {
	name := goroutine.Unescape(f.Func)
	pkg := Package(name)
	rest := strings.TrimPrefix(name[len(pkg):], ".")
	if rest == "" { // no Go call, such as "non-Go function at pc=0x4a2f10"
		plain, _, _ := strings.Cut(name, " at pc=")
		return plain
	}
	pkg = strings.TrimSuffix(pkg, "_test")
	function, literal := declaredIn(strings.TrimSuffix(typesLeftOut(rest), "-fm"))
	if literal {
		return packageOf(f, pkg) + "." + function + ".func"
	}
	return pkg + "." + function
}

// typesLeftOut replaces type arguments by "...".
func typesLeftOut(name string) string {
	var b strings.Builder
	depth := 0
	for _, r := range name {
		if r == ']' {
			depth--
		}
		if depth == 0 {
			b.WriteRune(r)
		}
		if r == '[' {
			if depth == 0 {
				b.WriteString("...")
			}
			depth++
		}
	}
	return b.String()
}

// declaredIn returns the declared function that a function literal is in, and whether the name is one
// of a literal. Of a method with a value receiver it returns only the method: a name does not show
// whether T.F is a method, or a function F that is inlined into T.
func declaredIn(name string) (function string, literal bool) {
	parts := elementsOf(name)
	last := len(parts) - 1
	for last > 0 && inLiteral().MatchString(parts[last]) {
		last--
	}
	function = parts[last]
	if loop := rangeBody().FindString(function); loop != "" {
		function, literal = strings.TrimSuffix(function, loop), true
	}
	if last == len(parts)-1 && !literal {
		return name, false
	}
	if last > 0 && strings.HasPrefix(parts[last-1], "(") {
		function = parts[last-1] + "." + function
	}
	if function == "" || function == "glob" { // glob..func1 is what older versions call a literal of a variable
		function = "init"
	}
	return function, true
}

var (
	inLiteral = pattern.New(`^(?:func\d+|gowrap\d+|deferwrap\d+|\d+)?(?:-range\d+)*$`)
	rangeBody = pattern.New(`(?:-range\d+)+$`)
)

// elementsOf splits a name at its dots, except those in brackets and parentheses.
func elementsOf(name string) (parts []string) {
	depth, begin := 0, 0
	for i, r := range name {
		switch {
		case r == '[' || r == '(':
			depth++
		case r == ']' || r == ')':
			depth--
		case r == '.' && depth == 0:
			parts, begin = append(parts, name[begin:i]), i+1
		}
	}
	return append(parts, name[begin:])
}

// packageOf returns the import path of the package whose file a frame is in. If it can't be found, it
// returns named, the package in the name of the function.
func packageOf(f goroutine.Frame, named string) string {
	file := filepath.ToSlash(f.File)
	dir := path.Dir(file)
	if _, vendored, ok := strings.Cut(dir, "/vendor/"); ok && !Std(f) {
		return vendored
	}
	switch {
	case file == "" || !strings.Contains(file, "/"):
		return named
	case Std(f):
		return strings.TrimPrefix(dir, stdRoot())
	case isAbs(file):
		if pkg := importPath(dir); pkg != "" {
			return pkg
		}
		if file = outside(f); isAbs(file) {
			return named
		}
		dir = path.Dir(file)
	}
	return atVersion().ReplaceAllString(dir, "$1")
}

var atVersion = pattern.New(`@v[^/]*(/|$)`)

// importPath returns the import path of a folder by the go.mod above it, "" if there is none.
func importPath(dir string) string {
	if known, ok := importPaths.Load(dir); ok {
		return known.(string)
	}
	found := ""
	if text, err := os.ReadFile(filepath.Join(filepath.FromSlash(dir), "go.mod")); err == nil {
		if line := moduleLine().FindSubmatch(text); line != nil {
			found = string(line[1])
		}
	} else if above := path.Dir(dir); above != dir {
		if found = importPath(above); found != "" {
			found = path.Join(found, path.Base(dir))
		}
	}
	importPaths.Store(dir, found)
	return found
}

var importPaths sync.Map

// TestPackage returns the import path of the tests' package, "" if it is not known.
func TestPackage() string { return importPath(filepath.ToSlash(start)) }

// FromPackage returns a path that is relative to the folder of the tests' package as an absolute one.
// It is the same after t.Chdir.
func FromPackage(file string) string {
	if filepath.IsAbs(file) {
		return file
	}
	return filepath.Join(start, file)
}
