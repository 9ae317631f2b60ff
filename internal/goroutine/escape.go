package goroutine

import (
	"net/url"
	"strings"
	"sync"
)

// escaped maps import paths to their escaped forms, as far as this binary has shown them. The
// linker writes the dots in the last element of an import path, and a few other bytes, as "%2e".
// In an escaped name the first dot after the last slash ends the path. A name without escapes does
// not show where its path ends.
var escaped sync.Map

// Unescape undoes the linker's escapes in the name of a function of this binary.
func Unescape(name string) string {
	if strings.IndexByte(name, '%') < 0 {
		return name
	}
	end := PathEnd(name)
	path := DecodePath(name[:end])
	if end < len(name) && path != name[:end] {
		escaped.Store(path, name[:end])
	}
	return path + name[end:]
}

// Escape writes the name of a function as the linker, goleak and the text of [runtime.Stack] do.
func Escape(name string) string {
	path := EscapedPath(name)
	if as, ok := escaped.Load(path); ok {
		return as.(string) + name[len(path):]
	}
	return name
}

// EscapedPath returns the import path in a name without escapes if the linker escapes that path,
// and "" otherwise.
func EscapedPath(name string) string {
	for i := PathEnd(name); i < len(name) && name[i] != '[' && name[i] != '('; i++ {
		if name[i] == '.' {
			if _, ok := escaped.Load(name[:i]); ok {
				return name[:i]
			}
		}
	}
	return ""
}

// DecodePath undoes the escapes in any part of a name.
func DecodePath(path string) string {
	if plain, err := url.PathUnescape(path); err == nil {
		return plain
	}
	return path
}

// PathEnd returns where the import path in a name ends, if its dots are not escaped: at the first
// dot after its last slash.
func PathEnd(name string) int {
	path := name
	if i := strings.IndexAny(name, "[("); i >= 0 { // type arguments have paths of their own
		path = name[:i]
	}
	slash := strings.LastIndexByte(path, '/') + 1
	if dot := strings.IndexByte(path[slash:], '.'); dot >= 0 {
		return slash + dot
	}
	return len(path)
}
