// Package check is what the assertion packages share: one check of one test,
// from the options to the words of the failure.
package check

import (
	"context"
	"runtime"
)

// TB is the part of testing.TB that a check uses.
type TB interface {
	Helper()
	Name() string
	Errorf(format string, args ...any)
	Logf(format string, args ...any)
	Failed() bool
	Cleanup(func())
}

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
