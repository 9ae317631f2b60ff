// Package long tells tests which of them to run. By default those run that a developer wants each time.
//
//   - LEAKASSERT_FULL=1 adds tests that build much and seldom find anything. .ci/run sets it once, for go test ./....
//   - LEAKASSERT_LONG=1 adds all others, and lets some do more. The nightly run sets it.
//   - LEAKASSERT_SHORT=1 leaves out tests that only build programs. .ci/run sets it for the race detector.
package long

import (
	"os"
	"testing"
)

// Run reports whether tests run as long as they can.
func Run() bool { return os.Getenv("LEAKASSERT_LONG") != "" }

// IsFull reports whether tests that build much run.
func IsFull() bool { return os.Getenv("LEAKASSERT_FULL") != "" || Run() }

// Only skips a test that is slow by nature, but where tests run as long as they can.
func Only(t testing.TB) {
	t.Helper()
	if !Run() {
		t.Skip("LEAKASSERT_LONG=1 runs it")
	}
}

// Full skips a test that builds much and seldom finds anything, but where LEAKASSERT_FULL=1 is set.
func Full(t testing.TB) {
	t.Helper()
	if !IsFull() {
		t.Skip("LEAKASSERT_FULL=1 runs it")
	}
}

// Builds skips a test that builds programs and judges what they print, where LEAKASSERT_SHORT=1 is set.
// .ci/run sets it for the race detector, which watches the test and not other processes. The flag -short
// would not do: it changes what checks do.
func Builds(t testing.TB) {
	t.Helper()
	if os.Getenv("LEAKASSERT_SHORT") != "" && !Run() {
		t.Skip("it builds programs: without LEAKASSERT_SHORT=1 it runs")
	}
}
