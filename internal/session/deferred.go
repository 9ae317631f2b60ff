package session

import (
	"runtime"
	"strings"

	"github.com/leakassert/leakassert/internal/alloctype"
	"github.com/leakassert/leakassert/internal/names"
	"github.com/leakassert/leakassert/internal/source"
)

// A caller holds the calls that led to a check, innermost first.
type caller [12]uintptr

func callers() *caller {
	c := new(caller)
	runtime.Callers(2, c[:])
	return c
}

// deferred reports whether a defer statement called the check after the test's function returned.
// The calling frame is then at the function's end or at a return statement, where no call is
// written. It reads the source only if the instruction there is no plain call. If it can't read the
// source, or the source has changed since the build, it returns false.
func (c *caller) deferred() bool {
	for i := 1; i < len(*c) && c[i] != 0; i++ {
		callee, f := runtime.FuncForPC(c[i-1]-1), runtime.FuncForPC(c[i]-1)
		switch {
		case f == nil || callee == nil:
			return false
		case names.OfLibrary(f.Name()):
			continue
		case alloctype.CalledBefore(c[i]) == callee.Entry():
			continue // a call is written here; a deferred one goes through a function made by the compiler
		case f.Name() == "testing.tRunner", f.Name() == "runtime.Goexit", f.Name() == "runtime.gopanic":
			return false
		}
		if at, _ := runtime.CallersFrames(c[i : i+1]).Next(); endsFunction(source.Line(at.File, at.Line)) {
			return true
		}
	}
	return false
}

// endsFunction reports whether a line of source contains nothing that could be a call.
func endsFunction(text string) bool {
	text, _, _ = strings.Cut(text, "//")
	text = strings.TrimSpace(text)
	return text == "}" || text == "return" || strings.HasPrefix(text, "return ") && !strings.Contains(text, "(")
}
