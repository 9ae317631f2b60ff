// Package names defines how reports write functions, files and sizes, and which functions the name
// in an option matches.
package names

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"

	"github.com/leakassert/leakassert/internal/goroutine"
	"github.com/leakassert/leakassert/internal/pattern"
)

// Site returns the place of a frame, the same on every machine: the file relative to the root of
// the tests' module, which editors turn into a link; "net/http/server.go" for the standard library;
// "example.org/m@v1.2.3/file.go" for a file in the module cache. Any other file keeps its whole
// name.
func Site(f goroutine.Frame) string {
	if f.File == "" {
		return ""
	}
	file := module().relative(f.File)
	if file == f.File {
		file = outside(f)
	}
	return fmt.Sprintf("%s:%d", file, f.Line)
}

// outside returns the file of a frame that does not belong to the tests' module.
func outside(f goroutine.Frame) string {
	if file, ok := strings.CutPrefix(f.File, stdRoot()); ok && file != f.File {
		return file
	}
	before, _, versioned := strings.Cut(f.File, "@v")
	if !versioned || !isAbs(f.File) {
		return f.File
	}
	// The module cache can be anywhere. A module's path begins like the paths of its packages,
	// except for package main and for modules that replace others.
	host, _, _ := strings.Cut(Package(f.Func), "/")
	begin := strings.LastIndex(before, "/"+host+"/") + len("/")
	if i := strings.LastIndex(before, "/pkg/mod/"); begin == 0 && i >= 0 {
		begin = i + len("/pkg/mod/")
	} else if begin == 0 {
		return f.File
	}
	return upper().ReplaceAllStringFunc(f.File[begin:], func(c string) string { return strings.ToUpper(c[1:]) })
}

// upper matches how the module cache writes a capital letter: "!a" stands for "A".
var upper = pattern.New(`![a-z]`)

// isAbs reports whether a file's name is absolute, also in Go's notation on Windows.
func isAbs(file string) bool {
	return filepath.IsAbs(file) || strings.HasPrefix(file, "/") || len(file) > 2 && file[1] == ':'
}

// Path returns a file's name relative to the module's root, or unchanged if it is outside.
func Path(file string) string { return module().relative(file) }

// PackageDir returns the folder of the tests' package as an argument of the go command: "./store",
// or "." for the root of the module.
func PackageDir() string {
	dir, ok := strings.CutPrefix(filepath.ToSlash(start)+"/", module().root)
	if module().root == "" || !ok || dir == "" {
		return "."
	}
	return "./" + strings.TrimSuffix(dir, "/")
}

// InModule reports whether a frame belongs to the module that the tests run in.
func InModule(f goroutine.Frame) bool { return f.File != "" && module().relative(f.File) != f.File }

// FrameAt returns the frame of a function, by its address.
func FrameAt(entry uintptr) goroutine.Frame {
	f := runtime.FuncForPC(entry)
	file, line := f.FileLine(f.Entry())
	return goroutine.Frame{Func: f.Name(), File: file, Line: line}
}

// Call returns a frame as columns of a line: the function and its place.
func Call(f goroutine.Frame) []string { return []string{Func(f.Func), Site(f)} }

// Std reports whether a frame belongs to the standard library.
func Std(f goroutine.Frame) bool {
	if f.File == "" {
		return false
	}
	if f.File == "_cgo_gotypes.go" { // every package with C has this file, so its path decides
		first, _, _ := strings.Cut(Package(f.Func), "/")
		return !strings.Contains(first, ".")
	}
	if root := stdRoot(); root != "" {
		return strings.HasPrefix(f.File, root)
	}
	// Built with -trimpath: "net/http/server.go" against "example.org/m@v1/x.go".
	first, _, _ := strings.Cut(f.File, "/")
	return !filepath.IsAbs(f.File) && !strings.ContainsAny(first, ".:") && !InModule(f)
}

// Foreign returns a frame of another binary as this binary names it. The other one may be built by
// another Go, or with -trimpath, and then has other names for the standard library's files.
func Foreign(f goroutine.Frame) goroutine.Frame {
	pkg := Package(f.Func)
	if f.File == "" || Std(f) || !StdPackage(pkg) {
		return f
	}
	if file := pkg + "/" + lastOf(f.File); f.File == file || strings.HasSuffix(f.File, "/src/"+file) {
		f.File = stdRoot() + file
	}
	return f
}

// StdPackage reports whether an import path belongs to the standard library: no module that the
// binary was built from has it.
func StdPackage(path string) bool {
	if std, known := stdPackages.Load(path); known {
		return std.(bool)
	}
	first, _, _ := strings.Cut(path, "/")
	std := !strings.Contains(first, ".") && !slices.ContainsFunc(modules(), func(m string) bool {
		return strings.HasPrefix(path+"/", m+"/") || path == m+"_test"
	})
	stdPackages.Store(path, std)
	return std
}

var stdPackages sync.Map // what StdPackage has found out

// modules lists the paths of the modules that the binary was built from, and of programs without one.
var modules = sync.OnceValue(func() []string {
	paths := []string{"main", "command-line-arguments"}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, m := range append(info.Deps, &info.Main) {
			if m.Path != "" {
				paths = append(paths, m.Path)
			}
		}
	}
	return paths
})

// stdRoot is the folder of the standard library's source in the line tables of this binary, "" if
// they have none.
var stdRoot = sync.OnceValue(func() string {
	gc := runtime.FuncForPC(reflect.ValueOf(runtime.GC).Pointer())
	file, _ := gc.FileLine(gc.Entry())
	return strings.TrimSuffix(file, "runtime/mgc.go")
})

// A mod is the module in which the tests run.
type mod struct{ root, path string }

// start is the folder in which the process began: for a test the folder of its package, even after
// t.Chdir.
var start, _ = os.Getwd()

// module finds the root without opening a file. A process with no descriptor left must name its leaks as always.
var module = sync.OnceValue(func() (m mod) {
	for dir, last := start, ""; dir != last && m.root == ""; dir, last = filepath.Dir(dir), dir {
		file := filepath.Join(dir, "go.mod")
		if info, err := os.Stat(file); err != nil || !info.Mode().IsRegular() {
			continue
		}
		m.root = filepath.ToSlash(dir) + "/"
		text, _ := os.ReadFile(file)
		if line := moduleLine().FindSubmatch(text); line != nil {
			m.path = string(line[1])
		} else if info, ok := debug.ReadBuildInfo(); ok {
			m.path = info.Main.Path
		}
	}
	return m
})

var moduleLine = pattern.New(`(?m)^\s*module\s+"?([^\s"]+)`)

func (m mod) relative(file string) string {
	for _, root := range []string{m.root, m.path + "/"} { // the second one for builds with -trimpath
		if relative, ok := strings.CutPrefix(file, root); ok && len(root) > 1 {
			return relative
		}
	}
	return file
}
