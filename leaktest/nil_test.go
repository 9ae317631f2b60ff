package leaktest_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// Without a t nothing can fail: that is said on standard error, and bodies run.
func TestNilT(t *testing.T) {
	t.Parallel()
	output, code := casesBinary.run(t, []string{"CASE=plain nilt"}, "-test.run=TestNil", "-test.v")
	assert.Zero(t, code, output)
	for _, by := range []string{
		"leaktest: Check", "leaktest: NoLeak", "leaktest: NoGrowth", "fdassert: Check", "fdassert: NoLeak", "poolassert: Check",
		"poolassert: NoLeak", "memassert: Check", "memassert: NoLeak", "memassert: NoGrowth", "memassert.Collected",
	} {
		assert.Equal(t, 2, strings.Count(output, by+": t is nil: pass the test's t; nothing is checked\n"), by)
	}
}
