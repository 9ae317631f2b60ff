package session

import (
	"io"
	"runtime"

	"github.com/leakassert/leakassert/internal/machine"
	"github.com/leakassert/leakassert/internal/memprofile"
	"github.com/leakassert/leakassert/internal/names"
	"github.com/leakassert/leakassert/internal/probe"
	"github.com/leakassert/leakassert/internal/report"
	"github.com/leakassert/leakassert/internal/stored"
)

// publish passes on the findings of a test to programs. It comes before the test fails: the
// Errorf of a user's own T may panic.
func (s *Session) publish(r report.Report, text string) {
	if len(r.Leaks) == 0 || stored.InChild() {
		return
	}
	machine.Publish(machine.Exit{JSON: s.Env.JSON, Report: s.Env.Report, More: suite.Load() != nil, T: s.T, Test: s.T.Name(), Place: s.testPlace(), Warned: s.Env.Warn}, r, text)
}

// Publish passes on to programs what no test owns. It writes annotations to out. After the last call,
// call Flush.
func Publish(e Env, r report.Report, text string, out io.Writer) {
	if len(r.Leaks) > 0 && !stored.InChild() {
		machine.Publish(machine.Exit{JSON: e.JSON, Report: e.Report, More: true, Warned: e.Warn, Output: out}, r, text)
	}
}

// Flush completes what Publish and the tests of a suite have passed on.
func Flush() { machine.Flush() }

// testPlace returns where the test's function is or, if Main did not begin the check, where the test
// calls it.
func (s *Session) testPlace() probe.Frame {
	if s.Entry != 0 {
		return names.FrameAt(s.Entry)
	}
	var from []uintptr
	if s.from != nil {
		from = s.from[:]
	} else { // the call has not returned
		from = make([]uintptr, 64)
		runtime.Callers(1, from)
	}
	for _, f := range memprofile.Frames(from) {
		if !names.OfLibrary(f.Func) {
			if names.Std(f) {
				break
			}
			return f
		}
	}
	return probe.Frame{}
}
