package leaktest

import "github.com/leakassert/leakassert/internal/probe"

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
