package probe

import (
	"runtime"
	"strconv"
	"strings"

	"github.com/leakassert/leakassert/internal/goroutine"
)

// BeforeLabel is the value of the label on goroutines that no check has started.
const BeforeLabel = goroutine.BeforeLabel

// LabelKey is the pprof label under which a check marks its goroutines.
const LabelKey = goroutine.LabelKey

// Label returns the value of the scope's pprof label: the test's name, for readers of a profile,
// and a unique number. Outside of tests it is "".
func (s Scope) Label() string { return s.label }

// SetLabel sets the value of the scope's pprof label.
func (s *Scope) SetLabel(label string) { s.label = label }

// ScopeOfLabel returns the scope that a label names, 0 if it names none.
func ScopeOfLabel(value string) uint64 {
	i := strings.LastIndex(value, " #")
	if i < 0 {
		return 0
	}
	id, err := strconv.ParseUint(value[i+2:], 10, 64)
	if err != nil {
		return 0
	}
	return id
}

// WholeTest reports whether the check begins before any code of a test has run and ends after all of
// it, and the test is no subtest. Such a check begins and ends on the goroutine of its test, and
// the one that has started the test waits for it. While these two are the only goroutines, nothing
// else runs in the process but what the runtime starts, and C code.
func (s Scope) WholeTest() bool {
	return s.FromStart && s.Runner && s.ToEnd && !strings.Contains(s.Test, "/")
}

// Alone reports whether nothing but a whole test runs: the only goroutines are its own, the one that
// has started it, and those of tests that are paused in t.Parallel. The testing package starts no whole
// test while another one runs, and lets those that are paused go on when all others are over. So while
// a test runs that is not parallel itself, as many are paused as were active when it began.
func (s Scope) Alone() bool {
	return s.WholeTest() && runtime.NumGoroutine() == 2+s.Paused && (s.Paused == 0 || s.Parallel != nil && !*s.Parallel)
}

// Names reports whether a test function belongs to the scope's test: it is the test itself, or
// around or inside it.
func (s Scope) Names(function string) bool {
	for name := range strings.SplitSeq(s.Test, "/") {
		if name == function {
			return true
		}
	}
	return false
}
