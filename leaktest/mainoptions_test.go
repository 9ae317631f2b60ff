package leaktest_test

import (
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
)

// A test that looks at its callers can be left alone. What it leaves is no test's.
func TestUnwrapped(t *testing.T) {
	t.Parallel()
	output, code := casesBinary.run(t, []string{"CASE=caller unwrapped leaks"})
	assert.Equal(t, 1, code)
	assert.Contains(t, output, "called by testing.tRunner\n")
	assert.Empty(t, failed(output))
	assert.Contains(t, output, "what no test owns leaked (settled for 30ms): 1 goroutine")

	output, code = casesBinary.run(t, []string{"CASE=caller"})
	assert.Zero(t, code)
	if runtime.GOARCH == "amd64" || runtime.GOARCH == "arm64" {
		assert.Contains(t, output, "called by testing.tRunner\n", "a check is on no stack")
	}

	output, code = casesBinary.run(t, []string{"CASE=unknown"})
	assert.Zero(t, code)
	assert.Contains(t, output, `note: leaktest.Unwrapped("TestOfAnotherPackage"): there is no such test`)
}

// An option of Main's that has left nothing out in a whole run is told at the end.
func TestOptionsWithoutUse(t *testing.T) {
	t.Parallel()
	const note = "has left nothing out in this run"
	output, code := casesBinary.run(t, []string{"CASE=ignoresnone ignoresfalse"})
	assert.Zero(t, code)
	assert.Contains(t, output, `note: leaktest.IgnoreFunc("github.com/leakassert/leakassert/leaktest/testdata/cases.neverCalled") `+note)
	assert.Contains(t, output, "note: leaktest.Ignore(…) "+note)

	for _, args := range [][]string{{"-test.run=Test"}, {"-test.skip=TestFails"}, {"-test.short"}, {"-test.bench=."}} {
		output, code = casesBinary.run(t, []string{"CASE=ignoresnone"}, args...)
		assert.Zero(t, code)
		assert.NotContains(t, output, note, "what would be left out may not have run: %q", args)
	}

	output, code = casesBinary.run(t, []string{"CASE=ignoresleave leaks"})
	assert.Zero(t, code)
	assert.NotContains(t, output, note)
}
