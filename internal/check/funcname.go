package check

import (
	"errors"
	"strings"
)

// FuncName compiles a function's name, or the beginning of names with "..." at
// its end; a name that no function can have is refused.
func FuncName(name string) (match func(string) bool, err error) {
	prefix, isPrefix := strings.CutSuffix(name, "...")
	last := prefix[strings.LastIndexByte(prefix, '/')+1:]
	switch {
	case name == "":
		return nil, errors.New(`it is empty; write "example.org/pkg.Func"`)
	case isPrefix && prefix == "":
		return nil, errors.New("that would be every function; write the package in front of the dots")
	case strings.Contains(prefix, "..."):
		return nil, errors.New(`"..." stands for the rest of a name, at its end only`)
	case strings.ContainsAny(prefix, " \t\n") && !strings.Contains(prefix, "["):
		return nil, errors.New("there is white space in it")
	case strings.HasSuffix(prefix, "()"):
		return nil, errors.New("names in a stack have no parentheses at their end; leave them out")
	case strings.Contains(prefix, `\`):
		return nil, errors.New("a package's path is written with slashes")
	case strings.HasSuffix(prefix, ".go"):
		return nil, errors.New(`it is the name of a file; write "example.org/pkg.Func"`)
	case !isPrefix && !strings.Contains(last, "."):
		return nil, errors.New(`the package or the function is missing; write "example.org/pkg.Func", or "` + name + `..." for all that begins so`)
	case !isPrefix && strings.HasSuffix(prefix, "."):
		return nil, errors.New("the function is missing after the dot")
	}
	if isPrefix {
		return func(f string) bool { return strings.HasPrefix(f, prefix) }, nil
	}
	// The runtime writes the type arguments of a generic function as [...].
	return func(f string) bool { return f == name }, nil
}
