package leaktest_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

var returnedBinary = newBinary("returned")

// t.Context() ends before the cleanups run. What it releases then is a leak of the test,
// unless a cleanup may do it, or the user's own goroutine waits for it.
func TestMainSeesWhatTheTestsContextReleases(t *testing.T) {
	t.Parallel()
	output, code := returnedBinary.run(t, nil)
	assert.Equal(t, 1, code)
	assert.Equal(t, []string{"TestLeaksBody", "TestLeaksBodyBesideACleanup"}, failed(output), output)
	assert.Contains(t, output, "released    only by the end of t.Context, which comes before the cleanups")
}
