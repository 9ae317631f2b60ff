// Package long tells tests whether to run in full: .ci/run sets LEAKASSERT_LONG=1.
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
		t.Skip("LEAKASSERT_LONG=1 runs it, as .ci/run does")
	}
}
