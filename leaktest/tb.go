package leaktest

import (
	"context"
	"runtime"

	"github.com/leakassert/leakassert/internal/probe"
)

// TB is the part of [testing.TB] that the helpers use. *testing.T, *testing.B,
// *testing.F, the T of a testify suite and GinkgoT() satisfy it.
type TB interface {
	Helper()
	Name() string
	Errorf(format string, args ...any)
	Logf(format string, args ...any)
	Failed() bool
	Cleanup(func())
}

// A Probe watches one kind of resource; [With] adds one to a check. What a
// probe of one's own looks like is shown in the example of With.
type Probe = probe.Probe

// A Watch is a probe's snapshot, ready to be compared with the present.
type Watch = probe.Watch

// A Scope tells a probe which check it starts for.
type Scope = probe.Scope

// A Leak is a resource acquired during the body and still held after the body
// has returned, the cleanups registered after the check have run, and the
// settle time has passed.
type Leak = probe.Leak

// Evidence is one thing known about a leak, a line of the report.
type Evidence = probe.Evidence

// A Frame is one call of a stack.
type Frame = probe.Frame

// cleanupBegun reports whether the cleanups of t are running: then its context,
// where it has one, has been cancelled.
func cleanupBegun(t TB) bool {
	c, ok := t.(interface{ Context() context.Context })
	return ok && c.Context() != nil && c.Context().Err() != nil
}

func skipped(t TB) bool {
	s, ok := t.(interface{ Skipped() bool })
	return ok && s.Skipped()
}

// panicking reports whether a panic or Goexit is under way on this goroutine.
// While a test panics, t.Failed is still false in its cleanups.
func panicking() bool {
	var pcs [64]uintptr
	n := runtime.Callers(2, pcs[:])
	frames := runtime.CallersFrames(pcs[:n])
	for {
		f, more := frames.Next()
		if f.Function == "runtime.gopanic" || f.Function == "runtime.Goexit" {
			return true
		}
		if !more {
			return false
		}
	}
}
