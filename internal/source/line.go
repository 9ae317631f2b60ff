package source

import (
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/leakassert/leakassert/internal/pattern"
	"github.com/leakassert/leakassert/internal/probe"
)

// mostFiles is how many files Lines reads.
const mostFiles = 50

// Lines reads lines of source. It reads each file once.
type Lines struct{ files map[string]*file }

// At returns the line of a call without the space around it, and the index of the byte in it where
// the name of what it calls begins, or the go statement. The index is -1 if the line does not show
// that for certain. At returns "" unless the file belongs to the module under test, can be read and
// has not changed since the test was built.
func (l *Lines) At(c probe.CallSite) (text string, caret int) {
	f := l.own(c.Frame)
	if f == nil || c.Line < 1 || c.Line > len(f.lines) {
		return "", -1
	}
	line := string(f.lines[c.Line-1])
	text = strings.TrimSpace(line)
	if at := f.call(c); at > 0 {
		return text, at - 1 - strings.Index(line, text)
	}
	return text, -1
}

// built returns when the running program was built.
var built = sync.OnceValue(func() (at time.Time) {
	if program, err := os.Executable(); err == nil {
		if info, err := os.Stat(program); err == nil {
			at = info.ModTime()
		}
	}
	return at
})

// call returns the column of a call on its line, 0 if the line does not show it for certain. Of
// several calls that fit it takes the outermost.
func (f *file) call(c probe.CallSite) (column int) {
	all, name := f.calls[c.Line], nameIn(c.Callee)
	if c.Go {
		all = f.goes[c.Line]
	}
	fit := slices.DeleteFunc(slices.Clone(all), func(o call) bool { return o.name != name })
	switch {
	case len(fit) > 0 && name != "", len(fit) == 1 && c.Callee != "":
		return fit[0].column
	case len(all) == 1 && (c.Go || name == ""): // of a function without a name of its own, or that is not known
		return all[0].column
	}
	return 0
}

// nameIn returns the name under which a function is called in the source, "" for a function literal.
func nameIn(function string) string {
	function = strings.ReplaceAll(function, "[...]", "")
	name := function[strings.LastIndexByte(function, '.')+1:]
	if literal().MatchString(name) {
		return ""
	}
	return strings.TrimSuffix(name, "-fm")
}

// literal matches the compiler's names for function literals.
var literal = pattern.New(`^(?:func|gowrap|deferwrap)?\d+$`)
