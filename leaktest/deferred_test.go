package leaktest_test

import (
	"testing"

	"github.com/leakassert/leakassert/fdassert"
	"github.com/leakassert/leakassert/internal/faketb"
	"github.com/leakassert/leakassert/leaktest"
	"github.com/stretchr/testify/assert"
)

// check is a helper of the user's own around Check.
func check(t leaktest.TB) {
	t.Helper()
	leaktest.Check(t, soon)
}

func oneLine(f *faketb.TB) { leaktest.Check(f) }

func checksLast(f *faketb.TB) {
	f.Helper()
	leaktest.Check(f)
}

func checksInManyLines(f *faketb.TB) {
	leaktest.Check(
		f,
		soon,
		leaktest.Only(
			leaktest.KindGoroutine,
		),
	)
}

func checksInTheHelper(f *faketb.TB) { check(f) }

func defersCheck(f *faketb.TB) {
	defer leaktest.Check(f)
	f.Helper()
}

func defersTheHelper(f *faketb.TB) {
	defer check(f)
	f.Helper()
}

func defersTheHelperAndReturns(f *faketb.TB) {
	defer check(f)
	if f.Name() != "" {
		return
	}
	f.Helper()
}

func defersAnotherCheck(f *faketb.TB) {
	defer fdassert.Check(f)
	f.Helper()
}

func defersAClosure(f *faketb.TB) {
	defer func() { leaktest.Check(f) }()
	f.Helper()
}

func defersInALoop(f *faketb.TB) {
	for range 1 { // which the compiler defers in another way
		defer check(f)
	}
	f.Helper()
}

func checksInAClosure(f *faketb.TB) {
	func() { leaktest.Check(f) }()
}

func returnsTheHelpersResult(f *faketb.TB) {
	f.Helper()
	_ = checkedBy(f)
}

func checkedBy(f *faketb.TB) bool { leaktest.Check(f); return true }

func checksByAVariable(f *faketb.TB) {
	by := check
	if f.Name() == "" {
		by = func(leaktest.TB) {}
	}
	by(f)
}

func defersAndFails(f *faketb.TB) {
	defer leaktest.Check(f)
	f.FailNow()
}

// A deferred Check begins when the test is over, and checks nothing. That is told; a
// Check behind which only nothing comes is no such one.
func TestDeferredCheck(t *testing.T) {
	const by = ": Check is called by a defer statement: it then begins when the test is over and checks nothing; call it first in the test, without defer"
	for name, c := range map[string]struct {
		body func(*faketb.TB)
		says string
	}{
		"deferred":                            {defersCheck, "leaktest" + by},
		"a deferred helper":                   {defersTheHelper, "leaktest" + by},
		"a deferred helper, an early return":  {defersTheHelperAndReturns, "leaktest" + by},
		"another package's":                   {defersAnotherCheck, "fdassert" + by},
		"in a loop":                           {defersInALoop, "leaktest" + by},
		"in a deferred closure":               {defersAClosure, "leaktest" + by},
		"in a test that fails anyway":         {defersAndFails, ""},
		"in a closure that is called":         {checksInAClosure, ""},
		"in a function with a result":         {returnsTheHelpersResult, ""},
		"through a variable":                  {checksByAVariable, ""},
		"in a test of one line":               {oneLine, ""},
		"the last statement":                  {checksLast, ""},
		"over several lines":                  {checksInManyLines, ""},
		"in a helper that is the test's last": {checksInTheHelper, ""},
	} {
		t.Run(name, func(t *testing.T) {
			f, panicked := faketb.Run("T", c.body)
			assert.Nil(t, panicked)
			assert.Equal(t, c.says, f.Errors())
		})
	}
}
