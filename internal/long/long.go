// Package long tells tests whether to run in full. The nightly run sets LEAKASSERT_LONG=1. Where .ci/run
// uses the race detector, it sets LEAKASSERT_SHORT=1.
package long

import (
	"os"
	"testing"
)

// Run reports whether tests run in full.
func Run() bool { return os.Getenv("LEAKASSERT_LONG") != "" }

// Only skips a test that is slow by nature, but where tests run in full.
func Only(t testing.TB) {
	t.Helper()
	if !Run() {
		t.Skip("LEAKASSERT_LONG=1 runs it")
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
