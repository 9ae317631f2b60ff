package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/leakassert/leakassert/internal/names"
	"github.com/leakassert/leakassert/internal/probe"
)

// Leaked is what one test has leaked.
type Leaked struct {
	Test  string
	Leaks []probe.Leak
}

// Causes returns a line for each place where two or more tests have leaked, the place
// with the most tests first:
//
//	8 tests: chan receive, store.Open  store/store.go:13  leaktest.IgnoreCreatedBy("example.org/store.Open") ignores it
//
// What no stack is known of has no place.
func Causes(run []Leaked) (lines []string) {
	type place struct {
		kind   string
		at     probe.Frame
		option string
	}
	type cause struct {
		place
		what  string
		tests map[string]bool
	}
	causes := make(map[place]*cause)
	for _, r := range run {
		for _, l := range r.Leaks {
			at, option := origin(l)
			if at.Func == "" {
				continue
			}
			p := place{l.Kind, at, option}
			c, seen := causes[p]
			if !seen {
				c = &cause{p, what(l), make(map[string]bool)}
				causes[p] = c
			}
			if c.what != what(l) {
				c.what = cmp.Or(l.Unit, l.Kind)
			}
			c.tests[r.Test] = true
		}
	}
	var common []*cause
	for _, c := range causes {
		if len(c.tests) > 1 {
			common = append(common, c)
		}
	}
	slices.SortFunc(common, func(a, b *cause) int {
		return cmp.Or(cmp.Compare(len(b.tests), len(a.tests)), strings.Compare(a.kind, b.kind),
			strings.Compare(a.at.File, b.at.File), cmp.Compare(a.at.Line, b.at.Line), strings.Compare(a.at.Func, b.at.Func))
	})
	for _, c := range common {
		call := columns(names.Call(c.at))
		lines = append(lines, Printable(clipTo(fmt.Sprintf("%d tests: %s,%s  leaktest.%s(%q) ignores it", len(c.tests), clip(c.what), call[1:], c.option, c.at.Func), longestLine)))
	}
	return bounded(lines, mostCauses, "places at which several tests have leaked")
}

// mostCauses is how many places are listed.
const mostCauses = 50

// what a leak is: its first column.
func what(l probe.Leak) string {
	if len(l.Columns) > 0 {
		return l.Columns[0]
	}
	return cmp.Or(l.Unit, l.Kind)
}

// origin is the call that started or acquired what leaks, if it is not the standard
// library's, and the option that ignores what comes from it.
func origin(l probe.Leak) (at probe.Frame, option string) {
	if l.CreatedBy.Func != "" && !names.Std(l.CreatedBy) {
		return l.CreatedBy, "IgnoreCreatedBy"
	}
	for _, f := range l.Frames {
		if !names.Std(f) {
			return f, "IgnoreFunc"
		}
	}
	return at, ""
}
