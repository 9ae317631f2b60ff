package machine

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/leakassert/leakassert/internal/names"
	"github.com/leakassert/leakassert/internal/pattern"
	"github.com/leakassert/leakassert/internal/probe"
	"github.com/leakassert/leakassert/leaktest/finding"
)

// place returns the line that acquired what has leaked: the innermost one that is known in the
// module under test. If none is known there, it returns the innermost one outside of the standard
// library, and nil if there is none either.
func place(l probe.Leak) *finding.Frame {
	calls := append([]probe.Frame{l.CreatedBy}, l.Frames...)
	ofUser := func(f probe.Frame) bool { return f.File != "" && !names.OfLibrary(f.Func) && !names.Std(f) }
	for _, f := range calls {
		if ofUser(f) && names.InModule(f) {
			return frame(f)
		}
	}
	for _, e := range l.Evidence {
		if f := call(nil, e.Columns); f != nil && f.InModule {
			return f
		}
	}
	if i := slices.IndexFunc(calls, ofUser); i >= 0 {
		return frame(calls[i])
	}
	return nil
}

// site matches how a report writes the place of a call.
var site = pattern.New(`^(.+\.go):(\d+)$`)

// call returns the call that a line of evidence names, nil if it names none. The stack that the line
// is about has the whole name of the function.
func call(stack []probe.Frame, columns []string) *finding.Frame {
	for i := 1; i < len(columns); i++ {
		m := site().FindStringSubmatch(columns[i])
		if m == nil {
			continue
		}
		for _, f := range stack {
			if slices.Equal(names.Call(f), columns[i-1:i+1]) {
				return frame(f)
			}
		}
		line, _ := strconv.Atoi(m[2])
		return &finding.Frame{Func: columns[i-1], File: m[1], Line: line, InModule: exists(m[1])}
	}
	return nil
}

// exists reports whether a file is in the module under test.
func exists(file string) bool {
	root := names.ModuleRoot()
	if root == "" || !filepath.IsLocal(filepath.FromSlash(file)) {
		return false
	}
	info, err := os.Stat(filepath.Join(root, filepath.FromSlash(file)))
	return err == nil && info.Mode().IsRegular()
}

// frame returns a call with the name of its file as reports have it, nil for no call.
func frame(f probe.Frame) *finding.Frame {
	if f.Func == "" && f.File == "" {
		return nil
	}
	at := names.Site(f)
	return &finding.Frame{Func: f.Func, File: at[:max(strings.LastIndexByte(at, ':'), 0)], Line: f.Line, InModule: names.InModule(f)}
}
