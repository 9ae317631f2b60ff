package leaktest

import "github.com/leakassert/leakassert/internal/check"

// name is how messages begin.
const name = "leaktest"

// Check takes a snapshot now and, when the test and the cleanups that it
// registers from here on are done, fails the test with a report of what it has
// left behind. Call it first in a test:
//
//	func TestCheckout(t *testing.T) {
//		leaktest.Check(t)
//		…
//	}
//
// What existed before the call is never reported. Tests that run at the same
// time are told apart: a goroutine belongs to the test that has started it,
// directly or through others. In a test that has failed, panicked or been
// skipped nothing is added to that. Calling Check twice on one t, or from a
// cleanup, is an error.
//
// Cleanups that were registered before the call run after the verdict: what only
// they release counts as left behind.
//
// To tell goroutines apart Check gives the calling one a pprof label,
// "leaktest", in place of the labels that it had.
func Check(t TB, opts ...Option) {
	t.Helper()
	r, err := check.New(t, plan(opts))
	if err != nil {
		t.Errorf("%v", err)
		return
	}
	verify, wrong := r.ToEnd(name)
	if wrong != "" {
		t.Errorf("%s", wrong)
	}
	if verify {
		t.Cleanup(func() {
			if text := r.Verify(); text != "" {
				t.Helper()
				t.Errorf("%s", text)
			}
		})
	}
}

// NoLeak runs body and fails the test with a report of what body has left
// behind; it returns whether that is nothing. It may be called any number of
// times in a test, also in one that [Check] or [Main] watches. In a test that
// has failed there is no verdict, and NoLeak returns false.
func NoLeak(t TB, body func(), opts ...Option) bool {
	t.Helper()
	clean, text := check.NoLeak(t, name, body, plan(opts))
	if text != "" {
		t.Errorf("%s", text)
	}
	return clean
}
