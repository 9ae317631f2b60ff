// Package hint says what usually causes a leak, and what to do.
//
// A hint is never a guess. Each has a rule in a table, which holds only where the stack, the evidence
// or the source shows the cause.
package hint

import (
	"slices"
	"strings"

	"github.com/leakassert/leakassert/internal/names"
	"github.com/leakassert/leakassert/internal/probe"
	"github.com/leakassert/leakassert/internal/source"
)

// Of returns the usual cause of one of the leaks of a report, "" if no rule holds for it.
func Of(l probe.Leak, all []probe.Leak, lines *source.Lines) string {
	for _, one := range append([]probe.Leak{l}, l.Parts...) {
		c := clue{one, all, lines}
		for _, r := range rules {
			if r.fits(c) {
				return r.cause
			}
		}
	}
	return ""
}

// A rule shows a cause.
type rule struct {
	cause string // what is missing, and what to do, in one sentence
	fits  func(clue) bool
}

// rules are asked in order: the first that holds names the cause.
var rules = slices.Concat(library, blocked, descriptors, borrowed)

// A clue is a leak with what may show its cause.
type clue struct {
	probe.Leak
	all   []probe.Leak // the leaks of the same report
	lines *source.Lines
}

// state returns how a goroutine waits, "" for other kinds.
func (c clue) state() string {
	if c.Kind != "goroutine" || len(c.Columns) == 0 {
		return ""
	}
	return c.Columns[0]
}

// runs reports whether a goroutine has one of the functions on its stack.
func (c clue) runs(functions ...string) bool {
	return c.Kind == "goroutine" && c.HasFunc(func(f string) bool { return slices.Contains(functions, f) })
}

// startedBy reports whether a function has started a goroutine.
func (c clue) startedBy(function string) bool {
	return c.Kind == "goroutine" && strings.HasPrefix(c.CreatedBy.Func, function)
}

// none reports whether no goroutine of the report has one of the functions on its stack.
func (c clue) none(functions ...string) bool {
	return !slices.ContainsFunc(c.all, func(l probe.Leak) bool {
		return clue{Leak: l}.runs(functions...) || slices.ContainsFunc(l.Parts, func(p probe.Leak) bool { return clue{Leak: p}.runs(functions...) })
	})
}

// wait returns how the module under test waits, if nothing that it calls does.
func (c clue) wait() source.Wait {
	if len(c.Frames) == 0 {
		return source.Wait{}
	}
	return c.lines.WaitAt(c.Frames[0])
}

// acquired reports whether the stack that acquired a resource goes directly from the module under
// test into the standard library, to one of the functions.
func (c clue) acquired(functions ...string) bool {
	user := slices.IndexFunc(c.Frames, func(f probe.Frame) bool { return !names.Std(f) })
	return c.Kind != "goroutine" && user > 0 && names.InModule(c.Frames[user]) &&
		slices.ContainsFunc(c.Frames[:user], func(f probe.Frame) bool { return slices.Contains(functions, f.Func) })
}
