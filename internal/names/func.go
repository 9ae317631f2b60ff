package names

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/leakassert/leakassert/internal/goroutine"
	"github.com/leakassert/leakassert/internal/pattern"
)

// Func returns a function's name as a report prints it: the last element of the package's path,
// without a major version, and what follows. It turns
// "github.com/panjf2000/ants/v2.(*Pool).Submit" into "ants.(*Pool).Submit".
func Func(name string) string {
	name = goroutine.Unescape(name)
	path := Package(name)
	return element(path) + name[len(path):]
}

// Package returns the import path in a function's name. A name without the linker's escapes does
// not show whether a dot in the last element ends the path. Package uses the paths whose escaped
// form was seen, the versions of gopkg.in, and the fact that no function is called "go".
func Package(name string) string {
	name = goroutine.Unescape(name)
	if path := goroutine.EscapedPath(name); path != "" {
		return path
	}
	end := goroutine.PathEnd(name)
	if strings.HasPrefix(name[end:], ".go.") {
		end += len(".go")
	} else if strings.HasPrefix(name, "gopkg.in/") {
		end += max(len(version().FindString(name[end:]))-len("."), 0)
	}
	return name[:end]
}

var version = pattern.New(`^\.v\d+\.`)

// element returns the last element of an import path, or the one before it if the
// last is a major version.
func element(path string) string {
	last := lastOf(path)
	if m := major().FindStringSubmatch(last); m != nil && last != path {
		last = lastOf(strings.TrimSuffix(path, "/"+last)) + m[1] // the package of tests
	}
	return last
}

var major = pattern.New(`^v(?:[2-9]|[1-9]\d+)(_test)?$`)

func lastOf(path string) string { return path[strings.LastIndexByte(path, '/')+1:] }

// elements returns what people call the package of a path: as Func prints it, the last element, and
// that without a repository's additions: "go-metrics" has package metrics.
func elements(path string) []string {
	short := element(path)
	return []string{short, lastOf(path), decoration().ReplaceAllString(short, "")}
}

var decoration = pattern.New(`^go[-.]|[-.]go$|\.v\d+$`)

// Module is the path of this module, with a slash at the end.
const Module = "github.com/leakassert/leakassert/"

// library lists the packages that run the checks.
var library = []string{
	"fdassert", "leaktest", "leaktest/child", "leaktest/child/explain", "memassert", "poolassert",
	"internal/alloctype", "internal/around", "internal/aside", "internal/baseline", "internal/bisect", "internal/childpipe", "internal/fdprobe", "internal/fingerprint", "internal/goprobe", "internal/goroutine", "internal/gotype", "internal/growth", "internal/heapdump", "internal/heapobject", "internal/heapprobe", "internal/hint", "internal/liveobject", "internal/machine",
	"internal/memprofile", "internal/metric", "internal/names", "internal/pipeline", "internal/plan", "internal/poolprobe", "internal/probe", "internal/procfd", "internal/program",
	"internal/procstate", "internal/rebuild", "internal/report", "internal/retain", "internal/secondrun", "internal/session", "internal/source", "internal/stored", "internal/symbols", "internal/weakwatch", "internal/window",
}

// OfLibrary reports whether a function belongs to the packages that run the checks.
func OfLibrary(function string) bool {
	name, ok := strings.CutPrefix(Package(function), Module)
	return ok && slices.Contains(library, name)
}

// Library returns the import paths of the packages that run the checks.
func Library() []string {
	paths := make([]string, len(library))
	for i, name := range library {
		paths[i] = Module + name
	}
	return paths
}

// CallsBody reports whether a function of the library calls bodies and tests. The library is not
// responsible for the calls above it on a stack.
func CallsBody(function string) bool {
	return function == Module+"internal/probe.Call" || strings.HasPrefix(function, Module+"internal/around.framed[")
}

