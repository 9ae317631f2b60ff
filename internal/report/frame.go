package report

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"runtime"
	"strings"
	"sync"

	"github.com/leakassert/leakassert/internal/probe"
)

// Func is a function's name as people say it: "metrics.(*Collector).work", the
// last element of the package's path and what follows.
func Func(name string) string {
	depth := 0
	cut := 0
	for i, r := range name {
		switch r { // the type arguments of a generic function have paths of their own
		case '[':
			depth++
		case ']':
			depth--
		case '/':
			if depth == 0 {
				cut = i + 1
			}
		}
	}
	return name[cut:]
}

// Package is the import path in a function's name. A name does not tell whether
// a dot in the path's last element ends it: but for the versions of gopkg.in,
// one does.
func Package(name string) string {
	short := Func(name)
	path := name[:len(name)-len(short)]
	if strings.HasPrefix(path, "gopkg.in/") {
		if i := versioned.FindStringIndex(short); i != nil {
			return path + short[:i[1]]
		}
	}
	if i := strings.IndexByte(short, '.'); i >= 0 {
		short = short[:i]
	}
	return path + short
}

var versioned = regexp.MustCompile(`^[^.(]+\.v\d+\b`)

// Site is where a frame stands: its file relative to the module's root, so that
// terminals and editors make it a link, or absolute outside of the module.
func Site(f probe.Frame) string {
	if f.File == "" {
		return ""
	}
	return fmt.Sprintf("%s:%d", module().relative(f.File), f.Line)
}

// Path is a file's name relative to the module's root, or as it is outside.
func Path(file string) string { return module().relative(file) }

// InModule reports whether a frame belongs to the module that the tests run in.
func InModule(f probe.Frame) bool { return f.File != "" && module().relative(f.File) != f.File }

// Call is a frame as columns of a line: the function and where it stands.
func Call(f probe.Frame) []string { return []string{Func(f.Func), Site(f)} }

// Std reports whether a frame belongs to the standard library.
func Std(f probe.Frame) bool {
	if f.File == "" {
		return false
	}
	if f.File == "_cgo_gotypes.go" { // which every package with C has: its path tells
		first, _, _ := strings.Cut(Package(f.Func), "/")
		return !strings.Contains(first, ".")
	}
	root := stdRoot()
	if root != "" {
		return strings.HasPrefix(f.File, root)
	}
	// Built with -trimpath: "net/http/server.go" against "example.org/m@v1/x.go".
	first, _, _ := strings.Cut(f.File, "/")
	m := module()
	return !filepath.IsAbs(f.File) && !strings.ContainsAny(first, ".:") &&
		(m.path == "" || !strings.HasPrefix(f.File, m.path+"/"))
}

// stdRoot is the folder of the standard library's source as this binary's line
// tables spell it; "" when they spell none.
var stdRoot = sync.OnceValue(func() string {
	gc := runtime.FuncForPC(reflect.ValueOf(runtime.GC).Pointer())
	file, _ := gc.FileLine(gc.Entry())
	return strings.TrimSuffix(file, "runtime/mgc.go")
})

// A mod is the module that the tests run in.
type mod struct{ root, path string }

// start is the folder the process began in: for a test that of its package,
// wherever t.Chdir has gone since.
var start, _ = os.Getwd()

var module = sync.OnceValue(func() (m mod) {
	for dir := start; dir != ""; dir = filepath.Dir(dir) {
		text, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		if err == nil {
			m.root = filepath.ToSlash(dir) + "/"
			for line := range strings.Lines(string(text)) {
				if path, ok := strings.CutPrefix(strings.TrimSpace(line), "module "); ok {
					m.path = strings.Trim(strings.TrimSpace(path), `"`)
					break
				}
			}
			return m
		}
		if filepath.Dir(dir) == dir {
			break
		}
	}
	return m
})

func (m mod) relative(file string) string {
	if m.root != "" && strings.HasPrefix(file, m.root) {
		return file[len(m.root):]
	}
	if m.path != "" { // built with -trimpath
		if rel, ok := strings.CutPrefix(file, m.path+"/"); ok {
			return rel
		}
	}
	return file
}
