package gotype

import (
	"strings"
	"sync"

	"github.com/leakassert/leakassert/internal/pattern"
)

var (
	// qualified matches a name with its import path, and the quoted tags of fields, in which nothing
	// is a name.
	qualified = pattern.New(`"(?:[^"\\]|\\.)*"|[\pL\pN_~%+@·./-]+`)
	version   = pattern.New(`^v[0-9]+$`)
	local     = pattern.New(`·[0-9]+`) // the compiler numbers types that are declared in functions
)

// Short cuts the import paths in the name of a type to the names of the packages.
func Short(name string) string {
	if s, known := shorts.Load(name); known {
		return s.(string)
	}
	s := short(name)
	shorts.Store(name, s)
	return s
}

// shorts holds what Short has returned: the ways to thousands of leaks go through a few types.
var shorts sync.Map

func short(name string) string {
	return qualified().ReplaceAllStringFunc(name, func(word string) string {
		if word[0] == '"' {
			return word
		}
		word = local().ReplaceAllString(word, "")
		bare := strings.TrimLeft(word, ".")
		dots := word[:len(word)-len(bare)]
		bare = strings.TrimPrefix(bare, "go.shape.")
		path, rest := Split(bare)
		if path == "" {
			return dots + bare
		}
		return dots + base(path) + "." + rest
	})
}

// Split splits a symbol's name into the import path and what follows it. The path is "" if there is
// none, as for int.
func Split(name string) (path, rest string) {
	plain, _, _ := strings.Cut(name, "[") // type arguments have paths of their own
	begin := strings.LastIndexByte(plain, '/') + 1
	dot := strings.IndexByte(plain[begin:], '.')
	if dot < 0 {
		return "", name
	}
	return unescape(name[:begin+dot]), name[begin+dot+1:]
}

// unescape undoes what the linker does to dots in the last part of an import path.
func unescape(path string) string { return strings.ReplaceAll(path, "%2e", ".") }

// base returns the usual name of the package with an import path: yaml for gopkg.in/yaml.v3 and for
// go.yaml.in/yaml/v3.
func base(path string) string {
	parts := strings.Split(path, "/")
	last := len(parts) - 1
	if last > 0 && version().MatchString(parts[last]) {
		last--
	}
	name, after, _ := strings.Cut(parts[last], ".")
	if !version().MatchString(after) {
		return parts[last]
	}
	return name
}