// Size formats a number of bytes for people.
func Size(bytes float64) string {
	if math.Abs(bytes) < 1<<10 {
		return fmt.Sprintf("%.0f B", bytes)
	}
	unit := 0
	for bytes /= 1 << 10; math.Abs(bytes) >= 1<<10 && unit < 2; unit++ {
		bytes /= 1 << 10
	}
	return fmt.Sprintf("%.1f %ciB", bytes, "KMG"[unit])
}

// List joins words: "stacks, openers and checkouts".
func List(words []string) string {
	if n := len(words); n > 1 {
		return strings.Join(words[:n-1], ", ") + " and " + words[n-1]
	}
	return strings.Join(words, "")
}

// Matcher compiles a function's name, or the beginning of names if it ends in "...". The name has
// the package's path or is as a report prints it, with or without the linker's escapes and type
// arguments. Matcher rejects a name that no function can have.
func Matcher(name string) (match func(string) bool, err error) {
	if err := wrong(name); err != nil {
		return nil, err
	}
	want, isPrefix := strings.CutSuffix(name, "...")
	want = withoutTypes(goroutine.DecodePath(want))
	fits := func(name string) bool { return name == want || isPrefix && strings.HasPrefix(name, want) }
	return func(function string) bool {
		function = withoutTypes(goroutine.Unescape(function))
		if fits(function) {
			return true
		}
		if strings.Contains(want, "/") {
			return false
		}
		path := Package(function)
		for _, name := range elements(path) {
			// The beginning of a package's name is not enough.
			if strings.HasPrefix(want+".", name+".") && fits(name+function[len(path):]) {
				return true
			}
		}
		return false
	}, nil
}

// withoutTypes removes type arguments, which the runtime and reports write as [...].
func withoutTypes(name string) string {
	depth := 0
	return strings.Map(func(r rune) rune {
		switch {
		case r == '[':
			depth++
		case r == ']':
			depth--
		case depth == 0:
			return r
		}
		return -1
	}, name)
}

var (
	file       = pattern.New(`\.go(:\d+)?$`)
	arguments  = pattern.New(`\([^*].*\)$|\(\)$`)
	allOf      = pattern.New(`^(.+?)\.?\*$`)
	pointer    = pattern.New(`^(.*\.)\*(\w+)(\..*)$`)
	regular    = pattern.New(`(?:^|[^(])\*|[?^$|]`)
	whiteSpace = pattern.New(`\s`)
)

// wrong says why no function can have the name, and what to write.
func wrong(name string) error {
	plain := withoutTypes(name)
	prefix, isPrefix := strings.CutSuffix(plain, "...")
	switch {
	case name == "":
		return errors.New(`it is empty; write "example.org/pkg.Func"`)
	case isPrefix && prefix == "":
		return errors.New("that would be every function; write the package in front of the dots")
	case strings.Count(name, "[") != strings.Count(name, "]"):
		return errors.New("a [ needs its ]")
	case arguments().MatchString(plain):
		return errors.New("names in a stack have no parentheses at their end; leave them out")
	case strings.Contains(prefix, "..."):
		return errors.New(`"..." stands for the rest of a name, at its end only`)
	case whiteSpace().MatchString(plain):
		return errors.New("there is white space in it")
	case strings.Contains(prefix, `\`):
		return errors.New("a package's path is written with slashes")
	case file().MatchString(prefix):
		return errors.New(`it is the name of a file; write "example.org/pkg.Func"`)
	case regular().MatchString(plain):
		write := "example.org/pkg..."
		if m := allOf().FindStringSubmatch(plain); m != nil && !regular().MatchString(m[1]) {
			write = m[1] + "..."
		} else if m := pointer().FindStringSubmatch(plain); m != nil {
			write = m[1] + "(*" + m[2] + ")" + m[3]
		}
		return fmt.Errorf("a name is not a pattern; write %q", write)
	case !isPrefix && !strings.Contains(lastOf(prefix), "."):
		return errors.New(`the package or the function is missing; write "example.org/pkg.Func", or "` + name + `..." for all that begins so`)
	case !isPrefix && strings.HasSuffix(prefix, "."):
		return errors.New("the function is missing after the dot")
	}
	return nil
}
