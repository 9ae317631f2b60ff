package leaktest

import "github.com/leakassert/leakassert/internal/session"

// name is how messages begin.
const name = "leaktest"

// Check takes a snapshot now and judges when the test has returned and the cleanups
// registered after the call have run. If something is left, it fails the test with a
// report. Call Check first in a test:
//
//	func TestCheckout(t *testing.T) {
//		leaktest.Check(t)
//		…
//	}
//
// What existed before the call is never reported. Tests that run at the same time are
// told apart: a goroutine belongs to the test that has started it, directly or through
// others. A test that has failed, panicked or been skipped gets no report on top.
//
// Cleanups run last in, first out. Cleanups that were registered before the call run after
// the check, so it reports what only they release. This holds with [Main] and without it.
// The context of the test, t.Context(), is cancelled before the cleanups run. Check does
// not see what ends with the context; [NoLeak] does, because it judges while the test runs.
// Under [Main], Check reports the rows and bodies that only the end of the context has
// released, if no cleanup runs before the check.
//
// Do not defer the call: a deferred Check begins when the test is over, and is an error. A
// second call on one t and a call from a cleanup are errors, too.
//
// Check identifies goroutines by a pprof label, "leaktest". The label replaces the labels
// of the calling goroutine.
func Check(t TB, opts ...Option) {
	if session.Missing(t, name+": Check") {
		return
	}
	t.Helper()
	session.Check(t, name, planOf(opts))
}

// NoLeak runs body and fails the test with a report if body leaves something behind. It returns
// whether nothing is left. A test may call it any number of times, also under [Check] or [Main].
// If the test has failed already, NoLeak reports no leak and returns false.
func NoLeak(t TB, body func(), opts ...Option) bool {
	if session.Missing(t, name+": NoLeak") {
		return false
	}
	t.Helper()
	return session.NoLeak(t, name, body, planOf(opts))
}

// TB is the part of [testing.TB] that the helpers use. *testing.T, *testing.B, *testing.F,
// the T of a testify suite and GinkgoT() satisfy it.
type TB interface {
	Helper()
	Name() string
	Errorf(format string, args ...any)
	Logf(format string, args ...any)
	Failed() bool
	Cleanup(func())
}
