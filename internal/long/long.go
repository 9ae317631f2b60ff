// Package long tells tests whether to run in full. The nightly run sets LEAKASSERT_LONG=1. The run of
// .ci/run with the race detector sets -short.
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

// Builds skips a test that builds programs and judges what they print, under -short. .ci/run has -short
// where it has -race: the detector watches the test, and other processes do the work.
func Builds(t testing.TB) {
	t.Helper()
	if testing.Short() && !Run() {
		t.Skip("it builds programs: without -short it runs")
	}
}
